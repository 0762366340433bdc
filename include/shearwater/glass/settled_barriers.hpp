#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/glass/group_rates.hpp>

namespace shearwater {

/// Stress-free barriers of softened lane groups whose softening has stopped to change, kept at hand: they save the second exponential per mode, and
/// are the same numbers that it would give.
class SettledBarriers {
  public:
    /// @param groups  that are kept at hand at most  @param modes  of a voxel
    SettledBarriers(int groups, int modes) : modes_(modes), group_(std::max(1, groups), -1), barriers_(group_.size() * modes * lane_count) {}

    /// Barriers of a group that has softened over k_B T [mode][lane], or null if its softening still changes.
    /// @param now  a time that has come: a bound may look ahead to a time that, if another event comes first, will find the voxel still fresh
    template <int Dim>
    [[nodiscard]] SHEARWATER_INLINE const double* of(int group, const RateScales& scales, const GroupState& state, const PreciseTime& now) noexcept
    {
        const std::size_t place = static_cast<std::size_t>(group) % group_.size();
        double* barriers = barriers_.data() + place * modes_ * lane_count;
        if (group_[place] != group) {
            if (!is_settled<Dim>(scales, state, now.high(), now.low())) return nullptr;
            settle<Dim>(scales, state, now.high(), now.low(), barriers);
            group_[place] = group;
        }
        return barriers;
    }

    /// Forgets those of a group in which a voxel has transformed.
    void forget(int group) noexcept
    {
        int& at_hand = group_[static_cast<std::size_t>(group) % group_.size()];
        if (at_hand == group) at_hand = -1;
    }

    /// Forgets all of them.
    void forget() noexcept { std::fill(group_.begin(), group_.end(), -1); }

  private:
    int modes_;
    std::vector<int> group_;        ///< whose barriers lie at each place, or −1
    std::vector<double> barriers_;  ///< [place][mode][lane]
};

}  // namespace shearwater
