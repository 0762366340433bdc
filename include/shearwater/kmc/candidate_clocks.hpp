#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/precise_time.hpp>

namespace shearwater {

/// A priority queue of the times of the next candidates of tiles, a tournament tree in which each node compares the times of a group of eight. A
/// change of one time updates the path from the tile towards the root, up to the first node whose winner and time stay the same.
class CandidateClocks {
  public:
    /// Creates a queue in which no tile has a candidate: all times are infinite. @param tiles  number of tiles
    explicit CandidateClocks(int tiles);

    /// Sets the time of the next candidate of a tile. @param tile  in [0, tiles)
    void set(int tile, const PreciseTime& time);

    /// Prefetches the data that `set` reads in the first two rounds, where most changes end.
    void prefetch(int tile) const noexcept;

    /// Time of the next candidate of a tile.
    [[nodiscard]] const PreciseTime& time(int tile) const noexcept
    {
        const auto player = static_cast<std::size_t>(tile);
        return rounds_.front().groups[player / group_size].times[player % group_size];
    }

    /// The tile with the earliest candidate. Of several candidates at the same time it is the first tile; it is −1 if there are no tiles.
    [[nodiscard]] int first() const noexcept;

    /// Visits the state (core/archive.hpp): the times.
    void visit(Archive& archive);

  private:
    static constexpr std::size_t group_size = 8;

    /// The players of a node, aligned to cache lines.
    struct alignas(64) Group {
        std::array<PreciseTime, group_size> times;
    };

    /// A level of the tree. The winners of its groups are the players of the next round. The last group is padded with infinite times.
    struct Round {
        std::vector<Group> groups;
        std::vector<std::uint8_t> winners;  ///< places of the winners in their groups
    };

    int tiles_;
    std::vector<Round> rounds_;
};

}  // namespace shearwater
