/// How cells take in events as parts of other cells.

#include <shearwater/elasticity/fmm/far_field.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <shearwater/core/error.hpp>

namespace shearwater {

/// Whether the parents of two cells of a level are near to each other along an axis.
template <int Dim>
bool FarField<Dim>::are_parents_near(int level, int axis, int a, int b) const noexcept
{
    return level == levels() - 1 || are_near_cells(a / 2, b / 2, leaf_edge << (level + 1), grid_.size[axis]);
}

template <int Dim>
std::int64_t FarField<Dim>::add_moments(const FarMoments<Dim>& moments)
{
    SHEARWATER_EXPECTS(from_ == FarFrom::Cell);
    std::int64_t taken_in = 0;
    if (!is_useful_) return taken_in;
    for (int level = moments.first_level(); level < levels(); ++level) {
        auto& here = levels_[level];
        const auto cells = moments.cells(level);
        // Places along each axis of cells that may be told to a cell of this rank.
        std::array<std::vector<int>, Dim> places;
        Box<Dim> visited;
        for (int axis = 0; axis < Dim; ++axis) {
            for (int from = 0; from < cells.size[axis]; ++from) {
                bool is_told = false;
                for (int at = here.cells.begin[axis]; at < here.cells.end[axis] && !is_told; ++at) is_told = are_parents_near(level, axis, from, at);
                if (is_told) places[axis].push_back(from);
            }
            visited.end[axis] = static_cast<int>(places[axis].size());
        }
        for (std::int64_t i = 0; i < visited.count(); ++i) {
            auto cell = visited.index(i);
            for (int axis = 0; axis < Dim; ++axis) cell[axis] = places[axis][cell[axis]];
            if (moments.norm(level, cells.id(cell)) > 0.0) taken_in += add_moments(level, cell, moments);
        }
        for (std::int64_t cell = 0; cell < here.cells.count(); ++cell) pass_on_if_large(level, here.cells.index(cell));
    }
    return taken_in;
}

/// Largest distance along an axis, over all boxes of a partition, to the cells of a level that are something to a cell of the box.
/// @param is_something  is_something(axis, own cell, other cell)
template <int Dim>
template <class IsSomething>
int FarField<Dim>::radius_of(const Partition<Dim>& partition, int level, IsSomething&& is_something) const noexcept
{
    const int edge = leaf_edge << level;
    int radius = 1;
    for (int axis = 0; axis < Dim; ++axis) {
        const int size = grid_.size[axis];
        for (int begin = 0; const int width : partition.widths(axis)) {
            for (int cell = 0; cell * edge < size; ++cell) {
                bool matters = false;
                for (int own = begin / edge; own * edge < begin + width && !matters; ++own) matters = is_something(axis, own, cell);
                if (!matters) continue;
                for (int voxel = cell * edge; voxel < std::min((cell + 1) * edge, size); ++voxel)
                    radius = std::max(radius, distance_to_run(voxel, begin, width, size));
            }
            begin += width;
        }
    }
    return radius;
}

/// Sources that matter to a box below a level lie in cells of that level that are near to those of the box.
template <int Dim>
int FarField<Dim>::radius_below(const Partition<Dim>& partition, int level) const noexcept
{
    if (level == levels()) return std::max(1, *std::max_element(grid_.size.begin(), grid_.size.end()) / 2);
    return radius_of(partition, level,
                     [&](int axis, int own, int other) { return are_near_cells(own, other, leaf_edge << level, grid_.size[axis]); });
}

template <int Dim>
int FarField<Dim>::radius_of_moments(const Partition<Dim>& partition, int begin, int end) const noexcept
{
    int radius = 1;
    for (int level = begin; level < end; ++level)
        radius =
            std::max(radius, radius_of(partition, level, [&](int axis, int own, int other) { return are_parents_near(level, axis, own, other); }));
    return radius;
}

template <int Dim>
int FarField<Dim>::first_larger_level(const Partition<Dim>& partition) const noexcept
{
    int level = 0;
    const auto is_larger = [&](int axis) {
        const auto widths = partition.widths(axis);
        return widths.size() > 1 && leaf_edge << level > *std::min_element(widths.begin(), widths.end());
    };
    for (; level < levels(); ++level)
        for (int axis = 0; axis < Dim; ++axis)
            if (is_larger(axis)) return level;
    return level;
}

/// Takes in the moments of one cell: strains at its nodes, which stand for all events in it.
template <int Dim>
std::int64_t FarField<Dim>::add_moments(int level, const Index<Dim>& cell, const FarMoments<Dim>& moments)
{
    const auto& here = levels_[level];
    const int edge = leaf_edge << level;
    const auto source_cell = moments.cells(level).id(cell);
    std::vector<Deposit> targets;
    for (std::int64_t i = 0; i < here.cells.count(); ++i) {
        const auto target = here.cells.index(i);
        Deposit deposit{level, {}, 0};
        bool is_near = true;
        bool is_above_near = true;
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            const double apart = distance_of_runs(cell[axis] * edge, target[axis] * edge, edge, grid_.size[axis]);
            is_near = is_near && are_near_cells(cell[axis], target[axis], edge, grid_.size[axis]);
            is_above_near = is_above_near && are_parents_near(level, axis, cell[axis], target[axis]);
            squared += apart * apart;
            deposit.column[axis] = static_cast<std::int16_t>(target[axis] - here.cells.begin[axis]);
        }
        deposit.distance = static_cast<int>(std::sqrt(squared));
        if (!is_near && is_above_near) targets.push_back(deposit);
    }
    if (targets.empty()) return 0;
    const auto& from = moments.interpolation(level).nodes();
    for (int node = 0; node < FarMoments<Dim>::nodes; ++node) {
        for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= FarMoments<Dim>::order) {
            // A node of a last cell that is cut short may lie beyond the end of the axis, which is the beginning.
            source_[axis] = (cell[axis] * edge + from[rest % FarMoments<Dim>::order]) % grid_.size[axis];
            auto& columns = columns_[level][axis];
            columns.clear();
            for (int at = here.cells.begin[axis]; at < here.cells.end[axis]; ++at) columns.push_back(column(level, axis, at));
        }
        const auto strain = moments.strain(level, source_cell, node);
        for (const auto& target : targets) add_values(target, strain.data());
    }
    const double norm = moments.norm(level, source_cell);
    for (const auto& target : targets) account(target, norm, norm * remainder_of_moment(level, target.distance));
    return static_cast<std::int64_t>(targets.size()) * FarMoments<Dim>::nodes;
}

template int FarField<2>::radius_below(const Partition<2>&, int) const noexcept;
template int FarField<3>::radius_below(const Partition<3>&, int) const noexcept;
template int FarField<2>::radius_of_moments(const Partition<2>&, int, int) const noexcept;
template int FarField<3>::radius_of_moments(const Partition<3>&, int, int) const noexcept;
template int FarField<2>::first_larger_level(const Partition<2>&) const noexcept;
template int FarField<3>::first_larger_level(const Partition<3>&) const noexcept;
template std::int64_t FarField<2>::add_moments(const FarMoments<2>& moments);
template std::int64_t FarField<3>::add_moments(const FarMoments<3>& moments);

}  // namespace shearwater
