#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <shearwater/core/record.hpp>
#include <shearwater/engine/sublattice/cycle.hpp>
#include <shearwater/kmc/counters.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Counts and times of the sublattice engine on one rank, in addition to EngineCounters.
struct CycleCounters {
    std::int64_t cycles = 0;
    Traffic sweeps;                ///< traffic after each colour, in the search for vanished barriers, and in the choice of intervals
    Traffic far;                   ///< traffic of stress updates after cycles, without solves of the whole field
    double update_seconds = 0.0;   ///< wall time of stress updates after cycles and of the measurement of errors, communication included [s]
    std::int64_t events_here = 0;  ///< events that this rank has carried out

    /// Lists the counts; times are not part of the state.
    void visit(Archive& archive)
    {
        archive("cycles", cycles);
        archive("sweeps", sweeps);
        archive("far", far);
        archive("events_here", events_here);
    }
};

/// Sums over several cycles.
struct CycleTotals {
    std::int64_t cycles = 0;
    std::int64_t sweeps = 0;
    std::int64_t rounds = 0;
    std::int64_t events = 0;
    std::int64_t bursts = 0;
    std::int64_t busiest = 0;
    std::int64_t critical_path = 0;
    double seconds = 0.0;
    MissedStatistics missed;

    void add(const Cycle& cycle) noexcept;

    void visit(Archive& archive)
    {
        archive("cycles", cycles);
        archive("sweeps", sweeps);
        archive("rounds", rounds);
        archive("events", events);
        archive("bursts", bursts);
        archive("busiest", busiest);
        archive("critical_path", critical_path);
        archive("seconds", seconds);
        archive("missed", missed);
    }
};

/// The columns of the history and of the event log and the entries of the summary that only the sublattice engine has.
class CycleReport {
  public:
    [[nodiscard]] static std::vector<Column> columns();
    [[nodiscard]] static std::vector<Column> event_columns();
    /// Values of the columns named by event_columns() [column][event].
    [[nodiscard]] static std::vector<std::vector<double>> event_values(const std::vector<Missed>& missed);

    /// Adds a cycle that has just ended.
    void add(const Cycle& cycle);

    /// Fills in the columns for the cycles since the last row. @param is_on_the_way  whether the last cycle remains to be counted in a later row
    void fill(Row& row, bool is_on_the_way);

    /// Adds the entries of the summary if there was at least one cycle. Collective.
    void summarize(Entries& entries, const Communicator& comm, const CycleCounters& counters, const ModelCounters& model) const;

    void visit(Archive& archive)
    {
        archive("last", last_);
        archive("since_row", since_row_);
        archive("run", run_);
    }

  private:
    void count_last();

    std::optional<Cycle> last_;  ///< the last cycle, if it is not in any total yet
    CycleTotals since_row_;
    CycleTotals run_;
};

}  // namespace shearwater
