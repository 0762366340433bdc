#pragma once

#include <cstdint>
#include <string>

#include <shearwater/core/archive.hpp>
#include <shearwater/kmc/event.hpp>

namespace shearwater {

/// A 64-bit hash of all events of a run. Runs with equal hashes had bitwise identical events, whatever their numbers of ranks, and no event log is
/// needed to compare them. The bytes of every event are hashed by XXH3 with the hash of the previous events as the seed.
class Fingerprint {
  public:
    /// Adds an event.
    void add(const Event& event) noexcept;
    /// Adds several events at once. @param digest  hash that depends on all of them
    void add(std::uint64_t digest) noexcept;

    /// The hash as 16 hexadecimal digits.
    [[nodiscard]] std::string text() const;

    void visit(Archive& archive) { archive("hash", hash_); }

  private:
    std::uint64_t hash_ = 0;
};

}  // namespace shearwater
