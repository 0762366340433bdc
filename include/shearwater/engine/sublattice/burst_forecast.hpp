#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

namespace shearwater {

/// Forecast of the number of voxels that begin a burst within a time t: Σ min(k t, 1) over the rates k of voxels, for the longest time and successive
/// halves of it.
///
/// A burst replaces the modes of its voxel, so that each voxel counts once at most. A plain sum of rates would be dominated by a few voxels that are
/// about to transform anyway. The numbers are integers, so that sums over ranks do not depend on an order.
class BurstForecast {
  public:
    static constexpr int times = 40;

    /// @param longest  longest time of the forecast [s]
    explicit BurstForecast(double longest) noexcept : longest_(longest) {}

    /// Adds a voxel. @param rate  rate of the voxel [1/s]; must not be NaN
    void add(double rate) noexcept
    {
        double expected = rate * longest_;
        for (auto& sum : sums_) {
            const auto bursts = rounded(std::min(expected, 1.0));
            if (bursts == 0) break;  // all shorter times give zero as well
            sum += bursts;
            expected *= 0.5;
        }
    }

    /// Adds voxels of which none is likely to transform within the longest time. @param rate  sum of their rates [1/s]
    void add_slow(double rate) noexcept { slow_ += rounded(rate * longest_); }
    /// Whether no voxel is likely to transform within the longest time, given the sum of the rates of some voxels [1/s].
    [[nodiscard]] bool is_slow(double rate) const noexcept { return rate * longest_ < 0.1; }

    /// Number of integers that are summed over ranks.
    [[nodiscard]] static constexpr int words() noexcept { return times + 1; }
    void get(std::span<std::int64_t> words) const noexcept { *std::copy(sums_.begin(), sums_.end(), words.begin()) = slow_; }
    void set(std::span<const std::int64_t> words) noexcept
    {
        std::copy_n(words.begin(), times, sums_.begin());
        slow_ = words[times];
    }

    /// Number of bursts within a time [s]. Linear interpolation between the times underestimates it slightly where k t of some voxels passes 1.
    [[nodiscard]] double within(double seconds) const noexcept
    {
        int i = 0;
        while (i + 1 < times && time(i) > seconds) ++i;
        if (i == 0 || time(i) > seconds) return number(i) * seconds / time(i);
        return number(i) + (number(i - 1) - number(i)) * (seconds - time(i)) / time(i);
    }

    /// The time within which a number of bursts is expected, the inverse of `within` [s]; at most the longest time.
    [[nodiscard]] double time_for(double bursts) const noexcept
    {
        if (number(0) <= bursts) return longest_;
        int i = 1;
        while (i + 1 < times && number(i) > bursts) ++i;
        if (number(i) > bursts) return time(i) * bursts / number(i);
        return time(i) * (1.0 + (bursts - number(i)) / (number(i - 1) - number(i)));
    }

  private:
    static constexpr double unit = 0x1p30;  ///< integers per burst: room for 2^33 voxels

    [[nodiscard]] static std::int64_t rounded(double expected) noexcept { return std::llrint(expected * unit); }
    [[nodiscard]] double time(int i) const noexcept { return std::ldexp(longest_, -i); }
    /// Number of bursts within the time with index i.
    [[nodiscard]] double number(int i) const noexcept { return (static_cast<double>(sums_[i]) + std::ldexp(static_cast<double>(slow_), -i)) / unit; }

    double longest_;
    std::array<std::int64_t, times> sums_{};
    std::int64_t slow_ = 0;
};

}  // namespace shearwater
