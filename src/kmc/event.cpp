#include <shearwater/kmc/event.hpp>

#include <tuple>

#include <xxhash.h>

namespace shearwater {

static_assert(sizeof(Event) == 2 * 8 + 8 + 5 * 8 + 2 * 8 + 8, "an event has no padding, whose bytes would be undefined");

std::uint64_t digest(const Event& event) noexcept
{
    return XXH3_64bits(&event, sizeof event);
}

bool precedes(const BlockEvent& a, const BlockEvent& b) noexcept
{
    if (a.event.time < b.event.time) return true;
    if (b.event.time < a.event.time) return false;
    return std::tuple(a.phase, a.block, a.number) < std::tuple(b.phase, b.block, b.number);
}

}  // namespace shearwater
