#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/glass/group_rates.hpp>

namespace shearwater {

/// Cache of the stress-free barriers of softened lane groups whose softening has stopped changing. It saves the second exponential per mode and
/// returns the same numbers as it would give.
class SettledBarriers {
  public:
    /// @param groups  largest number of groups in the cache  @param modes  modes per voxel
    SettledBarriers(int groups, int modes) : modes_(modes), group_(std::max(1, groups), -1), barriers_(group_.size() * modes * lane_count) {}

    /// Barriers of a softened group over k_B T [mode][lane], or null if its softening still changes. The pointer holds until the next call.
    /// @param now  a time that is not in the future: at a later time softening may have settled that still changes at the next event
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

    /// Removes the barriers of a group in which a voxel has transformed.
    void forget(int group) noexcept
    {
        int& at_hand = group_[static_cast<std::size_t>(group) % group_.size()];
        if (at_hand == group) at_hand = -1;
    }

    /// Removes all barriers.
    void forget() noexcept { std::fill(group_.begin(), group_.end(), -1); }

  private:
    int modes_;
    std::vector<int> group_;        ///< group whose barriers each place holds, or −1
    std::vector<double> barriers_;  ///< [place][mode][lane]
};

}  // namespace shearwater
