#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <shearwater/lattice/grid.hpp>

namespace shearwater {

/// Distance along each axis up to which events act on other blocks at once, w [voxels].
template <int Dim>
inline constexpr int halo_width = Dim == 2 ? 16 : 8;

/// The fixed blocks of the sublattice engine and their colours, independent of the number of ranks.
///
/// Each axis of n voxels is cut into 2⌊n/2B⌋ blocks (an even number, so that colours alternate around the periodic cell) of whole tiles, whose numbers
/// of tiles differ by at most 1; if n < 2B, it is one block. Colours alternate along every axis that is cut, so blocks of one colour do not touch, and as
/// blocks are at least two halos wide, they do not act on the same voxels at once either.
template <int Dim>
class Blocks {
  public:
    /// @param edge  wanted edge of a block, B [voxels]; at least 2 `halo_width`
    /// @throws InputError if a block would be narrower than two halos
    Blocks(const Grid<Dim>& grid, int edge);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] std::int64_t count() const noexcept { return parts_.count(); }
    /// Blocks along each axis.
    [[nodiscard]] const Index<Dim>& parts() const noexcept { return parts_.size; }
    /// Where the blocks of an axis begin and, last, its size.
    [[nodiscard]] const std::vector<int>& cuts(int axis) const noexcept { return cuts_[axis]; }

    [[nodiscard]] Box<Dim> box(std::int64_t block) const noexcept;
    [[nodiscard]] std::int64_t block_of(const Index<Dim>& voxel) const noexcept;
    /// Largest edge of a block along any axis.
    [[nodiscard]] int widest() const noexcept;

    /// 2 for every axis that is cut, multiplied.
    [[nodiscard]] int colours() const noexcept;
    [[nodiscard]] int colour(std::int64_t block) const noexcept;

  private:
    Grid<Dim> grid_;
    Grid<Dim> parts_;
    std::array<std::vector<int>, Dim> cuts_;
};

/// Whether a voxel lies within `reach` of a box along every axis of the periodic grid.
template <int Dim>
[[nodiscard]] bool is_within(const Grid<Dim>& grid, const std::type_identity_t<Index<Dim>>& voxel, const Box<Dim>& box, int reach) noexcept
{
    for (int axis = 0; axis < Dim; ++axis)
        if (distance_to_run(voxel[axis], box.begin[axis], box.extent(axis), grid.size[axis]) > reach) return false;
    return true;
}

}  // namespace shearwater
