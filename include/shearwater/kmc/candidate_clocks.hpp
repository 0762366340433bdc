#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <shearwater/core/archive.hpp>
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

    /// Asks for what `set` will read in the first two rounds, where most changes end.
    void prefetch(int tile) const noexcept;

    [[nodiscard]] const PreciseTime& time(int tile) const noexcept
    {
        const auto player = static_cast<std::size_t>(tile);
        return rounds_.front().groups[player / group_size].times[player % group_size];
    }

    /// The tile whose candidate comes first, of several at one time the first tile; −1 if there are no tiles.
    [[nodiscard]] int first() const noexcept;

    /// Lists the state: the times.
    void visit(Archive& archive);

  private:
    static constexpr std::size_t group_size = 8;

    /// Players who meet, in whole lines of the cache.
    struct alignas(64) Group {
        std::array<PreciseTime, group_size> times;
    };

    /// The winners of the groups of a round are the players of the next. The last group is filled up with players who never win.
    struct Round {
        std::vector<Group> groups;
        std::vector<std::uint8_t> winners;  ///< their places in the groups
    };

    int tiles_;
    std::vector<Round> rounds_;
};

}  // namespace shearwater
