#include <shearwater/elasticity/far_moments.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

template <int Dim>
FarMoments<Dim>::FarMoments(const Grid<Dim>& grid, int leaf_edge, int first_level, int levels) : first_level_(first_level)
{
    std::size_t size = 0;
    for (int level = first_level; level < levels; ++level) {
        const int edge = leaf_edge << level;
        const auto cells = grid.cells(edge);
        levels_.push_back({MomentInterpolation(edge), cells, size});
        size += static_cast<std::size_t>(cells.count()) * words;
    }
    sums_.resize(size);
}

template <int Dim>
void FarMoments<Dim>::clear()
{
    std::fill(sums_.begin(), sums_.end(), 0);
}

template <int Dim>
void FarMoments<Dim>::add(const Index<Dim>& at, const double* strain)
{
    double squared = 0.0;
    for (int a = 0; a < n; ++a) squared += strain[a] * strain[a];
    for (auto& level : levels_) {
        Index<Dim> cell{};
        std::array<std::array<double, order>, Dim> weights{};
        for (int axis = 0; axis < Dim; ++axis) {
            cell[axis] = at[axis] / level.interpolation.edge();
            for (int k = 0; k < order; ++k) weights[axis][k] = level.interpolation.weight(k, at[axis] - cell[axis] * level.interpolation.edge());
        }
        std::int64_t* word = sums_.data() + level.first + static_cast<std::size_t>(level.cells.id(cell)) * words;
        for (int node = 0; node < nodes; ++node) {
            double weight = per_unit;
            for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order) weight *= weights[axis][rest % order];
            for (int a = 0; a < n; ++a) *word++ += std::llround(weight * strain[a]);
        }
        *word += static_cast<std::int64_t>(std::ceil(std::sqrt(squared) * per_unit));
    }
}

template <int Dim>
void FarMoments<Dim>::reduce(const Communicator& comm, Traffic& traffic)
{
    add_up(comm, sums_, traffic);
}

template <int Dim>
double FarMoments<Dim>::norm(int level, std::int64_t cell) const noexcept
{
    return static_cast<double>(sums_[place(level, cell) + words - 1]) / per_unit;
}

template <int Dim>
Deviator<Dim> FarMoments<Dim>::strain(int level, std::int64_t cell, int node) const noexcept
{
    Deviator<Dim> strain{};
    const std::int64_t* word = sums_.data() + place(level, cell) + static_cast<std::size_t>(node) * n;
    for (int a = 0; a < n; ++a) strain[a] = static_cast<double>(word[a]) / per_unit;
    return strain;
}

template class FarMoments<2>;
template class FarMoments<3>;

}  // namespace shearwater
