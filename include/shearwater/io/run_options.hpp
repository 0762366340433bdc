#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <shearwater/elasticity/options.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/loading/options.hpp>
#include <shearwater/observables/fields.hpp>
#include <shearwater/observables/observables.hpp>
#include <shearwater/stz/options.hpp>

namespace shearwater {

struct LatticeOptions {
    std::vector<int> size{512, 512};  ///< voxels along x, y and, in 3D, z
    double pitch = 0.7;               ///< edge of a voxel [nm]
    int boundary_axes = 0;            ///< axes that the deck says to be periodic, the only boundary there is; 0 = it says nothing
};

struct OutputOptions {
    std::string folder = "out";
    double history_interval = 1e-4;        ///< applied strain between rows of history.csv [-]; 0 = a row after every step or cycle
    double time_interval = 0.0;            ///< the same where the load is held [s]; 0 = rows are equally far apart in the logarithm of time
    std::vector<double> snapshot_strains;  ///< applied strains at which a snapshot is written, besides the one at the end
    std::vector<double> snapshot_times;    ///< the same where the load is held [s]
    bool event_log = false;                ///< whether every event is written
    std::vector<std::string> observables = default_observables();  ///< those that are chosen
    std::vector<std::string> fields = default_fields();            ///< of snapshots
};

/// Everything a deck can say: the options of the modules, filled and checked.
struct RunOptions {
    LatticeOptions lattice;
    ElasticityOptions elasticity;
    CatalogueOptions catalogue;
    ActivationOptions activation;
    SofteningOptions softening;
    LoadingOptions loading;
    KmcOptions kmc;
    OutputOptions output;
    std::int64_t max_events = 0;  ///< the run ends after so many events; 0 = no limit
    std::string petsc_options;    ///< of a deck, or all that are in force, from wherever: words as on a command line
};

/// Whether stresses that events see come from PETSc's solutions, so that the events depend on its tolerance and, within that, on the number of ranks.
[[nodiscard]] inline bool decides_by_petsc(const RunOptions& options) noexcept
{
    return options.elasticity.update == Update::Solve || (traits(options.kmc.engine).has_blocks && options.kmc.far_update == FarUpdate::Petsc);
}

/// Where the solution comes from that kernel and stresses are checked against, for messages.
[[nodiscard]] inline const char* check_name(const RunOptions& options) noexcept
{
    if (options.elasticity.discretization == Discretization::Spectral) return "transforms";
    return options.elasticity.check == Check::Operator ? "the element operator" : "PETSc";
}

/// What a user can do if kernel or stresses differ from the solution of the check by more than they may.
[[nodiscard]] inline const char* remedy_of_deviation(const RunOptions& options) noexcept
{
    return options.elasticity.check == Check::Operator ? "compare with elasticity.check = petsc on a smaller cell" : "tighten elasticity.rtol";
}

}  // namespace shearwater
