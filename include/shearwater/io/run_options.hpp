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

/// Options of the lattice.
struct LatticeOptions {
    std::vector<int> size{512, 512};  ///< voxels along x, y and, in 3D, z
    double pitch = 0.7;               ///< edge of a voxel [nm]
    int boundary_axes = 0;            ///< number of axes that the deck declares periodic, at present the only boundary; 0 = not given
};

/// Options of the output.
struct OutputOptions {
    std::string folder = "out";
    double history_interval = 1e-4;        ///< applied strain between rows of history.csv [-]; 0 = a row after every step or cycle
    double time_interval = 0.0;            ///< time between rows where the load is held [s]; 0 = rows at equal distances in log(time)
    std::vector<double> snapshot_strains;  ///< applied strains at which snapshots are written, besides the one at the end [-]
    std::vector<double> snapshot_times;    ///< times at which snapshots are written where the load is held [s]
    bool event_log = false;                ///< whether every event is written to the event log
    std::vector<std::string> observables = default_observables();  ///< names of the observables that are chosen
    std::vector<std::string> fields = default_fields();            ///< names of the fields of snapshots
};

/// The options of all modules, filled in from a deck and validated.
struct RunOptions {
    LatticeOptions lattice;
    ElasticityOptions elasticity;
    CatalogueOptions catalogue;
    ActivationOptions activation;
    SofteningOptions softening;
    LoadingOptions loading;
    KmcOptions kmc;
    OutputOptions output;
    std::int64_t max_events = 0;  ///< number of events after which the run ends; 0 = no limit
    std::string petsc_options;    ///< PETSc's options as on a command line: those of the deck or, in a run, all that are in force
};

/// Whether the stresses that determine events are solutions by PETSc. The events then depend on the solver's tolerance and, within it, on the number
/// of ranks.
[[nodiscard]] inline bool decides_by_petsc(const RunOptions& options) noexcept
{
    return options.elasticity.update == Update::Solve || (traits(options.kmc.engine).has_blocks && options.kmc.far_update == FarUpdate::Petsc);
}

/// Name, for messages, of the method against which kernel and stresses are checked.
[[nodiscard]] inline const char* check_name(const RunOptions& options) noexcept
{
    if (options.elasticity.discretization == Discretization::Spectral) return "transforms";
    return options.elasticity.check == Check::Operator ? "the element operator" : "PETSc";
}

/// Remedy, for messages, if kernel or stresses deviate from the check by more than the tolerance.
[[nodiscard]] inline const char* remedy_of_deviation(const RunOptions& options) noexcept
{
    return options.elasticity.check == Check::Operator ? "compare with elasticity.check = petsc on a smaller cell" : "tighten elasticity.rtol";
}

}  // namespace shearwater
