#include <shearwater/elasticity/fmm/far_moments.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace shearwater {

template <int Dim>
FarMoments<Dim>::FarMoments(const Grid<Dim>& grid, int leaf_edge, int first_level, int first_reduced, int levels)
    : grid_(grid), first_level_(first_level), first_reduced_(std::max(first_level, first_reduced))
{
    std::size_t size = 0;
    for (int level = first_level; level < levels; ++level) {
        const int edge = leaf_edge << level;
        const auto cells = grid.cells(edge);
        levels_.push_back({MomentInterpolation(edge), cells, size, {}});
        if (level >= first_reduced_) size += static_cast<std::size_t>(cells.count()) * words;
    }
    reduced_.resize(size);
}

template <int Dim>
void FarMoments<Dim>::clear()
{
    for (auto& level : levels_) level.parts.clear();
    std::fill(reduced_.begin(), reduced_.end(), 0);
}

template <int Dim>
std::int64_t FarMoments<Dim>::cell_of(const Level& level, const Index<Dim>& voxel) const noexcept
{
    auto cell = voxel;
    for (int& index : cell) index /= level.interpolation.edge();
    return level.cells.id(cell);
}

template <int Dim>
void FarMoments<Dim>::add(const Index<Dim>& at, const double* strain)
{
    double squared = 0.0;
    for (int a = 0; a < n; ++a) squared += strain[a] * strain[a];
    for (int number = first_level_; auto& level : levels_) {
        std::array<std::array<double, order>, Dim> weights{};
        for (int axis = 0; axis < Dim; ++axis)
            for (int k = 0; k < order; ++k) weights[axis][k] = level.interpolation.weight(k, at[axis] % level.interpolation.edge());
        const auto cell = cell_of(level, at);
        std::int64_t* word = nullptr;
        if (number >= first_reduced_) {
            word = reduced_.data() + level.first + static_cast<std::size_t>(cell) * words;
        } else {
            auto& part = level.parts[cell];
            part.level = number;
            part.voxel = grid_.id(at);
            word = part.sums.data();
        }
        for (int node = 0; node < nodes; ++node) {
            double weight = per_unit;
            for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order) weight *= weights[axis][rest % order];
            for (int a = 0; a < n; ++a) *word++ += std::llround(weight * strain[a]);
        }
        *word += static_cast<std::int64_t>(std::ceil(std::sqrt(squared) * per_unit));
        ++number;
    }
}

template <int Dim>
void FarMoments<Dim>::hear(int rank, HaloExchange<Dim>& neighbours)
{
    std::vector<Part> mine;
    for (auto& level : levels_)
        for (auto& [cell, part] : level.parts) {
            part.rank = rank;
            mine.push_back(part);
        }
    const auto at = [this](const Part& part) { return grid_.index(part.voxel); };
    const auto less = [](const Part& a, const Part& b) { return std::tie(a.level, a.rank, a.voxel) < std::tie(b.level, b.rank, b.voxel); };
    for (const Part& part : neighbours.template spread<Part>(mine, at, less)) {
        auto& level = levels_[part.level - first_level_];
        auto& sums = level.parts[cell_of(level, at(part))].sums;
        for (std::size_t w = 0; w < sums.size(); ++w) sums[w] += part.sums[w];
    }
}

template <int Dim>
const std::int64_t* FarMoments<Dim>::sums(int level, std::int64_t cell) const noexcept
{
    static constexpr Sums nothing{};
    const auto& here = levels_[level - first_level_];
    if (level >= first_reduced_) return reduced_.data() + here.first + static_cast<std::size_t>(cell) * words;
    const auto found = here.parts.find(cell);
    return found == here.parts.end() ? nothing.data() : found->second.sums.data();
}

template <int Dim>
double FarMoments<Dim>::norm(int level, std::int64_t cell) const noexcept
{
    return static_cast<double>(sums(level, cell)[words - 1]) / per_unit;
}

template <int Dim>
Deviator<Dim> FarMoments<Dim>::strain(int level, std::int64_t cell, int node) const noexcept
{
    Deviator<Dim> strain{};
    const std::int64_t* word = sums(level, cell) + static_cast<std::ptrdiff_t>(node) * n;
    for (int a = 0; a < n; ++a) strain[a] = static_cast<double>(word[a]) / per_unit;
    return strain;
}

template class FarMoments<2>;
template class FarMoments<3>;

}  // namespace shearwater
