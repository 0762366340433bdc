#include <shearwater/elasticity/fmm/multipole_expansions.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace shearwater {

template <int Dim>
MultipoleExpansions<Dim>::MultipoleExpansions(const Grid<Dim>& grid, int leaf_edge, int first_level, int first_reduced, int levels)
    : grid_(grid), first_level_(first_level), first_reduced_(std::max(first_level, first_reduced))
{
    std::size_t size = 0;
    for (int level = first_level; level < levels; ++level) {
        const int edge = leaf_edge << level;
        const auto cells = grid.cells(edge);
        levels_.push_back({MultipoleInterpolation(edge), cells, size, {}});
        if (level >= first_reduced_) size += static_cast<std::size_t>(cells.count());
    }
    reduced_.resize(size);
}

template <int Dim>
void MultipoleExpansions<Dim>::clear()
{
    for (auto& level : levels_) level.contributions.clear();
    std::fill(reduced_.begin(), reduced_.end(), Sums{});
}

template <int Dim>
std::int64_t MultipoleExpansions<Dim>::cell_of(const Level& level, const Index<Dim>& voxel) const noexcept
{
    auto cell = voxel;
    for (int& index : cell) index /= level.interpolation.edge();
    return level.cells.id(cell);
}

template <int Dim>
void MultipoleExpansions<Dim>::add(const Index<Dim>& at, const double* strain)
{
    double squared = 0.0;
    for (int a = 0; a < n; ++a) squared += strain[a] * strain[a];
    for (int number = first_level_; auto& level : levels_) {
        std::array<std::array<double, order>, Dim> weights{};
        for (int axis = 0; axis < Dim; ++axis)
            for (int k = 0; k < order; ++k) weights[axis][k] = level.interpolation.weight(k, at[axis] % level.interpolation.edge());
        const auto cell = cell_of(level, at);
        Sums* sums = nullptr;
        if (number >= first_reduced_) {
            sums = &reduced_[level.first + static_cast<std::size_t>(cell)];
        } else {
            auto& contribution = level.contributions[cell];
            contribution.level = number;
            contribution.voxel = grid_.id(at);
            sums = &contribution.sums;
        }
        for (int node = 0; node < nodes; ++node) {
            double weight = per_unit;
            for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order) weight *= weights[axis][rest % order];
            for (int a = 0; a < n; ++a) sums->strain[node][a] += std::llround(weight * strain[a]);
        }
        sums->norm += static_cast<std::int64_t>(std::ceil(std::sqrt(squared) * per_unit));
        ++number;
    }
}

template <int Dim>
void MultipoleExpansions<Dim>::exchange(int rank, HaloExchange<Dim>& halo)
{
    std::vector<Contribution> mine;
    for (auto& level : levels_)
        for (auto& [cell, contribution] : level.contributions) {
            contribution.rank = rank;
            mine.push_back(contribution);
        }
    const auto at = [this](const Contribution& contribution) { return grid_.index(contribution.voxel); };
    const auto less = [](const Contribution& a, const Contribution& b) {
        return std::tie(a.level, a.rank, a.voxel) < std::tie(b.level, b.rank, b.voxel);
    };
    for (const Contribution& contribution : halo.template spread<Contribution>(mine, at, less)) {
        auto& level = levels_[contribution.level - first_level_];
        auto& sums = level.contributions[cell_of(level, at(contribution))].sums;
        for (int node = 0; node < nodes; ++node)
            for (int a = 0; a < n; ++a) sums.strain[node][a] += contribution.sums.strain[node][a];
        sums.norm += contribution.sums.norm;
    }
}

template <int Dim>
const typename MultipoleExpansions<Dim>::Sums& MultipoleExpansions<Dim>::sums(int level, std::int64_t cell) const noexcept
{
    static constexpr Sums nothing{};
    const auto& here = levels_[level - first_level_];
    if (level >= first_reduced_) return reduced_[here.first + static_cast<std::size_t>(cell)];
    const auto found = here.contributions.find(cell);
    return found == here.contributions.end() ? nothing : found->second.sums;
}

template <int Dim>
double MultipoleExpansions<Dim>::norm(int level, std::int64_t cell) const noexcept
{
    return static_cast<double>(sums(level, cell).norm) / per_unit;
}

template <int Dim>
Deviator<Dim> MultipoleExpansions<Dim>::strain(int level, std::int64_t cell, int node) const noexcept
{
    const auto& sum = sums(level, cell).strain[node];
    Deviator<Dim> strain{};
    for (int a = 0; a < n; ++a) strain[a] = static_cast<double>(sum[a]) / per_unit;
    return strain;
}

template class MultipoleExpansions<2>;
template class MultipoleExpansions<3>;

}  // namespace shearwater
