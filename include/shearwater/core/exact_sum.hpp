#pragma once

#include <array>
#include <cstdint>

namespace shearwater {

/// The sum of non-negative doubles without rounding, so that the order of the terms cannot matter.
///
/// A fixed-point number with one 64-bit word for every 32 binary digits, from 2^-672 to 2^352 (after Kulisch's long
/// accumulator). Smaller bits are cut off term by term, which is the same in every order. The words of two sums may be added
/// as integers, by MPI for example; 2^31 terms fit before a word overflows.
class ExactSum {
  public:
    static constexpr int words = 32;
    static constexpr int lowest_exponent = -672;

    ExactSum() = default;
    explicit ExactSum(const std::array<std::int64_t, words>& digits) : digits_(digits) {}

    /// Adds a finite value ≥ 0 below 2^300.
    void add(double value) noexcept;

    void add(const ExactSum& other) noexcept
    {
        for (int i = 0; i < words; ++i) digits_[i] += other.digits_[i];
    }

    /// The sum as a double; the same for equal sums.
    [[nodiscard]] double value() const noexcept;

    [[nodiscard]] const std::array<std::int64_t, words>& digits() const noexcept { return digits_; }

  private:
    std::array<std::int64_t, words> digits_{};
};

}  // namespace shearwater
