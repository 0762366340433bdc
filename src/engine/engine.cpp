#include <shearwater/engine/engine.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

void EventCounts::add(const Event& event) noexcept
{
    *this += {1, event.athermal, event.reversal, std::int64_t{event.generation} + 1};
}

EventCounts& EventCounts::operator+=(const EventCounts& other) noexcept
{
    events += other.events;
    athermal_events += other.athermal_events;
    reversals += other.reversals;
    max_generation = std::max(max_generation, other.max_generation);
    return *this;
}

void require_generation(const Event& event, std::int64_t most)
{
    if (event.generation < most) return;
    throw RunError(
        fmt::format("voxel {} would transform more than kmc.max_generation = {} times: it flickers between states; "
                    "set softening.directional = true, check the softening, or raise kmc.max_generation",
                    event.voxel, most));
}

}  // namespace shearwater
