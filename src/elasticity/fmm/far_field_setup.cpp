/// What a far field is set up with: its tree, and the bounds of what it leaves out.

#include <shearwater/elasticity/fmm/far_field.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace shearwater {

namespace {

/// Largest distance in a periodic cell, rounded up.
template <int Dim>
int farthest_distance(const Grid<Dim>& grid) noexcept
{
    double squared = 0.0;
    for (const int size : grid.size) squared += 0.25 * size * size;
    return static_cast<int>(std::sqrt(squared)) + 1;
}

}  // namespace

template <int Dim>
FarField<Dim>::FarField(const Communicator& node, const KernelTable<Dim>& kernel, const Box<Dim>& box, double threshold, FarFrom from)
    : kernel_(kernel), grid_(kernel.grid()), from_(from)
{
    for (const int size : grid_.size) long_axes_ += size >= 3 * leaf_edge ? 1 : 0;
    make_levels(box, threshold);
    find_reach();
    if (long_axes_ > 0) {
        find_remainders();
        // It is 0.5 % in 2D and 2 % in 3D. The truncated kernel of the spectral discretization oscillates from voxel to voxel, so that its remainder
        // is larger than itself: then nothing is far, and everything exact.
        constexpr double acceptable = 0.05;
        is_useful_ = levels_.front().remainder.front() < acceptable * reach_[leaf_edge];
    }
    if (is_useful_)
        far_kernel_.emplace(node, kernel);
    else
        make_levels(box, 0.0);
    const auto leaves_here = static_cast<std::size_t>(leaves().count());
    settled_.resize(leaves_here);
    moved_.resize(leaves_here);
    columns_.resize(levels_.size());
}

/// Lays out the tree: levels as long as something can be far from their cells, or, without a threshold, only leaves.
template <int Dim>
void FarField<Dim>::make_levels(const Box<Dim>& box, double threshold)
{
    levels_.clear();
    reserve_ = 0.0;
    const int longest = *std::max_element(grid_.size.begin(), grid_.size.end());
    for (int level = 0; level == 0 || (threshold > 0.0 && 3 * (leaf_edge << level) <= longest); ++level) {
        const int edge = leaf_edge << level;
        Box<Dim> cells;
        for (int axis = 0; axis < Dim; ++axis) {
            cells.begin[axis] = box.begin[axis] / edge;
            cells.end[axis] = (box.end[axis] + edge - 1) / edge;
        }
        levels_.push_back({FieldInterpolation(edge), cells, std::vector<Cell>(cells.count()), {}, std::ldexp(threshold, -level), {}, {}, {}});
        reserve_ += levels_.back().threshold;
        for (int k = 0; k < order; ++k)
            for (int x = 0; x < edge; ++x) levels_.back().weights.push_back(levels_.back().interpolation.weight(k, x));
    }
    for (std::size_t level = 1; level < levels_.size(); ++level) {
        auto& here = levels_[level];
        const auto& below = levels_[level - 1].interpolation;
        for (int half = 0; half < 2; ++half)
            for (int i = 0; i < order; ++i)
                for (int k = 0; k < order; ++k) here.part[half][i * order + k] = here.interpolation.weight(k, below.nodes()[i] + half * below.edge());
    }
}

/// Bounds the error that an event of unit strain makes in the cells of each level, at each distance.
template <int Dim>
void FarField<Dim>::find_remainders()
{
    int shortest = std::numeric_limits<int>::max();
    for (const int size : grid_.size)
        if (size >= 3 * leaf_edge) shortest = std::min(shortest, size);
    const double constant = difference_constant(order);
    for (auto& level : levels_) level.remainder = remainders(level.interpolation, constant, shortest);
    if (from_ == FarFrom::Voxel) return;
    const double constant_of_moments = difference_constant(MomentInterpolation::order);
    for (auto& level : levels_) level.moment_remainder = remainders(MomentInterpolation(level.interpolation.edge()), constant_of_moments, shortest);
}

/// Those of one interpolation, from its edge on. @param shortest  of the long axes
template <int Dim>
template <class Along>
std::vector<double> FarField<Dim>::remainders(const Along& interpolation, double constant, int shortest) const
{
    constexpr double single_precision = 6e-8;  // of the table that nodes are looked up in
    double axes = 0.0;
    for (int axis = 0; axis < Dim; ++axis) axes += std::pow(interpolation.lebesgue(), axis);
    std::vector<double> bounds;
    for (int d = interpolation.edge(); d <= farthest_distance(grid_); ++d) {
        // The nearest images on both sides of every axis count as well.
        const double exponent = -(long_axes_ + Along::order);
        const double image = d < shortest ? std::max(shortest - d, d) : d;
        const double decay = std::pow(d, exponent) + 4.0 * long_axes_ * std::pow(image, exponent);
        const double rounding = single_precision * std::pow(interpolation.lebesgue(), Dim) * reach_[static_cast<std::size_t>(d)];
        bounds.push_back(interpolation.error_factor() * axes * constant * decay + rounding);
    }
    return bounds;
}

/// The largest r^(D+q) |Δ^q h|, q = `differences`, over the distances at which the leaves begin, where differences are far above rounding [GPa]; h decays no
/// slower from there on.
template <int Dim>
double FarField<Dim>::difference_constant(int differences) const
{
    // For h deviating from its power of the distance; errors come to 0.13 of the bound in tests.
    constexpr double margin = 1.1;
    std::vector<double> binomial(static_cast<std::size_t>(differences) + 1, 1.0);
    for (int k = 1; k <= differences; ++k) binomial[k] = -binomial[k - 1] * (differences - k + 1) / k;
    constexpr int reach = leaf_edge + leaf_edge / 4;
    Box<Dim> sample;
    Box<Dim> table;  // of all values that the differences take
    for (int axis = 0; axis < Dim; ++axis) {
        const int extent = std::min(reach, grid_.size[axis] / 2);
        sample.begin[axis] = table.begin[axis] = -extent;
        sample.end[axis] = extent + 1;
        table.end[axis] = sample.end[axis] + differences;
    }
    constexpr int matrix = n * n;
    std::vector<double> h(static_cast<std::size_t>(table.count()) * matrix);
    for (std::int64_t i = 0; i < table.count(); ++i) {
        auto at = table.index(i);
        for (int axis = 0; axis < Dim; ++axis) at[axis] = (at[axis] % grid_.size[axis] + grid_.size[axis]) % grid_.size[axis];
        for (int b = 0; b < n; ++b) {
            std::array<double, n> unit{};
            unit[b] = 1.0;
            kernel_.add_one(at, unit.data(), h.data() + i * matrix + b * n);
        }
    }
    double largest = 0.0;
    for (std::int64_t i = 0; i < sample.count(); ++i) {
        const auto at = sample.index(i);
        for (int axis = 0; axis < Dim; ++axis) {
            int nearest = 0;  // of the points that the difference takes, along the axes
            double squared_distance = 0.0;
            for (int other = 0; other < Dim; ++other) {
                const int along = distance_to_run(0, at[other], other == axis ? differences + 1 : 1, grid_.size[other]);
                nearest = std::max(nearest, along);
                squared_distance += static_cast<double>(along) * along;
            }
            if (nearest < leaf_edge || nearest > reach) continue;
            auto next = at;
            ++next[axis];
            const double* from = h.data() + table.local(at) * matrix;
            const std::int64_t step = (table.local(next) - table.local(at)) * matrix;
            double squared = 0.0;
            for (int component = 0; component < matrix; ++component) {
                double difference = 0.0;
                for (int k = 0; k <= differences; ++k) difference += binomial[k] * from[k * step + component];
                squared += difference * difference;
            }
            largest = std::max(largest, std::sqrt(squared) * std::pow(squared_distance, 0.5 * (long_axes_ + differences)));
        }
    }
    return margin * largest;
}

/// The largest norm of h at distances from each one on.
template <int Dim>
void FarField<Dim>::find_reach()
{
    reach_.assign(static_cast<std::size_t>(farthest_distance(grid_)) + 1, 0.0);
    Box<Dim> orthant;
    for (int axis = 0; axis < Dim; ++axis) orthant.end[axis] = grid_.size[axis] / 2 + 1;
    for (std::int64_t i = 0; i < orthant.count(); ++i) {
        const auto at = orthant.index(i);
        double squared_distance = 0.0;
        for (const int along : at) squared_distance += static_cast<double>(along) * along;
        double squared = 0.0;
        for (int b = 0; b < n; ++b) {
            std::array<double, n> unit{};
            std::array<double, n> stress{};
            unit[b] = 1.0;
            kernel_.add_one(at, unit.data(), stress.data());
            for (const double value : stress) squared += value * value;
        }
        double& largest = reach_[static_cast<std::size_t>(std::sqrt(squared_distance))];
        largest = std::max(largest, std::sqrt(squared));
    }
    for (std::size_t d = reach_.size() - 1; d > 0; --d) reach_[d - 1] = std::max(reach_[d - 1], reach_[d]);
}

template FarField<2>::FarField(const Communicator&, const KernelTable<2>&, const Box<2>&, double, FarFrom);
template FarField<3>::FarField(const Communicator&, const KernelTable<3>&, const Box<3>&, double, FarFrom);

}  // namespace shearwater
