#pragma once

#include <cstdint>
#include <string>

#include <shearwater/core/archive.hpp>
#include <shearwater/kmc/event.hpp>

namespace shearwater {

/// A 64-bit hash of all events of a run, bit for bit: two runs with the same hash went the same way, on however many ranks and without any log. Every
/// event is hashed by XXH3 with the hash of those before it as the seed.
class Fingerprint {
  public:
    void add(const Event& event) noexcept;
    /// Adds many events at once, by something that depends on all of them.
    void add(std::uint64_t digest) noexcept;

    /// 16 hexadecimal digits.
    [[nodiscard]] std::string text() const;

    void visit(Archive& archive) { archive("hash", hash_); }

  private:
    std::uint64_t hash_ = 0;
};

}  // namespace shearwater
