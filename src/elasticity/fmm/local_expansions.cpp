#include <shearwater/elasticity/fmm/local_expansions.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/core/clones.hpp>

namespace shearwater {

namespace {

SHEARWATER_CLONES void add_stress_2d(const LocalExpansions<2>& expansions, int leaf, const Index<2>& first, Lanes* stress)
{
    expansions.add_stress_inline(leaf, first, stress);
}

SHEARWATER_CLONES void add_stress_3d(const LocalExpansions<3>& expansions, int leaf, const Index<3>& first, Lanes* stress)
{
    expansions.add_stress_inline(leaf, first, stress);
}

}  // namespace

template <int Dim>
LocalExpansions<Dim>::LocalExpansions(CellTree<Dim> tree, double threshold) : tree_(std::move(tree))
{
    for (int level = 0; level < tree_.levels(); ++level) {
        const LocalInterpolation interpolation(CellTree<Dim>::edge(level));
        Level here{std::vector<Content>(tree_.cells(level).count()), std::ldexp(threshold, -level), lebesgue_of_cell<Dim>(interpolation), {}, {}};
        reserve_ += here.threshold;
        if (level > 0)
            for (int half = 0; half < 2; ++half)
                here.to_half[half] = matrix_to_half(interpolation, LocalInterpolation(CellTree<Dim>::edge(level - 1)), half);
        for (int k = 0; k < order; ++k)
            for (int x = 0; x < interpolation.edge(); ++x) here.weights.push_back(interpolation.weight(k, x));
        levels_.push_back(std::move(here));
    }
    settled_.resize(static_cast<std::size_t>(tree_.leaves().count()));
    moved_.resize(settled_.size());
}

template <int Dim>
void LocalExpansions<Dim>::count(int level, const Index<Dim>& cell, double norm, double remainder) noexcept
{
    auto& target = content(level, cell);
    target.remainder += remainder;
    target.bound += norm + 2.0 * remainder;
}

/// The largest norm that an expansion can have in its cell: that of its mean over the nodes, and Λ^Dim times the largest difference of a node from it.
template <int Dim>
double LocalExpansions<Dim>::largest(int level, const LocalExpansion<Dim>& expansion) const noexcept
{
    const auto [mean, deviation] = squared_norms(expansion);
    return std::sqrt(mean) + levels_[level].amplification * std::sqrt(deviation);
}

template <int Dim>
void LocalExpansions<Dim>::pass_down_if_large(int level, const Index<Dim>& cell)
{
    const double threshold = levels_[level].threshold;
    auto& here = content(level, cell);
    if (here.bound <= threshold) return;
    here.bound = largest(level, here.expansion) + here.remainder;
    // Written so that NaN is passed down, to the voxels where it is noticed.
    if (!(here.bound <= threshold)) pass_down(level, cell);
}

/// Translates the expansion of a cell to its parts, or settles that of a leaf.
template <int Dim>
void LocalExpansions<Dim>::pass_down(int level, const Index<Dim>& cell)
{
    if (level == 0) return settle(cell);
    auto& here = content(level, cell);
    tree_.for_each_part(level, cell, [&](const Index<Dim>& part, int halves) {
        auto& below = content(level - 1, part);
        std::array<const NodeMatrix*, Dim> matrices{};
        for (int axis = 0; axis < Dim; ++axis) matrices[axis] = &levels_[level].to_half[halves >> axis & 1];
        add_to_part(matrices, here.expansion, below.expansion);
        below.remainder += here.remainder;
        below.bound += here.bound;
        pass_down_if_large(level - 1, part);
    });
    here = Content{};
}

template <int Dim>
void LocalExpansions<Dim>::settle(const Index<Dim>& cell)
{
    const auto leaf = tree_.leaves().local(cell);
    auto& here = content(0, cell);
    auto& settled = settled_[leaf];
    moved_[leaf] += here.bound;
    for (std::size_t i = 0; i < here.expansion.size(); ++i) settled.expansion[i] += here.expansion[i];
    settled.remainder += here.remainder;
    grown_.push_back(static_cast<int>(leaf));
    here = Content{};
}

template <int Dim>
double LocalExpansions<Dim>::remainder(int leaf) const noexcept
{
    double sum = settled_[leaf].remainder;
    auto cell = tree_.leaves().index(leaf);
    for (int level = 0; level < tree_.levels(); ++level) {
        sum += levels_[level].content[tree_.cells(level).local(cell)].remainder;
        for (int& index : cell) index /= 2;
    }
    return sum;
}

template <>
void LocalExpansions<2>::add_stress(int leaf, const Index<2>& first, Lanes* stress) const noexcept
{
    add_stress_2d(*this, leaf, first, stress);
}

template <>
void LocalExpansions<3>::add_stress(int leaf, const Index<3>& first, Lanes* stress) const noexcept
{
    add_stress_3d(*this, leaf, first, stress);
}

template <int Dim>
void LocalExpansions<Dim>::prefetch(int leaf) const noexcept
{
    // Cells of higher levels are few and stay in the cache.
    constexpr std::size_t line = 64 / sizeof(double);
    for (std::size_t i = 0; i < std::size_t{n} * nodes; i += line) {
        __builtin_prefetch(settled_[leaf].expansion.data() + i);
        __builtin_prefetch(levels_.front().content[leaf].expansion.data() + i);
    }
}

template <int Dim>
void LocalExpansions<Dim>::clear()
{
    for (auto& level : levels_) std::fill(level.content.begin(), level.content.end(), Content{});
    std::fill(settled_.begin(), settled_.end(), Content{});
    grown_.clear();
}

template class LocalExpansions<2>;
template class LocalExpansions<3>;

}  // namespace shearwater
