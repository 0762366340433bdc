#pragma once

#include <cstdint>

namespace shearwater {

/// When thermal events happen and how the strain rises between them.
enum class Clock {
    Continuous,  ///< a Poisson process whose rates follow the ramp and the decay of temporary softening
    Increment,   ///< strain rises by a step at the start of each interval; any number of events in it
    Bernoulli,   ///< rates frozen per step, at most one thermal event in it (STZ paper, section 2.3)
    Published,   ///< rule of the code published with the paper: rates frozen, one event or one elastic step
};

/// What happens when barriers vanish.
enum class Athermal {
    Sequential,    ///< the most negative barrier transforms, stresses are updated, and so on
    Simultaneous,  ///< all voxels with a vanished barrier transform together
};

/// How the next event is found.
enum class EngineKind {
    Exact,      ///< rates are bounded, and computed only where a bound does not suffice
    Reference,  ///< all rates are computed anew after every event
};

struct KmcOptions {
    EngineKind engine = EngineKind::Exact;
    Clock clock = Clock::Continuous;
    Athermal athermal = Athermal::Sequential;
    double athermal_threshold = 0.33;      ///< `published`: lowest barrier that flips in an avalanche [eV]
    double strain_rate = 1e-4;             ///< [1/s]
    double strain_increment = 1e-4;        ///< Δε of the clocks that step [-]
    double max_strain = 1.0;               ///< where the ramp ends [-]
    double horizon = 1e-4;                 ///< `continuous`: strain over which rates are bounded at once [-]
    std::int64_t max_generation = 100000;  ///< a voxel that transforms more often stops the run
    std::uint64_t seed = 1;
};

}  // namespace shearwater
