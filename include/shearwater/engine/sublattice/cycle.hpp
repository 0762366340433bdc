#pragma once

#include <cstdint>
#include <vector>

#include <shearwater/engine/engine.hpp>
#include <shearwater/engine/sublattice/missed_statistics.hpp>

namespace shearwater {

/// A cycle of the sublattice engine: counts of all ranks together, the same on any number of them, but for the last two.
struct Cycle {
    double seconds = 0.0;     ///< interval of all its sweeps together
    std::int64_t sweeps = 0;  ///< over all colours, of equal intervals but for the last one of a run
    std::int64_t rounds = 0;  ///< further ones for barriers that had vanished at the end
    double curable = 0.0;     ///< by so much events must come before others for shorter intervals to help [s]
    std::int64_t events = 0;
    std::int64_t bursts = 0;  ///< thermal events of voxels that had come to rest
    MissedStatistics missed;
    std::int64_t busiest = 0;        ///< events of the busiest rank, colour by colour added up
    std::int64_t critical_path = 0;  ///< the longest chain of events that wait for each other: on ranks that wait for their neighbours only

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

/// A cycle with all that is known of it.
struct CycleStep : Step {
    Cycle cycle;
    std::vector<Missed> missed;       ///< of `events`; NaN where it was not measured
    std::vector<Waypoint> waypoints;  ///< ends of all sweeps but the last
    std::vector<MarkedState> marked;  ///< marks in the cycle, in order
};

}  // namespace shearwater
