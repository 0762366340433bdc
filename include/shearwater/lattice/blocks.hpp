#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <shearwater/lattice/grid.hpp>

namespace shearwater {

/// Halo width w: the distance along each axis up to which an event of one block changes the stress in other blocks within a cycle [voxels].
template <int Dim>
inline constexpr int halo_width = Dim == 2 ? 16 : 8;

/// The blocks of the sublattice engine and their colours (Y. Shim, J. G. Amar, Phys. Rev. B 71 (2005) 125432). They do not depend on the number of
/// ranks.
///
/// An axis of n voxels is cut into 2⌊n/2B⌋ blocks of whole tiles, whose numbers of tiles differ by at most 1. The number of blocks is even, so that
/// colours alternate around the periodic cell. An axis with n < 2B is not cut. Since colours alternate along every axis that is cut, blocks of one
/// colour do not touch; since blocks are at least two halos wide, they do not change the stress of the same voxels either.
template <int Dim>
class Blocks {
  public:
    /// @param edge  nominal edge of a block, B [voxels]; at least 2 `halo_width`
    /// @throws InputError if a block would be narrower than two halos
    Blocks(const Grid<Dim>& grid, int edge);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] std::int64_t count() const noexcept { return parts_.count(); }
    /// Numbers of blocks along the axes.
    [[nodiscard]] const Index<Dim>& parts() const noexcept { return parts_.size; }
    /// First voxels of the blocks along an axis, followed by the size of the axis.
    [[nodiscard]] const std::vector<int>& cuts(int axis) const noexcept { return cuts_[axis]; }

    [[nodiscard]] Box<Dim> box(std::int64_t block) const noexcept;
    [[nodiscard]] std::int64_t block_of(const Index<Dim>& voxel) const noexcept;
    /// Largest edge of any block along any axis [voxels].
    [[nodiscard]] int widest() const noexcept;

    /// Number of colours: 2 to the power of the number of axes that are cut.
    [[nodiscard]] int colours() const noexcept;
    [[nodiscard]] int colour(std::int64_t block) const noexcept;

  private:
    Grid<Dim> grid_;
    Grid<Dim> parts_;
    std::array<std::vector<int>, Dim> cuts_;
};

/// Whether the distance of a voxel from a box of the periodic grid is at most `reach` along every axis [voxels].
template <int Dim>
[[nodiscard]] bool is_within(const Grid<Dim>& grid, const std::type_identity_t<Index<Dim>>& voxel, const Box<Dim>& box, int reach) noexcept
{
    for (int axis = 0; axis < Dim; ++axis)
        if (distance_to_run(voxel[axis], box.begin[axis], box.extent(axis), grid.size[axis]) > reach) return false;
    return true;
}

}  // namespace shearwater
