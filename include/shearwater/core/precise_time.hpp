#pragma once

namespace shearwater {

/// A time [s] as the unevaluated sum of two doubles, with about 32 significant digits.
///
/// Events of a burst are 1e-12 s apart at t = 500 s, where the spacing of doubles is 6e-14 s, so that one double does not resolve their differences.
/// Sums are error-free (D. E. Knuth, The Art of Computer Programming, vol. 2, section 4.2.2).
class PreciseTime {
  public:
    constexpr PreciseTime() = default;
    constexpr explicit PreciseTime(double seconds) : high_(seconds) {}
    constexpr PreciseTime(double high, double low) : high_(high), low_(low) {}

    [[nodiscard]] constexpr double high() const noexcept { return high_; }
    [[nodiscard]] constexpr double low() const noexcept { return low_; }
    [[nodiscard]] constexpr double seconds() const noexcept { return high_ + low_; }

    /// This time plus a time span [s].
    [[nodiscard]] constexpr PreciseTime operator+(double span) const noexcept
    {
        const PreciseTime sum = two_sum(high_, span);
        return two_sum(sum.high_, sum.low_ + low_);
    }

    /// Time span from `other` to this time, rounded to one double [s].
    [[nodiscard]] constexpr double operator-(const PreciseTime& other) const noexcept
    {
        const PreciseTime high = two_sum(high_, -other.high_);
        return high.high_ + (high.low_ + (low_ - other.low_));
    }

    [[nodiscard]] constexpr bool operator<(const PreciseTime& other) const noexcept
    {
        return high_ < other.high_ || (high_ == other.high_ && low_ < other.low_);
    }
    [[nodiscard]] constexpr bool operator==(const PreciseTime& other) const noexcept { return high_ == other.high_ && low_ == other.low_; }

  private:
    static constexpr PreciseTime two_sum(double a, double b) noexcept
    {
        const double sum = a + b;
        const double part = sum - a;
        return {sum, (a - (sum - part)) + (b - part)};
    }

    double high_ = 0.0;
    double low_ = 0.0;
};

/// The product factor × count as a time [s], without the rounding error of one double.
///
/// @param factor  time span [s]
/// @param count   number of spans, an integer below 2^53
[[nodiscard]] PreciseTime multiply(double factor, double count) noexcept;

}  // namespace shearwater
