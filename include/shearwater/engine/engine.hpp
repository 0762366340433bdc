#pragma once

#include <cstdint>
#include <vector>

#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// What one call of an engine did.
struct Step {
    std::vector<Event> events;  ///< carried out now, at one time, in the order of voxels; may be empty
    PreciseTime now;            ///< the time after it [s]
    double strain = 0.0;        ///< the applied strain after it [-]
    bool interval_end = false;  ///< a step of the clock (or, with the continuous clock, a horizon of the ramp) is complete
};

/// What an engine counts and times, on this rank.
struct EngineCounters {
    std::int64_t passes = 0;      ///< passes over all voxels
    std::int64_t candidates = 0;  ///< candidates drawn, on all ranks; a rank stops at its first acceptance, so more ranks draw more
    Traffic traffic;              ///< of this rank
    double rate_seconds = 0.0;
    double communication_seconds = 0.0;  ///< in collectives, waiting included
};

/// Advances a model in time: from one event, or the end of an interval without one, to the next.
class Engine {
  public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    /// Collective; the same on every rank. @throws RunError when a rate is not finite or a voxel transforms too often
    virtual Step advance() = 0;

    [[nodiscard]] virtual const EngineCounters& counters() const noexcept = 0;
};

}  // namespace shearwater
