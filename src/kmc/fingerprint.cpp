#include <shearwater/kmc/fingerprint.hpp>

#include <fmt/format.h>
#include <xxhash.h>

namespace shearwater {

void Fingerprint::add(const Event& event) noexcept
{
    hash_ = XXH3_64bits_withSeed(&event, sizeof event, hash_);
}

void Fingerprint::add(std::uint64_t digest) noexcept
{
    hash_ = XXH3_64bits_withSeed(&digest, sizeof digest, hash_);
}

std::string Fingerprint::text() const
{
    return fmt::format("{:016x}", hash_);
}

}  // namespace shearwater
