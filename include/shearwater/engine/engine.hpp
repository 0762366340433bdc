#pragma once

#include <cstdint>
#include <vector>

#include <shearwater/kmc/counters.hpp>
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

/// What an engine counts and times, on this rank. Summed over ranks the counts of the exact engine do not depend on their number, except those
/// of voxels and pending events that were looked at ahead in vain.
struct EngineCounters {
    std::int64_t candidates = 0;  ///< drawn; with the reference engine, ranks draw more the more there are
    std::int64_t rejections = 0;  ///< of them
    ModelCounters model;
    Traffic traffic;
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

    [[nodiscard]] virtual EngineCounters counters() const noexcept = 0;
};

}  // namespace shearwater
