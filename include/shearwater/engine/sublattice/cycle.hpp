#pragma once

#include <cstdint>
#include <vector>

#include <shearwater/engine/engine.hpp>
#include <shearwater/engine/sublattice/missed_statistics.hpp>

namespace shearwater {

/// A cycle of the sublattice engine. Its counts are sums over all ranks and, except for the last two, do not depend on the number of ranks.
struct Cycle {
    double seconds = 0.0;     ///< sum of the intervals of all sweeps
    std::int64_t sweeps = 0;  ///< sweeps over all colours; their intervals are equal, except for the last one of a run
    std::int64_t rounds = 0;  ///< further rounds, for barriers that had vanished at the end
    double curable = 0.0;     ///< smallest lag behind another event at which shorter intervals would reduce the missed exponent [s]
    std::int64_t events = 0;
    std::int64_t bursts = 0;  ///< thermal events of voxels at rest
    MissedStatistics missed;
    std::int64_t busiest = 0;        ///< events of the busiest rank, summed over colours
    std::int64_t critical_path = 0;  ///< length of the longest chain of events that wait for each other if ranks wait for their neighbours only

    void visit(Archive& archive)
    {
        archive("seconds", seconds);
        archive("sweeps", sweeps);
        archive("rounds", rounds);
        archive("curable", curable);
        archive("events", events);
        archive("bursts", bursts);
        archive("missed", missed);
        archive("busiest", busiest);
        archive("critical_path", critical_path);
    }
};

/// A cycle as a step of the engine, with all that was recorded of it.
struct CycleStep : Step {
    Cycle cycle;
    std::vector<Missed> missed;       ///< missed exponents of `events`; NaN where they were not measured
    std::vector<Waypoint> waypoints;  ///< ends of all sweeps but the last
    std::vector<MarkedState> marked;  ///< marks in the cycle, in order
};

}  // namespace shearwater
