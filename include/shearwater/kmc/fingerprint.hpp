#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <shearwater/kmc/event.hpp>

struct XXH3_state_s;

namespace shearwater {

/// A 64-bit hash (XXH3) of all events of a run, bit for bit: two runs with the same hash went the same way, on however many ranks and without any log.
class Fingerprint {
  public:
    Fingerprint();

    void add(const Event& event);
    /// Adds many events at once, by something that depends on all of them.
    void add(std::uint64_t digest);

    /// 16 hexadecimal digits.
    [[nodiscard]] std::string text() const;

  private:
    struct Free {
        void operator()(XXH3_state_s* state) const noexcept;
    };
    std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace shearwater
