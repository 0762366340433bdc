#pragma once

#include <array>
#include <cstdint>

namespace shearwater {

/// The sum of non-negative doubles without rounding. It does not depend on the order of the terms.
///
/// The sum is a fixed-point number with one 64-bit word for every 32 binary digits, from 2^-672 to 2^352, after the long accumulator of U. W. Kulisch
/// and W. L. Miranker, Computer Arithmetic in Theory and Practice, Academic Press (1981). Bits below 2^-672 are truncated term by term, which gives
/// the same result in every order. The words of two sums may be added as integers, for example by MPI; 2^31 terms fit before a word overflows.
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

    /// The sum rounded to a double. Equal sums give equal doubles, however their words are normalised.
    [[nodiscard]] double value() const noexcept;

    [[nodiscard]] const std::array<std::int64_t, words>& digits() const noexcept { return digits_; }

  private:
    std::array<std::int64_t, words> digits_{};
};

}  // namespace shearwater
