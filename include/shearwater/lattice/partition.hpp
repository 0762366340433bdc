#pragma once

#include <vector>

#include <shearwater/lattice/grid.hpp>

namespace shearwater {

/// Voxels of a tile along each axis. A tile is the unit that draws random numbers and sums rates, so that neither depends
/// on the number of ranks; the last tile of an axis may be smaller.
template <int Dim>
inline constexpr Index<Dim> tile_edge = [] {
    Index<Dim> edge{};
    edge.fill(Dim == 2 ? 8 : 4);
    edge[0] = 8;
    return edge;
}();

template <int Dim>
class Blocks;

/// Cuts the lattice into one box per rank. Boxes consist of whole tiles, or blocks, and form a regular process grid, rank = px + Px (py + Py pz),
/// the numbering of PETSc's DMDA.
template <int Dim>
class Partition {
  public:
    /// Chooses the process grid whose largest box is smallest, then whose boxes have the least surface, then are the least long. Every rank computes the same.
    ///
    /// @throws InputError if the lattice has too few tiles for the ranks
    Partition(const Grid<Dim>& grid, int ranks);

    /// The same with boxes of whole blocks. @throws InputError if there are too few blocks for the ranks
    Partition(const Blocks<Dim>& blocks, int ranks);

    /// Whether the lattice has tiles enough for the ranks, so that it can be cut.
    [[nodiscard]] static bool is_possible(const Grid<Dim>& grid, int ranks);

    /// A given process grid, for tests. @param cuts  per axis the begin of each box and, last, the size of the lattice
    Partition(const Grid<Dim>& grid, std::array<std::vector<int>, Dim> cuts);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] int ranks() const noexcept;
    [[nodiscard]] Index<Dim> process_grid() const noexcept;
    [[nodiscard]] Box<Dim> box(int rank) const noexcept;
    [[nodiscard]] int owner(const Index<Dim>& voxel) const noexcept;

    /// Widths of the boxes along an axis [voxels].
    [[nodiscard]] std::vector<int> widths(int axis) const;

    /// The same boxes on the grid with every voxel cut into `factor` parts along each axis.
    [[nodiscard]] Partition refined(int factor) const;

    /// The boxes of all ranks.
    [[nodiscard]] std::vector<Box<Dim>> boxes() const;

  private:
    Grid<Dim> grid_;
    std::array<std::vector<int>, Dim> cuts_;
};

}  // namespace shearwater
