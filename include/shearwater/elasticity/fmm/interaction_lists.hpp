#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <shearwater/elasticity/fmm/cell_tree.hpp>

namespace shearwater {

/// The cells of a tree that one event acts on: leaves that are near to it, and the largest cells that are far from it.
///
/// Every voxel of the tree lies in one near leaf or in one far cell. The lists are found from the highest level down, through the cells that are near. Cells lie
/// on a grid, so that distances are found for each column of cells, the cells at one place along an axis, and not for each cell.
template <int Dim>
class InteractionLists {
  public:
    /// The cells of a level at one place along an axis, as the event sees them.
    struct Column {
        int cell;        ///< the place along the axis, in edges of the level
        int distance;    ///< from the event, along the axis [voxels]
        int separation;  ///< what decides whether the cell is near, along the axis: from the event or from its cell [voxels]
    };

    /// A cell whose local expansion the event enters.
    struct FarCell {
        int level;
        std::array<std::int16_t, Dim> column;  ///< which of the columns of the level, for each axis
        int distance;                          ///< from the event, rounded down [voxels]
    };

    /// Finds the lists of an event, in place of those found before.
    /// @param below  levels from this one on are left out of the far cells: multipole expansions stand for the event there
    void find(const CellTree<Dim>& tree, const Index<Dim>& source, int below);

    [[nodiscard]] const Index<Dim>& source() const noexcept { return source_; }
    /// Leaves that are near, as numbers local to the rank.
    [[nodiscard]] const std::vector<int>& near_leaves() const noexcept { return near_leaves_; }
    [[nodiscard]] const std::vector<FarCell>& far_cells() const noexcept { return far_cells_; }
    /// Columns of a level along an axis. @param level  below `levels()`
    [[nodiscard]] const std::vector<Column>& columns(int level, int axis) const noexcept { return columns_[level][axis]; }
    /// Levels whose columns belong to this event, from the lowest on.
    [[nodiscard]] int levels() const noexcept { return levels_; }

    [[nodiscard]] Index<Dim> cell_of(const FarCell& far) const noexcept
    {
        Index<Dim> cell{};
        for (int axis = 0; axis < Dim; ++axis) cell[axis] = columns_[far.level][axis][far.column[axis]].cell;
        return cell;
    }

  private:
    void find_columns(const CellTree<Dim>& tree, int level, bool has_above);
    void find_cells(const CellTree<Dim>& tree, int level);
    [[nodiscard]] Column column(const CellTree<Dim>& tree, int level, int axis, int cell) const noexcept;

    Index<Dim> source_{};
    int levels_ = 0;
    std::vector<std::array<std::vector<Column>, Dim>> columns_;  ///< [level][axis]
    std::vector<int> near_leaves_;
    std::vector<FarCell> far_cells_;
};

}  // namespace shearwater
