#include <shearwater/elasticity/fmm/cell_tree.hpp>

#include <algorithm>
#include <cmath>

namespace shearwater {

template <int Dim>
CellTree<Dim>::CellTree(const Grid<Dim>& grid, const Box<Dim>& box, Separation separation) : CellTree(grid, box, separation, levels_of(grid), true)
{
}

template <int Dim>
CellTree<Dim>::CellTree(const Grid<Dim>& grid, const Box<Dim>& box, Separation separation, int levels, bool has_far_cells)
    : grid_(grid), separation_(separation), has_far_cells_(has_far_cells)
{
    for (int level = 0; level < levels; ++level) {
        Box<Dim> cells;
        for (int axis = 0; axis < Dim; ++axis) {
            cells.begin[axis] = box.begin[axis] / edge(level);
            cells.end[axis] = (box.end[axis] + edge(level) - 1) / edge(level);
        }
        cells_.push_back(cells);
    }
}

template <int Dim>
CellTree<Dim> CellTree<Dim>::of_near_leaves(const Grid<Dim>& grid, const Box<Dim>& box, Separation separation)
{
    return CellTree(grid, box, separation, 1, false);
}

template <int Dim>
int CellTree<Dim>::levels_of(const Grid<Dim>& grid) noexcept
{
    const int longest = *std::max_element(grid.size.begin(), grid.size.end());
    int levels = 1;
    while (3 * edge(levels) <= longest) ++levels;
    return levels;
}

template <int Dim>
int CellTree<Dim>::near_radius(const Grid<Dim>& grid, Separation separation) noexcept
{
    // The last cell of an axis may be short, and then those on its other side are near as well.
    const bool has_short_cells = std::any_of(grid.size.begin(), grid.size.end(), [](int size) { return size % leaf_edge != 0; });
    return (separation == Separation::CellToCell && has_short_cells ? 3 : 2) * leaf_edge;
}

template <int Dim>
int CellTree<Dim>::leaf_of(const Index<Dim>& voxel) const noexcept
{
    Index<Dim> leaf{};
    for (int axis = 0; axis < Dim; ++axis) leaf[axis] = voxel[axis] / leaf_edge;
    return static_cast<int>(leaves().local(leaf));
}

template <int Dim>
bool CellTree<Dim>::is_near(const Index<Dim>& source, const Index<Dim>& leaf) const noexcept
{
    if (!has_far_cells_) return true;
    for (int axis = 0; axis < Dim; ++axis) {
        const bool is_near = separation_ == Separation::PointToCell
                                 ? distance_to_run(source[axis], leaf[axis] * leaf_edge, leaf_edge, grid_.size[axis]) < leaf_edge
                                 : are_near_cells(source[axis] / leaf_edge, leaf[axis], leaf_edge, grid_.size[axis]);
        if (!is_near) return false;
    }
    return true;
}

/// Whether the parents of two cells of a level are near to each other along an axis; above the highest level all are.
template <int Dim>
bool CellTree<Dim>::are_parents_near(int level, int axis, int a, int b) const noexcept
{
    return level == levels() - 1 || are_near_cells(a / 2, b / 2, edge(level + 1), grid_.size[axis]);
}

/// Places along each axis of the cells that for_each_source_cell visits.
template <int Dim>
std::array<std::vector<int>, Dim> CellTree<Dim>::source_columns(int level) const
{
    const auto all = grid_.cells(edge(level));
    const auto& here = cells_[level];
    std::array<std::vector<int>, Dim> columns;
    for (int axis = 0; axis < Dim; ++axis)
        for (int source = 0; source < all.size[axis]; ++source) {
            bool is_needed = false;
            for (int own = here.begin[axis]; own < here.end[axis] && !is_needed; ++own) is_needed = are_parents_near(level, axis, source, own);
            if (is_needed) columns[axis].push_back(source);
        }
    return columns;
}

template <int Dim>
std::vector<typename CellTree<Dim>::Target> CellTree<Dim>::interaction_list(int level, const Index<Dim>& source_cell) const
{
    const int edge = CellTree::edge(level);
    const auto& here = cells_[level];
    std::vector<Target> targets;
    for (std::int64_t i = 0; i < here.count(); ++i) {
        Target target{here.index(i), 0};
        bool is_near = true;
        bool are_parents_near = true;
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            const int source = source_cell[axis];
            const int own = target.cell[axis];
            const double distance = distance_of_runs(source * edge, own * edge, edge, grid_.size[axis]);
            is_near = is_near && are_near_cells(source, own, edge, grid_.size[axis]);
            are_parents_near = are_parents_near && this->are_parents_near(level, axis, source, own);
            squared += distance * distance;
        }
        target.distance = static_cast<int>(std::sqrt(squared));
        if (!is_near && are_parents_near) targets.push_back(target);
    }
    return targets;
}

/// Largest distance along an axis, over all boxes of a partition, to the cells of a level that a cell of the box needs.
/// @param is_needed  is_needed(axis, own cell, other cell)
template <int Dim>
template <class IsNeeded>
int CellTree<Dim>::largest_distance(const Partition<Dim>& partition, int level, IsNeeded&& is_needed) const noexcept
{
    const int edge = CellTree::edge(level);
    int largest = 1;
    for (int axis = 0; axis < Dim; ++axis) {
        const int size = grid_.size[axis];
        for (int begin = 0; const int width : partition.widths(axis)) {
            for (int cell = 0; cell * edge < size; ++cell) {
                bool matters = false;
                for (int own = begin / edge; own * edge < begin + width && !matters; ++own) matters = is_needed(axis, own, cell);
                if (!matters) continue;
                for (int voxel = cell * edge; voxel < std::min((cell + 1) * edge, size); ++voxel)
                    largest = std::max(largest, distance_to_run(voxel, begin, width, size));
            }
            begin += width;
        }
    }
    return largest;
}

/// Events that a box needs by themselves lie in cells of the level that are near to cells of the box.
template <int Dim>
int CellTree<Dim>::radius_below(const Partition<Dim>& partition, int level) const noexcept
{
    if (level == levels()) return std::max(1, *std::max_element(grid_.size.begin(), grid_.size.end()) / 2);
    return largest_distance(partition, level,
                            [&](int axis, int own, int other) { return are_near_cells(own, other, edge(level), grid_.size[axis]); });
}

template <int Dim>
int CellTree<Dim>::radius_of_multipoles(const Partition<Dim>& partition, int begin, int end) const noexcept
{
    int radius = 1;
    for (int level = begin; level < end; ++level) {
        const auto is_needed = [&](int axis, int own, int other) { return are_parents_near(level, axis, own, other); };
        radius = std::max(radius, largest_distance(partition, level, is_needed));
    }
    return radius;
}

template <int Dim>
int CellTree<Dim>::first_larger_level(const Partition<Dim>& partition) const noexcept
{
    int level = 0;
    const auto is_larger = [&](int axis) {
        const auto widths = partition.widths(axis);
        return widths.size() > 1 && edge(level) > *std::min_element(widths.begin(), widths.end());
    };
    for (; level < levels(); ++level)
        for (int axis = 0; axis < Dim; ++axis)
            if (is_larger(axis)) return level;
    return level;
}

template class CellTree<2>;
template class CellTree<3>;

}  // namespace shearwater
