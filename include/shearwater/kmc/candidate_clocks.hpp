#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <shearwater/core/precise_time.hpp>

namespace shearwater {

/// When each of many tiles has its next candidate, and which tile comes first: a tournament in groups of eight, whose times lie side by side. A change
/// costs a path towards its top, which ends where it makes no difference.
class CandidateClocks {
  public:
    /// No tile has a candidate yet.
    explicit CandidateClocks(int tiles);

    /// @param tile  in [0, tiles)
    void set(int tile, const PreciseTime& time);

    /// Asks for what `set` will read.
    void prefetch(int tile) const noexcept;

    [[nodiscard]] const PreciseTime& time(int tile) const noexcept { return rounds_.front().times[static_cast<std::size_t>(tile)]; }

    /// The tile whose candidate comes first, of several at one time the first tile; −1 if there are no tiles.
    [[nodiscard]] int first() const noexcept;

  private:
    static constexpr std::size_t group_size = 8;

    /// The winners of the groups of a round are the players of the next.
    struct Round {
        std::vector<PreciseTime> times;     ///< of the players, padded to whole groups
        std::vector<std::uint8_t> winners;  ///< of the groups, their places in them
    };

    int tiles_;
    std::vector<Round> rounds_;
};

}  // namespace shearwater
