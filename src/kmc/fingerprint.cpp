#include <shearwater/kmc/fingerprint.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace shearwater {

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

void Fingerprint::add(std::uint64_t digest)
{
    XXH3_64bits_update(state_.get(), &digest, sizeof digest);
}

std::string Fingerprint::text() const
{
    return fmt::format("{:016x}", XXH3_64bits_digest(state_.get()));
}

}  // namespace shearwater
