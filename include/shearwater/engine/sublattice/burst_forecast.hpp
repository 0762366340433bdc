#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

namespace shearwater {

/// How many voxels will begin a burst within a time from now: Σ min(k t, 1) over their rates k, for t from the longest down in halves.
///
/// A burst leaves another voxel behind, so that it counts once. Sums of rates would be those of a few voxels that are about to transform anyway.
/// Numbers are integers, so that sums over ranks are the same in any order.
class BurstForecast {
  public:
    static constexpr int times = 40;

    /// @param longest  time [s]
    explicit BurstForecast(double longest) noexcept : longest_(longest) {}

    /// Adds a voxel. @param rate  not NaN [1/s]
    void add(double rate) noexcept
    {
        double expected = rate * longest_;
        for (auto& sum : sums_) {
            const auto bursts = rounded(std::min(expected, 1.0));
            if (bursts == 0) break;  // and so for all shorter times
            sum += bursts;
            expected *= 0.5;
        }
    }

    /// Adds voxels of which none is likely to transform within the longest time. @param rate  sum of theirs [1/s]
    void add_slow(double rate) noexcept { slow_ += rounded(rate * longest_); }
    /// Whether voxels with such a sum of rates are [1/s].
    [[nodiscard]] bool is_slow(double rate) const noexcept { return rate * longest_ < 0.1; }

    /// To be added up over ranks.
    [[nodiscard]] static constexpr int words() noexcept { return times + 1; }
    void get(std::span<std::int64_t> words) const noexcept { *std::copy(sums_.begin(), sums_.end(), words.begin()) = slow_; }
    void set(std::span<const std::int64_t> words) noexcept
    {
        std::copy_n(words.begin(), times, sums_.begin());
        slow_ = words[times];
    }

    /// Bursts within a time [s]: a little less where some voxels are about to be sure to have one, as lines are straight between the times.
    [[nodiscard]] double within(double seconds) const noexcept
    {
        int i = 0;
        while (i + 1 < times && time(i) > seconds) ++i;
        if (i == 0 || time(i) > seconds) return number(i) * seconds / time(i);
        return number(i) + (number(i - 1) - number(i)) * (seconds - time(i)) / time(i);
    }

    /// The time within which so many bursts begin, as `within` has it; no longer than the longest [s].
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
    /// Bursts within that time.
    [[nodiscard]] double number(int i) const noexcept { return (static_cast<double>(sums_[i]) + std::ldexp(static_cast<double>(slow_), -i)) / unit; }

    double longest_;
    std::array<std::int64_t, times> sums_{};
    std::int64_t slow_ = 0;
};

}  // namespace shearwater
