#include <shearwater/elasticity/fmm/interaction_lists.hpp>

#include <algorithm>
#include <cmath>

namespace shearwater {

namespace {

/// Whether the cells of a column are near as far as this axis is concerned.
template <int Dim>
bool is_near_on_axis(const CellTree<Dim>& tree, int level, const typename InteractionLists<Dim>::Column& column) noexcept
{
    return !tree.has_far_cells() || column.separation < tree.edge(level);
}

}  // namespace

template <int Dim>
void InteractionLists<Dim>::find(const CellTree<Dim>& tree, const Index<Dim>& source, int below)
{
    near_leaves_.clear();
    far_cells_.clear();
    source_ = source;
    columns_.resize(static_cast<std::size_t>(tree.levels()));
    const int highest = std::min(below, tree.levels() - 1);
    levels_ = highest + 1;
    for (int level = highest; level >= 0; --level) {
        find_columns(tree, level, level < highest);
        if (level < below) find_cells(tree, level);
    }
}

template <int Dim>
typename InteractionLists<Dim>::Column InteractionLists<Dim>::column(const CellTree<Dim>& tree, int level, int axis, int cell) const noexcept
{
    const int edge = tree.edge(level);
    const int size = tree.grid().size[axis];
    const int distance = distance_to_run(source_[axis], cell * edge, edge, size);
    const bool is_from_point = tree.separation() == Separation::PointToCell;
    return {cell, distance, is_from_point ? distance : distance_of_runs(source_[axis] / edge * edge, cell * edge, edge, size)};
}

/// Finds the columns of a level: all on the highest level, further down the halves of those that are near.
template <int Dim>
void InteractionLists<Dim>::find_columns(const CellTree<Dim>& tree, int level, bool has_above)
{
    const auto& here = tree.cells(level);
    for (int axis = 0; axis < Dim; ++axis) {
        auto& columns = columns_[level][axis];
        columns.clear();
        if (!has_above) {
            for (int cell = here.begin[axis]; cell < here.end[axis]; ++cell) columns.push_back(column(tree, level, axis, cell));
            continue;
        }
        for (const Column& above : columns_[level + 1][axis]) {
            if (!is_near_on_axis<Dim>(tree, level + 1, above)) continue;
            for (int cell = 2 * above.cell; cell < 2 * above.cell + 2; ++cell)
                if (cell >= here.begin[axis] && cell < here.end[axis]) columns.push_back(column(tree, level, axis, cell));
        }
    }
}

/// Finds the far cells among the columns of a level, and the near leaves.
template <int Dim>
void InteractionLists<Dim>::find_cells(const CellTree<Dim>& tree, int level)
{
    Box<Dim> visited;
    for (int axis = 0; axis < Dim; ++axis) visited.end[axis] = static_cast<int>(columns_[level][axis].size());
    FarCell far{level, {}, 0};
    Index<Dim> cell{};
    for (std::int64_t i = 0; i < visited.count(); ++i) {
        const auto place = visited.index(i);
        bool is_near = true;
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            const Column& column = columns_[level][axis][place[axis]];
            far.column[axis] = static_cast<std::int16_t>(place[axis]);
            cell[axis] = column.cell;
            is_near = is_near && is_near_on_axis<Dim>(tree, level, column);
            squared += static_cast<double>(column.distance) * column.distance;
        }
        far.distance = static_cast<int>(std::sqrt(squared));
        if (!is_near)
            far_cells_.push_back(far);
        else if (level == 0)
            near_leaves_.push_back(static_cast<int>(tree.leaves().local(cell)));
    }
}

template class InteractionLists<2>;
template class InteractionLists<3>;

}  // namespace shearwater
