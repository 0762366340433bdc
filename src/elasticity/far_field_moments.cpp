/// How cells take in events as parts of other cells.

#include <shearwater/elasticity/far_field.hpp>

#include <cmath>
#include <vector>

namespace shearwater {

template <int Dim>
bool FarField<Dim>::are_parents_near(int level, const Index<Dim>& a, const Index<Dim>& b) const noexcept
{
    if (level == levels() - 1) return true;
    const int edge = leaf_edge << (level + 1);
    for (int axis = 0; axis < Dim; ++axis)
        if (distance_of_runs(a[axis] / 2 * edge, b[axis] / 2 * edge, edge, grid_.size[axis]) >= edge) return false;
    return true;
}

template <int Dim>
void FarField<Dim>::add_moments(const FarMoments<Dim>& moments)
{
    if (!is_useful_) return;
    for (int level = moments.first_level(); level < levels(); ++level) {
        const auto cells = moments.cells(level);
        for (std::int64_t cell = 0; cell < cells.count(); ++cell)
            if (moments.norm(level, cell) > 0.0) add_moments(level, cells.index(cell), moments);
        auto& here = levels_[level];
        for (std::int64_t cell = 0; cell < here.cells.count(); ++cell) pass_on_if_large(level, here.cells.index(cell));
    }
}

/// Takes in the moments of one cell: strains at its nodes, which stand for all events in it.
template <int Dim>
void FarField<Dim>::add_moments(int level, const Index<Dim>& cell, const FarMoments<Dim>& moments)
{
    const auto& here = levels_[level];
    const int edge = leaf_edge << level;
    const auto source_cell = moments.cells(level).id(cell);
    std::vector<Index<Dim>> targets;
    for (std::int64_t i = 0; i < here.cells.count(); ++i) {
        const auto target = here.cells.index(i);
        bool is_near = true;
        for (int axis = 0; axis < Dim; ++axis)
            is_near = is_near && distance_of_runs(cell[axis] * edge, target[axis] * edge, edge, grid_.size[axis]) < edge;
        if (!is_near && are_parents_near(level, cell, target)) targets.push_back(target);
    }
    if (targets.empty()) return;
    Deposit deposit{level, {}, 0};
    for (int node = 0; node < nodes; ++node) {
        for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order) {
            // A node of a last cell that is cut short may lie beyond the end of the axis, which is the beginning.
            source_[axis] = (cell[axis] * edge + here.interpolation.nodes()[rest % order]) % grid_.size[axis];
            auto& columns = columns_[level][axis];
            columns.clear();
            for (int at = here.cells.begin[axis]; at < here.cells.end[axis]; ++at) columns.push_back(column(level, axis, at));
        }
        const auto strain = moments.strain(level, source_cell, node);
        for (const auto& target : targets) {
            for (int axis = 0; axis < Dim; ++axis) deposit.column[axis] = static_cast<std::int16_t>(target[axis] - here.cells.begin[axis]);
            add_values(deposit, strain.data());
        }
    }
    // |h − I_x I_y h| ≤ |h − I_x h| + Λ^Dim |h − I_y h|.
    double amplification = 1.0;
    for (int axis = 0; axis < Dim; ++axis) amplification *= here.interpolation.lebesgue();
    const double norm = moments.norm(level, source_cell);
    for (const auto& target : targets) {
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            deposit.column[axis] = static_cast<std::int16_t>(target[axis] - here.cells.begin[axis]);
            squared += std::pow(distance_of_runs(cell[axis] * edge, target[axis] * edge, edge, grid_.size[axis]), 2);
        }
        deposit.distance = static_cast<int>(std::sqrt(squared));
        account(deposit, norm, norm * (1.0 + amplification) * remainder_of_unit(level, deposit.distance));
    }
}

template void FarField<2>::add_moments(const FarMoments<2>& moments);
template void FarField<3>::add_moments(const FarMoments<3>& moments);

}  // namespace shearwater
