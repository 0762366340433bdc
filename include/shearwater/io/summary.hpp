#pragma once

#include <optional>
#include <string>

#include <shearwater/engine/engine.hpp>
#include <shearwater/io/history.hpp>
#include <shearwater/observables/strain_statistics.hpp>
#include <shearwater/observables/stress_strain.hpp>

namespace shearwater {

/// What a run amounts to.
struct Summary {
    std::string stopped_by;   ///< why the run ended
    bool is_cut = false;      ///< by the time in the middle of a cycle, to whose end some blocks have not come
    bool has_fields = false;  ///< whether `statistics` are those of the end
    StressStrain curve;
    StrainStatistics statistics;
    HistoryRow last;
    std::int64_t max_generation = 0;
    CycleTotals cycles;               ///< sublattice engine
    double imbalance = 0.0;           ///< events of the busiest rank in the whole run over the mean
    EngineCounters counters;          ///< counts of all ranks together, times of rank 0
    Traffic traffic;                  ///< messages and bytes of all ranks together; collectives that each took part in
    std::int64_t elastic_solves = 0;  ///< by PETSc
    std::int64_t ksp_iterations = 0;
    std::optional<double> kernel_check;      ///< [GPa]
    std::optional<double> stress_check;      ///< [GPa]
    std::optional<std::string> judged_cell;  ///< voxels of the cell on which both were checked, e.g. "128x128"
    std::optional<std::string> judged_by;    ///< elasticity.check
    std::string petsc_options;               ///< in force
    double elastic_slope = 0.0;              ///< [GPa]
    double solve_seconds = 0.0;
    double wall_seconds = 0.0;
    double peak_rss_megabytes = 0.0;  ///< largest of all ranks
    std::string fingerprint;          ///< of all events
    int ranks = 1;
};

/// The text of summary.json.
[[nodiscard]] std::string print(const Summary& summary);

}  // namespace shearwater
