#pragma once

#include <array>
#include <vector>

#include <shearwater/lattice/grid.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// What the separation between an event and a target cell is measured from.
enum class Separation {
    PointToCell,  ///< from the event itself
    CellToCell,   ///< from the cell of the target's size around the event: all events of a cell are then far from the same cells
};

/// The tree of cells of the fast multipole method, and which of them are near to an event.
///
/// Leaves are cells of `leaf_edge` voxels along each axis; a cell of the next level joins two cells along each axis. Cells are counted from the origin of
/// the lattice, so that they are the same on any number of ranks; the last one along an axis may be cut short. A tree refers to the cells that hold
/// voxels of one rank's box.
///
/// A cell is *far* from an event (well separated) if it is at least its own edge away from the event or from the event's cell of the same level: the largest
/// of the periodic distances along the axes counts. Otherwise it is *near*. Each voxel sees an event through the largest far cell around it; the
/// leaves that are near see it directly. Trees, near cells and interaction lists follow L. Greengard, V. Rokhlin, A fast algorithm for
/// particle simulations, J. Comput. Phys. 73 (1987) 325–348.
template <int Dim>
class CellTree {
  public:
    static constexpr int leaf_edge = Dim == 2 ? 32 : 16;

    /// A cell that sees all events of a source cell together.
    struct Target {
        Index<Dim> cell;
        int distance;  ///< between the cells, rounded down [voxels]
    };

    /// Builds as many levels as have cells that can be far from something, at least the leaves.
    /// @param box  this rank's voxels
    CellTree(const Grid<Dim>& grid, const Box<Dim>& box, Separation separation);

    /// Returns a tree of leaves only, all of which are near to all events.
    [[nodiscard]] static CellTree of_near_leaves(const Grid<Dim>& grid, const Box<Dim>& box, Separation separation);

    /// Levels of the tree of a lattice: level l exists if three of its cells fit along the longest axis, level 0 always.
    [[nodiscard]] static int levels_of(const Grid<Dim>& grid) noexcept;

    /// Largest distance along an axis from an event to the voxels of a leaf that is near to it [voxels].
    [[nodiscard]] static int near_radius(const Grid<Dim>& grid, Separation separation) noexcept;

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] Separation separation() const noexcept { return separation_; }
    [[nodiscard]] bool has_far_cells() const noexcept { return has_far_cells_; }
    [[nodiscard]] int levels() const noexcept { return static_cast<int>(cells_.size()); }
    [[nodiscard]] static constexpr int edge(int level) noexcept { return leaf_edge << level; }

    /// Cells of a level that hold voxels of this rank, in edges of the level.
    [[nodiscard]] const Box<Dim>& cells(int level) const noexcept { return cells_[level]; }
    [[nodiscard]] const Box<Dim>& leaves() const noexcept { return cells_.front(); }

    /// Returns the leaf of a voxel of this rank, a number local to the rank.
    [[nodiscard]] int leaf_of(const Index<Dim>& voxel) const noexcept;

    /// Whether a leaf is near to an event. @param leaf  of any rank, in leaf edges
    [[nodiscard]] bool is_near(const Index<Dim>& source, const Index<Dim>& leaf) const noexcept;
    /// @param leaf  a number local to this rank
    [[nodiscard]] bool is_near(const Index<Dim>& source, int leaf) const noexcept { return is_near(source, leaves().index(leaf)); }

    /// Calls visit(cell of level − 1, number) for the parts of a cell that hold voxels of this rank; bit i of the number is 1 for the upper half along axis i.
    template <class Visit>
    void for_each_part(int level, const Index<Dim>& cell, Visit&& visit) const
    {
        for (int halves = 0; halves < 1 << Dim; ++halves) {
            auto part = cell;
            for (int axis = 0; axis < Dim; ++axis) part[axis] = 2 * part[axis] + (halves >> axis & 1);
            if (cells_[level - 1].contains(part)) visit(part, halves);
        }
    }

    /// Calls visit(cell) for the cells of a level, of all ranks, whose parents are near to the parent of a cell of this rank along every axis: the
    /// others are seen as part of a larger cell. On the highest level these are all cells.
    template <class Visit>
    void for_each_source_cell(int level, Visit&& visit) const
    {
        const auto columns = source_columns(level);
        Box<Dim> visited;
        for (int axis = 0; axis < Dim; ++axis) visited.end[axis] = static_cast<int>(columns[axis].size());
        for (std::int64_t i = 0; i < visited.count(); ++i) {
            auto cell = visited.index(i);
            for (int axis = 0; axis < Dim; ++axis) cell[axis] = columns[axis][cell[axis]];
            visit(cell);
        }
    }

    /// Returns the interaction list of a source cell: the cells of this rank on the same level that are far from it while their parents are near to its parent.
    [[nodiscard]] std::vector<Target> interaction_list(int level, const Index<Dim>& source_cell) const;

    /// Returns the largest distance along an axis, over all boxes of a partition, at which an event may lie that a rank must receive by itself if multipole
    /// expansions stand for events in the cells of `level` and above (for none, if the level is levels()) [voxels].
    [[nodiscard]] int radius_below(const Partition<Dim>& partition, int level) const noexcept;

    /// Returns the same for events whose multipole expansions on the levels [begin, end) a rank needs [voxels].
    [[nodiscard]] int radius_of_multipoles(const Partition<Dim>& partition, int begin, int end) const noexcept;

    /// Returns the first level whose cells are longer than some box along an axis that is cut among ranks; levels() if there is none.
    [[nodiscard]] int first_larger_level(const Partition<Dim>& partition) const noexcept;

  private:
    CellTree(const Grid<Dim>& grid, const Box<Dim>& box, Separation separation, int levels, bool has_far_cells);
    [[nodiscard]] std::array<std::vector<int>, Dim> source_columns(int level) const;
    [[nodiscard]] bool are_parents_near(int level, int axis, int a, int b) const noexcept;
    template <class IsNeeded>
    [[nodiscard]] int largest_distance(const Partition<Dim>& partition, int level, IsNeeded&& is_needed) const noexcept;

    Grid<Dim> grid_;
    Separation separation_;
    bool has_far_cells_;
    std::vector<Box<Dim>> cells_;  ///< [level]
};

}  // namespace shearwater
