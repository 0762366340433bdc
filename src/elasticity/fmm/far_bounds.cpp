#include <shearwater/elasticity/fmm/far_bounds.hpp>

#include <algorithm>
#include <array>
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

/// Whether a leaf can be far from an event along an axis.
template <int Dim>
bool is_long(int size) noexcept
{
    return size >= 3 * CellTree<Dim>::leaf_edge;
}

/// The matrix h at one distance, column by column: [eigenstrain][stress].
template <int Dim>
void read_kernel(const KernelTable<Dim>& kernel, const Index<Dim>& at, double* h) noexcept
{
    constexpr int n = deviator_size<Dim>;
    for (int b = 0; b < n; ++b) {
        std::array<double, n> unit{};
        unit[b] = 1.0;
        kernel.add_one(at, unit.data(), h + b * n);
    }
}

/// The kernel around its source, from which differences along the axes are taken at the distances at which the leaves begin to be far.
template <int Dim>
class KernelSample {
  public:
    /// @param differences  order of the differences
    KernelSample(const KernelTable<Dim>& kernel, int differences) : grid_(kernel.grid()), differences_(differences)
    {
        for (int axis = 0; axis < Dim; ++axis) {
            const int extent = std::min(farthest, grid_.size[axis] / 2);
            starts_.begin[axis] = values_.begin[axis] = -extent;
            starts_.end[axis] = extent + 1;
            values_.end[axis] = starts_.end[axis] + differences;
        }
        h_.resize(static_cast<std::size_t>(values_.count()) * matrix);
        for (std::int64_t i = 0; i < values_.count(); ++i) {
            auto at = values_.index(i);
            for (int axis = 0; axis < Dim; ++axis) at[axis] = (at[axis] % grid_.size[axis] + grid_.size[axis]) % grid_.size[axis];
            read_kernel<Dim>(kernel, at, h_.data() + i * matrix);
        }
        binomial_.assign(static_cast<std::size_t>(differences) + 1, 1.0);
        for (int k = 1; k <= differences; ++k) binomial_[k] = -binomial_[k - 1] * (differences - k + 1) / k;
    }

    /// The largest r^`power` |Δ^q h| [GPa], r the distance from the source to the nearest point that a difference takes.
    [[nodiscard]] double largest_difference(int power) const noexcept
    {
        double largest = 0.0;
        for (std::int64_t i = 0; i < starts_.count(); ++i) {
            const auto at = starts_.index(i);
            for (int axis = 0; axis < Dim; ++axis) {
                int nearest = 0;  // largest of the distances along the axes
                double squared_distance = 0.0;
                for (int other = 0; other < Dim; ++other) {
                    const int along = distance_to_run(0, at[other], other == axis ? differences_ + 1 : 1, grid_.size[other]);
                    nearest = std::max(nearest, along);
                    squared_distance += static_cast<double>(along) * along;
                }
                if (nearest < CellTree<Dim>::leaf_edge || nearest > farthest) continue;
                largest = std::max(largest, norm_of_difference(at, axis) * std::pow(squared_distance, 0.5 * power));
            }
        }
        return largest;
    }

  private:
    static constexpr int matrix = deviator_size<Dim> * deviator_size<Dim>;
    static constexpr int farthest = CellTree<Dim>::leaf_edge + CellTree<Dim>::leaf_edge / 4;

    /// The norm of the difference that begins at a distance and runs along an axis.
    [[nodiscard]] double norm_of_difference(const Index<Dim>& at, int axis) const noexcept
    {
        auto next = at;
        ++next[axis];
        const double* from = h_.data() + values_.local(at) * matrix;
        const std::int64_t step = (values_.local(next) - values_.local(at)) * matrix;
        double squared = 0.0;
        for (int component = 0; component < matrix; ++component) {
            double difference = 0.0;
            for (int k = 0; k <= differences_; ++k) difference += binomial_[k] * from[k * step + component];
            squared += difference * difference;
        }
        return std::sqrt(squared);
    }

    Grid<Dim> grid_;
    int differences_;
    Box<Dim> starts_;               ///< where differences begin
    Box<Dim> values_;               ///< all points that differences take
    std::vector<double> h_;         ///< [point][eigenstrain][stress]
    std::vector<double> binomial_;  ///< coefficients of the difference, with signs
};

}  // namespace

template <int Dim>
FarBounds<Dim>::FarBounds(const KernelTable<Dim>& kernel, Separation separation) : grid_(kernel.grid())
{
    measure_reach(kernel);
    for (const int size : grid_.size) long_axes_ += is_long<Dim>(size) ? 1 : 0;
    if (long_axes_ == 0) return;
    local_ = remainders<LocalInterpolation::order>(kernel);
    for (int level = 0; level < CellTree<Dim>::levels_of(grid_); ++level)
        amplification_.push_back(lebesgue_of_cell<Dim>(LocalInterpolation(CellTree<Dim>::edge(level))));
    if (separation == Separation::CellToCell) source_ = remainders<MultipoleInterpolation::order>(kernel);
    // The remainder is 0.5 % of the kernel in 2D and 2 % in 3D. That of the spectral discretization's kernel is larger than the kernel itself.
    constexpr double acceptable = 0.05;
    are_useful_ = local_.front().front() < acceptable * reach_[CellTree<Dim>::leaf_edge];
}

template <int Dim>
void FarBounds<Dim>::measure_reach(const KernelTable<Dim>& kernel)
{
    reach_.assign(static_cast<std::size_t>(farthest_distance(grid_)) + 1, 0.0);
    Box<Dim> orthant;
    for (int axis = 0; axis < Dim; ++axis) orthant.end[axis] = grid_.size[axis] / 2 + 1;
    for (std::int64_t i = 0; i < orthant.count(); ++i) {
        const auto at = orthant.index(i);
        double squared_distance = 0.0;
        for (const int along : at) squared_distance += static_cast<double>(along) * along;
        std::array<double, deviator_size<Dim> * deviator_size<Dim>> h{};
        read_kernel<Dim>(kernel, at, h.data());
        double squared = 0.0;
        for (const double value : h) squared += value * value;
        double& largest = reach_[static_cast<std::size_t>(std::sqrt(squared_distance))];
        largest = std::max(largest, std::sqrt(squared));
    }
    for (std::size_t d = reach_.size() - 1; d > 0; --d) reach_[d - 1] = std::max(reach_[d - 1], reach_[d]);
}

/// The remainders of interpolation on all levels.
template <int Dim>
template <int Order>
typename FarBounds<Dim>::Remainders FarBounds<Dim>::remainders(const KernelTable<Dim>& kernel) const
{
    // The margin is for h not being a power of the distance; errors are 0.13 of the bound in tests.
    constexpr double margin = 1.1;
    // Near the source differences are far above rounding, and h decays no slower from there on.
    const double constant = margin * KernelSample<Dim>(kernel, Order).largest_difference(long_axes_ + Order);
    Remainders remainders;
    for (int level = 0; level < CellTree<Dim>::levels_of(grid_); ++level)
        remainders.push_back(this->remainders(Interpolation<Order>(CellTree<Dim>::edge(level)), constant));
    return remainders;
}

/// The remainders of one interpolation at all distances from its edge on. @param constant  largest r^(D+q) |Δ^q h| [GPa]
template <int Dim>
template <int Order>
std::vector<double> FarBounds<Dim>::remainders(const Interpolation<Order>& interpolation, double constant) const
{
    constexpr double single_precision = 6e-8;        // of the table in which the kernel is looked up at nodes
    int shortest = std::numeric_limits<int>::max();  // of the long axes
    for (const int size : grid_.size)
        if (is_long<Dim>(size)) shortest = std::min(shortest, size);
    double axes = 0.0;
    for (int axis = 0; axis < Dim; ++axis) axes += std::pow(interpolation.lebesgue(), axis);
    std::vector<double> bounds;
    for (int d = interpolation.edge(); d <= farthest_distance(grid_); ++d) {
        // The nearest images on both sides of every axis count as well.
        const double exponent = -(long_axes_ + Order);
        const double image = d < shortest ? std::max(shortest - d, d) : d;
        const double decay = std::pow(d, exponent) + 4.0 * long_axes_ * std::pow(image, exponent);
        const double rounding = single_precision * std::pow(interpolation.lebesgue(), Dim) * reach(d);
        bounds.push_back(interpolation.error_factor() * axes * constant * decay + rounding);
    }
    return bounds;
}

template class FarBounds<2>;
template class FarBounds<3>;

}  // namespace shearwater
