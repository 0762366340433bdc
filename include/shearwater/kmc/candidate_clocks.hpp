#pragma once

#include <vector>

#include <shearwater/core/precise_time.hpp>

namespace shearwater {

/// When each of many tiles has its next candidate, and which tile comes first: a tournament, so that a change costs a path to its top.
class CandidateClocks {
  public:
    /// No tile has a candidate yet.
    explicit CandidateClocks(int tiles);

    /// @param tile  in [0, tiles)
    void set(int tile, const PreciseTime& time);

    /// Asks for what `set` will read.
    void prefetch(int tile) const noexcept
    {
        __builtin_prefetch(&times_[tile], 1);
        for (int node = leaves_ + tile, level = 0; node > 0 && level < 4; node /= 2, ++level) __builtin_prefetch(&winners_[node], 1);
    }

    [[nodiscard]] const PreciseTime& time(int tile) const noexcept { return times_[tile]; }

    /// The tile whose candidate comes first, of several at one time the first tile; −1 if there are no tiles.
    [[nodiscard]] int first() const noexcept { return winners_.empty() ? -1 : winners_[1]; }

  private:
    [[nodiscard]] int earlier(int a, int b) const noexcept;

    std::vector<PreciseTime> times_;
    std::vector<int> winners_;  ///< a binary tree: node i is played by 2i and 2i + 1; the last half are the tiles themselves
    int leaves_ = 1;
};

}  // namespace shearwater
