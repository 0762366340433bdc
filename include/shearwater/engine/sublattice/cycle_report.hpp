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

/// What the sublattice engine counts and times besides EngineCounters, on one rank.
struct CycleCounters {
    std::int64_t cycles = 0;
    Traffic sweeps;                ///< after each colour, in the search for barriers left over, and in the choice of intervals
    Traffic far;                   ///< in bringing stresses up to date after cycles, but for solves of the whole field
    double update_seconds = 0.0;   ///< in bringing stresses up to date after cycles and measuring errors, with what it communicates
    std::int64_t events_here = 0;  ///< carried out by this rank

    /// Lists the counts; times are not part of the state.
    void visit(Archive& archive)
    {
        archive("cycles", cycles);
        archive("sweeps", sweeps);
        archive("far", far);
        archive("events_here", events_here);
    }
};

/// Several cycles together.
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

/// What the sublattice engine adds to the history, the event log and the summary.
class CycleReport {
  public:
    [[nodiscard]] static std::vector<Column> columns();
    [[nodiscard]] static std::vector<Column> event_columns();
    /// Values of event_columns(), column by column.
    [[nodiscard]] static std::vector<std::vector<double>> event_values(const std::vector<Missed>& missed);

    /// Takes the cycle that has just ended.
    void add(const Cycle& cycle);

    /// Adds the values of the columns: of the cycles since the last row. @param is_on_the_way  whether the last cycle has yet to be counted
    void fill(Row& row, bool is_on_the_way);

    /// Adds the entries of the summary, if there have been cycles. Collective.
    void summarize(Entries& entries, const Communicator& comm, const CycleCounters& counters, const ModelCounters& model) const;

    void visit(Archive& archive)
    {
        archive("last", last_);
        archive("since_row", since_row_);
        archive("run", run_);
    }

  private:
    void count_last();

    std::optional<Cycle> last_;  ///< if it is in no total yet
    CycleTotals since_row_;
    CycleTotals run_;
};

}  // namespace shearwater
