#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include <shearwater/core/random.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// The order in which colours have their turns in a sweep, drawn with equal probability of every order.
[[nodiscard]] inline std::vector<int> order_of_colours(int colours, std::uint64_t seed, std::int64_t sweep)
{
    std::vector<int> order(static_cast<std::size_t>(colours));
    std::iota(order.begin(), order.end(), 0);
    for (auto left = static_cast<std::uint32_t>(colours); left > 1; --left) {
        const double draw = uniform_pair({seed, Purpose::Colours, 0, left, static_cast<std::uint64_t>(sweep)})[0];
        std::swap(order[left - 1], order[std::min(static_cast<std::uint32_t>(draw * left), left - 1)]);
    }
    return order;
}

/// The blocks of a rank, sorted by the turns in which they are advanced.
template <int Dim>
class Turns {
  public:
    /// Keeps a reference to `blocks`.
    Turns(const Blocks<Dim>& blocks, const Partition<Dim>& partition, int rank)
        : blocks_(blocks), box_(partition.box(rank)), processes_(partition.process_grid()), of_colour_(static_cast<std::size_t>(blocks.colours()))
    {
    }

    /// Blocks of one colour, by their numbers on the rank.
    struct Turn {
        std::vector<int> outer;  ///< blocks at the edge of the rank's box, next to other ranks
        std::vector<int> inner;
    };

    /// @param block, id  number of the block on the rank and in the whole lattice
    void add(int block, std::int64_t id)
    {
        auto& turn = of_colour_[blocks_.colour(id)];
        (touches_others(blocks_.box(id)) ? turn.outer : turn.inner).push_back(block);
    }

    [[nodiscard]] const Turn& of(int colour) const noexcept { return of_colour_[colour]; }

  private:
    [[nodiscard]] bool touches_others(const Box<Dim>& block) const noexcept
    {
        for (int axis = 0; axis < Dim; ++axis)
            if (processes_[axis] > 1 && (block.begin[axis] == box_.begin[axis] || block.end[axis] == box_.end[axis])) return true;
        return false;
    }

    const Blocks<Dim>& blocks_;
    Box<Dim> box_;
    Index<Dim> processes_;
    std::vector<Turn> of_colour_;
};

}  // namespace shearwater
