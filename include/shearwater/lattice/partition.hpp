#pragma once

#include <vector>

#include <shearwater/lattice/grid.hpp>

namespace shearwater {

/// Edges of a tile [voxels]. Random numbers are drawn and rates are summed tile by tile, so that neither depends on the number of ranks. The last
/// tile along an axis may be smaller.
template <int Dim>
inline constexpr Index<Dim> tile_edge = [] {
    Index<Dim> edge{};
    edge.fill(Dim == 2 ? 8 : 4);
    edge[0] = 8;
    return edge;
}();

template <int Dim>
class Blocks;

/// Partition of the lattice into one box per rank. Boxes consist of whole tiles or blocks and form a regular process grid with the numbering of
/// PETSc's DMDA, rank = px + Px (py + Py pz).
template <int Dim>
class Partition {
  public:
    /// Chooses the process grid whose largest box has the fewest voxels, among those the one with the least surface, and among those the one with the
    /// shortest longest edge. Not collective; every rank computes the same partition.
    ///
    /// @throws InputError if the lattice has too few tiles for the ranks
    Partition(const Grid<Dim>& grid, int ranks);

    /// Chooses the process grid in the same way for boxes of whole blocks. Not collective. @throws InputError if there are too few blocks for the
    /// ranks
    Partition(const Blocks<Dim>& blocks, int ranks);

    /// Whether the lattice has enough tiles for a partition among this number of ranks.
    [[nodiscard]] static bool is_possible(const Grid<Dim>& grid, int ranks);

    /// Partition with given boxes, for tests. @param cuts  for every axis the first voxel of each box, followed by the size of the lattice
    Partition(const Grid<Dim>& grid, std::array<std::vector<int>, Dim> cuts);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] int ranks() const noexcept;
    [[nodiscard]] Index<Dim> process_grid() const noexcept;
    [[nodiscard]] Box<Dim> box(int rank) const noexcept;
    [[nodiscard]] int owner(const Index<Dim>& voxel) const noexcept;

    /// Widths of the boxes along an axis [voxels].
    [[nodiscard]] std::vector<int> widths(int axis) const;

    /// The same partition of the grid in which every voxel is divided into `factor` parts along each axis.
    [[nodiscard]] Partition refined(int factor) const;

    /// The boxes of all ranks.
    [[nodiscard]] std::vector<Box<Dim>> boxes() const;

  private:
    Grid<Dim> grid_;
    std::array<std::vector<int>, Dim> cuts_;
};

}  // namespace shearwater
