#include <shearwater/io/fingerprint.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace shearwater {

static_assert(sizeof(Event) == 2 * 8 + 8 + 5 * 8 + 2 * 8 + 8, "an event has no padding, whose bytes would be undefined");

Fingerprint::Fingerprint() : state_(XXH3_createState())
{
    XXH3_64bits_reset(state_.get());
}

void Fingerprint::Free::operator()(XXH3_state_s* state) const noexcept
{
    XXH3_freeState(state);
}

void Fingerprint::add(const Event& event)
{
    XXH3_64bits_update(state_.get(), &event, sizeof event);
}

std::string Fingerprint::text() const
{
    return fmt::format("{:016x}", XXH3_64bits_digest(state_.get()));
}

}  // namespace shearwater
