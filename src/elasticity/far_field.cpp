#include <shearwater/elasticity/far_field.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <shearwater/core/clones.hpp>
#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

/// Distance from a point to the points [begin, begin + edge) of a periodic axis, which may be wrapped around; |point − begin| < size.
int distance_to_run(int point, int begin, int edge, int size) noexcept
{
    int from_begin = point - begin;
    if (from_begin < 0) from_begin += size;
    return from_begin < edge ? 0 : std::min(from_begin - edge + 1, size - from_begin);
}

constexpr int power(int base, int exponent) noexcept
{
    int product = 1;
    for (int i = 0; i < exponent; ++i) product *= base;
    return product;
}

/// Largest distance in a periodic cell, rounded up.
template <int Dim>
int farthest_distance(const Grid<Dim>& grid) noexcept
{
    double squared = 0.0;
    for (const int size : grid.size) squared += 0.25 * size * size;
    return static_cast<int>(std::sqrt(squared)) + 1;
}

/// Contracts one axis of order^Dim values with a matrix [to][from].
template <int Dim, int order>
SHEARWATER_INLINE void contract_axis(int axis, const double* matrix, const double* from, double* to) noexcept
{
    if (axis == 0) {
        double transposed[order * order];
        for (int i = 0; i < order; ++i)
            for (int k = 0; k < order; ++k) transposed[k * order + i] = matrix[i * order + k];
        for (int row = 0; row < power(order, Dim - 1); ++row) {
            double sum[order] = {};
            for (int k = 0; k < order; ++k)
                for (int i = 0; i < order; ++i) sum[i] += from[row * order + k] * transposed[k * order + i];
            for (int i = 0; i < order; ++i) to[row * order + i] = sum[i];
        }
        return;
    }
    const int stride = power(order, axis);
    for (int plane = 0; plane < power(order, Dim) / (stride * order); ++plane)
        for (int i = 0; i < order; ++i)
            for (int first = 0; first < stride; first += order) {
                double sum[order] = {};
                for (int k = 0; k < order; ++k)
                    for (int j = 0; j < order; ++j) sum[j] += matrix[i * order + k] * from[(plane * order + k) * stride + first + j];
                for (int j = 0; j < order; ++j) to[(plane * order + i) * stride + first + j] = sum[j];
            }
}

/// Adds to `to` the polynomial `from` at the nodes of a part. @param matrices  one per axis
template <int Dim, int order, int n>
SHEARWATER_INLINE void add_part(const double* const* matrices, const double* from, double* to) noexcept
{
    constexpr int nodes = power(order, Dim);
    for (int a = 0; a < n; ++a) {
        double one[nodes];
        double two[nodes];
        contract_axis<Dim, order>(Dim - 1, matrices[Dim - 1], from + a * nodes, one);
        contract_axis<Dim, order>(Dim - 2, matrices[Dim - 2], one, two);
        if constexpr (Dim == 3) contract_axis<Dim, order>(0, matrices[0], two, one);
        const double* result = Dim == 3 ? one : two;
        for (int k = 0; k < nodes; ++k) to[a * nodes + k] += result[k];
    }
}

template <int Dim, int order>
SHEARWATER_INLINE void add_lines(const FarKernel<Dim>& kernel, const NodeLines<Dim, order>& lines, const double* strain, double* values) noexcept
{
    for (std::size_t line = 0; line < lines.offset.size(); ++line)
        kernel.template add_on_line<order>(lines.offset[line], lines.signs[line].data(), lines.along.data(), lines.reflections.data(), strain,
                                           values + line * order, power(order, Dim));
}

/// The norm of the mean of the values at the nodes, and the largest norm of what nodes differ from it, squared.
template <int nodes, int n>
SHEARWATER_INLINE std::array<double, 2> spread(const double* values) noexcept
{
    Lanes mean[n];
    double mean_squared = 0.0;
    for (int a = 0; a < n; ++a) {
        Lanes sum{};
        for (int first = 0; first < nodes; first += lane_count) sum += load(values + a * nodes + first);
        double total = 0.0;
        for (int lane = 0; lane < lane_count; ++lane) total += sum[lane];
        total /= nodes;
        mean[a] = broadcast(total);
        mean_squared += total * total;
    }
    Lanes most{};
    for (int first = 0; first < nodes; first += lane_count) {
        Lanes squared{};
        for (int a = 0; a < n; ++a) {
            const Lanes off = load(values + a * nodes + first) - mean[a];
            squared += off * off;
        }
        most = maximum(most, squared);
    }
    double deviation = 0.0;
    for (int lane = 0; lane < lane_count; ++lane) deviation = std::max(deviation, most[lane]);
    return {mean_squared, deviation};
}

SHEARWATER_CLONES void add_lines_to(const FarKernel<2>& kernel, const NodeLines<2, 8>& lines, const double* strain, double* values)
{
    add_lines<2, 8>(kernel, lines, strain, values);
}

SHEARWATER_CLONES void add_lines_to(const FarKernel<3>& kernel, const NodeLines<3, 4>& lines, const double* strain, double* values)
{
    add_lines<3, 4>(kernel, lines, strain, values);
}

SHEARWATER_CLONES std::array<double, 2> spread_of(const std::array<double, 128>& values)
{
    return spread<64, 2>(values.data());
}

SHEARWATER_CLONES std::array<double, 2> spread_of(const std::array<double, 320>& values)
{
    return spread<64, 5>(values.data());
}

SHEARWATER_CLONES void add_part_2d(const double* const* matrices, const double* from, double* to)
{
    add_part<2, 8, 2>(matrices, from, to);
}

SHEARWATER_CLONES void add_part_3d(const double* const* matrices, const double* from, double* to)
{
    add_part<3, 4, 5>(matrices, from, to);
}

}  // namespace

template <int Dim>
FarField<Dim>::FarField(const Communicator& node, const KernelTable<Dim>& kernel, const Box<Dim>& box, double threshold)
    : kernel_(kernel), grid_(kernel.grid())
{
    static_assert(power(order, Dim) == nodes);
    for (const int size : grid_.size) long_axes_ += size >= 3 * leaf_edge ? 1 : 0;
    make_levels(box, threshold);
    find_reach();
    if (long_axes_ > 0) {
        find_remainders();
        // The truncated kernel of the spectral discretization oscillates from voxel to voxel: then nothing is far, and everything exact.
        constexpr double acceptable = 0.02;
        is_useful_ = levels_.front().remainder.front() < acceptable * reach_[leaf_edge];
    }
    if (is_useful_)
        far_kernel_.emplace(node, kernel);
    else
        make_levels(box, 0.0);
    const auto leaves_here = static_cast<std::size_t>(leaves().count());
    settled_.resize(leaves_here);
    moved_.resize(leaves_here);
    at_leaf_.resize(leaves_here);
    at_leaf_since_.resize(leaves_here);
    const auto& leaf = levels_.front().interpolation;
    for (int k = 0; k < order; ++k)
        for (int x = 0; x < leaf_edge; ++x) weights_.push_back(leaf.weight(k, x));
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
        levels_.push_back({Interpolation<order>(edge), cells, std::vector<Cell>(cells.count()), {}, std::ldexp(threshold, -level), {}});
        reserve_ += levels_.back().threshold;
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
    constexpr double single_precision = 6e-8;  // of the table that nodes are looked up in
    const double constant = difference_constant();
    int shortest = std::numeric_limits<int>::max();
    for (const int size : grid_.size)
        if (size >= 3 * leaf_edge) shortest = std::min(shortest, size);
    for (auto& level : levels_) {
        double axes = 0.0;
        for (int axis = 0; axis < Dim; ++axis) axes += std::pow(level.interpolation.lebesgue(), axis);
        for (int d = level.interpolation.edge(); d <= farthest_distance(grid_); ++d) {
            // The nearest images on both sides of every axis count as well.
            const double exponent = -(long_axes_ + order);
            const double image = d < shortest ? std::max(shortest - d, d) : d;
            const double decay = std::pow(d, exponent) + 4.0 * long_axes_ * std::pow(image, exponent);
            const double rounding = single_precision * std::pow(level.interpolation.lebesgue(), Dim) * reach_[static_cast<std::size_t>(d)];
            level.remainder.push_back(level.interpolation.error_factor() * axes * constant * decay + rounding);
        }
    }
}

/// The largest r^(D+q) |Δ^q h| over the distances at which the leaves begin, where differences are far above rounding [GPa]; h decays no
/// slower from there on.
template <int Dim>
double FarField<Dim>::difference_constant() const
{
    // For h deviating from its power of the distance; errors come to 0.13 of the bound in tests.
    constexpr double margin = 1.1;
    std::array<double, order + 1> binomial{};
    binomial[0] = 1.0;
    for (int k = 1; k <= order; ++k) binomial[k] = -binomial[k - 1] * (order - k + 1) / k;
    double largest = 0.0;
    constexpr int reach = leaf_edge + leaf_edge / 4;
    Box<Dim> sample;
    for (int axis = 0; axis < Dim; ++axis) {
        const int extent = std::min(reach, grid_.size[axis] / 2);
        sample.begin[axis] = -extent;
        sample.end[axis] = extent + 1;
    }
    for (std::int64_t i = 0; i < sample.count(); ++i) {
        const auto at = sample.index(i);
        for (int axis = 0; axis < Dim; ++axis) {
            int nearest = 0;  // of the points that the difference takes, along the axes
            double squared_distance = 0.0;
            for (int other = 0; other < Dim; ++other) {
                const int along = distance_to_run(0, at[other], other == axis ? order + 1 : 1, grid_.size[other]);
                nearest = std::max(nearest, along);
                squared_distance += static_cast<double>(along) * along;
            }
            if (nearest < leaf_edge || nearest > reach) continue;
            double squared = 0.0;
            for (int a = 0; a < n; ++a)
                for (int b = 0; b < n; ++b) {
                    double difference = 0.0;
                    auto place = at;
                    for (int k = 0; k <= order; ++k, ++place[axis]) difference += binomial[k] * kernel_.value(place, a, b);
                    squared += difference * difference;
                }
            largest = std::max(largest, std::sqrt(squared) * std::pow(squared_distance, 0.5 * (long_axes_ + order)));
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

template <int Dim>
int FarField<Dim>::leaf_of(const Index<Dim>& voxel) const noexcept
{
    Index<Dim> leaf{};
    for (int axis = 0; axis < Dim; ++axis) leaf[axis] = voxel[axis] / leaf_edge;
    return static_cast<int>(leaves().local(leaf));
}

template <int Dim>
double FarField<Dim>::reach(const Index<Dim>& source, const Index<Dim>& first, const Index<Dim>& edge) const noexcept
{
    double squared = 0.0;
    for (int axis = 0; axis < Dim; ++axis) {
        const int along = distance_to_run(source[axis], first[axis], edge[axis], grid_.size[axis]);
        squared += static_cast<double>(along) * along;
    }
    return reach_[static_cast<std::size_t>(std::sqrt(squared))];
}

template <int Dim>
typename FarField<Dim>::Distance FarField<Dim>::distance(const Index<Dim>& source, int level, const Index<Dim>& cell) const noexcept
{
    const int edge = leaf_edge << level;
    Distance distance;
    double squared = 0.0;
    for (int axis = 0; axis < Dim; ++axis) {
        const int along = distance_to_run(source[axis], cell[axis] * edge, edge, grid_.size[axis]);
        distance.largest = std::max(distance.largest, along);
        squared += static_cast<double>(along) * along;
    }
    distance.straight = static_cast<int>(std::sqrt(squared));
    return distance;
}

template <int Dim>
bool FarField<Dim>::is_near(const Index<Dim>& source, int leaf) const noexcept
{
    return !is_useful_ || distance(source, 0, leaves().index(leaf)).largest < leaf_edge;
}

template <int Dim>
double FarField<Dim>::remainder_of_unit(int level, int distance) const noexcept
{
    return levels_[level].remainder[static_cast<std::size_t>(distance - (leaf_edge << level))];
}

template <int Dim>
void FarField<Dim>::add(const Index<Dim>& source, const double* strain)
{
    set_source(source);
    add(strain);
}

template <int Dim>
void FarField<Dim>::set_source(const Index<Dim>& source)
{
    near_.clear();
    deposits_.clear();
    source_ = source;
    const int top = levels() - 1;
    for (std::int64_t i = 0; i < levels_[top].cells.count(); ++i) visit(top, levels_[top].cells.index(i));
}

template <int Dim>
void FarField<Dim>::add(const double* strain)
{
    std::copy_n(strain, n, strain_.begin());
    strain_norm_ = std::sqrt(dot(strain_, strain_));
    ++changes_;
    // The table is read at scattered places: what the next cells need is asked for in advance.
    constexpr std::size_t ahead = 3;
    for (std::size_t i = 0; i < deposits_.size() + ahead; ++i) {
        if (i < deposits_.size()) prefetch(deposits_[i]);
        if (i >= ahead) deposit(deposits_[i - ahead]);
    }
    // Only now, so that what is passed on to a cell meets what the event itself brought there.
    for (const Deposit& deposit : deposits_) pass_on_if_large(deposit.level, deposit.cell);
}

/// Finds the cells that take in the event, and the leaves that are near to it.
template <int Dim>
void FarField<Dim>::visit(int level, const Index<Dim>& cell)
{
    const Distance apart = distance(source_, level, cell);
    if (is_useful_ && apart.largest >= leaf_edge << level) {
        deposits_.push_back({level, cell, apart.straight, lines_of(level, cell)});
    } else if (level == 0) {
        near_.push_back(static_cast<int>(leaves().local(cell)));
    } else {
        for_each_part(level, cell, [&](const Index<Dim>& part, int /*halves*/) { visit(level - 1, part); });
    }
}

template <int Dim>
template <class Visit>
void FarField<Dim>::for_each_part(int level, const Index<Dim>& cell, Visit&& visit) const
{
    for (int halves = 0; halves < 1 << Dim; ++halves) {
        auto part = cell;
        for (int axis = 0; axis < Dim; ++axis) part[axis] = 2 * part[axis] + (halves >> axis & 1);
        if (levels_[level - 1].cells.contains(part)) visit(part, halves);
    }
}

/// Where the kernel is to be looked up for the nodes of a cell.
template <int Dim>
NodeLines<Dim, FarField<Dim>::order> FarField<Dim>::lines_of(int level, const Index<Dim>& cell) const noexcept
{
    const auto& places = levels_[level].interpolation.nodes();
    const auto place = [&](int axis, int k) {
        const int size = grid_.size[axis];
        int apart = cell[axis] * (leaf_edge << level) - source_[axis] + places[k];
        if (apart < 0) apart += size;
        return far_kernel_->place(axis, apart < size ? apart : apart % size);
    };
    NodeLines<Dim, order> lines;
    for (int k = 0; k < order; ++k) {
        const auto at = place(0, k);
        lines.along[k] = at.offset;
        lines.reflections[k] = at.reflection;
    }
    for (int axis = 1, stride = 1; axis < Dim; ++axis, stride *= order)
        for (int k = 0; k < order; ++k) {
            const auto at = place(axis, k);
            for (int line = 0; line < nodes / order; ++line) {
                if (line / stride % order != k) continue;
                lines.offset[line] += at.offset;
                lines.signs[line][axis] = at.reflection;
            }
        }
    return lines;
}

template <int Dim>
void FarField<Dim>::prefetch(const Deposit& deposit) const noexcept
{
    for (const auto line : deposit.lines.offset) far_kernel_->template prefetch_line<order>(line, deposit.lines.along.data());
}

/// Adds the stress of the event at the nodes of a cell.
template <int Dim>
void FarField<Dim>::deposit(const Deposit& deposit)
{
    auto& here = levels_[deposit.level];
    auto& target = here.cell[here.cells.local(deposit.cell)];
    add_lines_to(*far_kernel_, deposit.lines, strain_.data(), target.values.data());
    const double remainder = strain_norm_ * remainder_of_unit(deposit.level, deposit.distance);
    target.remainder += remainder;
    target.bound += strain_norm_ * reach_[deposit.distance] + 2.0 * remainder;
}

/// The largest norm that a polynomial can have in its cell: that of its mean over the nodes, and Λ^Dim times what nodes differ from it.
template <int Dim>
double FarField<Dim>::largest(int level, const Values& values) const noexcept
{
    const auto [mean_squared, deviation] = spread_of(values);
    double amplification = 1.0;
    for (int axis = 0; axis < Dim; ++axis) amplification *= levels_[level].interpolation.lebesgue();
    return std::sqrt(mean_squared) + amplification * std::sqrt(deviation);
}

template <int Dim>
void FarField<Dim>::pass_on_if_large(int level, const Index<Dim>& cell)
{
    auto& here = levels_[level];
    auto& content = here.cell[here.cells.local(cell)];
    if (content.bound <= here.threshold) return;
    content.bound = largest(level, content.values) + content.remainder;
    // Written so that NaN is passed on, to where it will be noticed.
    if (!(content.bound <= here.threshold)) pass_on(level, cell);
}

/// Moves what a cell holds to its parts, or what a leaf holds to its voxels.
template <int Dim>
void FarField<Dim>::pass_on(int level, const Index<Dim>& cell)
{
    auto& here = levels_[level];
    auto& content = here.cell[here.cells.local(cell)];
    if (level == 0) {
        const auto leaf = leaves().local(cell);
        moved_[leaf] += content.bound;
        for (std::size_t i = 0; i < content.values.size(); ++i) settled_[leaf].values[i] += content.values[i];
        settled_[leaf].remainder += content.remainder;
        grown_.push_back(static_cast<int>(leaf));
    } else {
        for_each_part(level, cell, [&](const Index<Dim>& part, int halves) {
            auto& below = levels_[level - 1].cell[levels_[level - 1].cells.local(part)];
            std::array<const double*, Dim> matrices{};
            for (int axis = 0; axis < Dim; ++axis) matrices[axis] = here.part[halves >> axis & 1].data();
            if constexpr (Dim == 2)
                add_part_2d(matrices.data(), content.values.data(), below.values.data());
            else
                add_part_3d(matrices.data(), content.values.data(), below.values.data());
            below.remainder += content.remainder;
            below.bound += content.bound;
            pass_on_if_large(level - 1, part);
        });
    }
    content = Cell{};
}

template <int Dim>
double FarField<Dim>::remainder(int leaf) const noexcept
{
    double sum = settled_[leaf].remainder;
    auto cell = leaves().index(leaf);
    for (const auto& level : levels_) {
        sum += level.cell[level.cells.local(cell)].remainder;
        for (int& index : cell) index /= 2;
    }
    return sum;
}

/// The polynomial of all levels together in a leaf.
template <int Dim>
const typename FarField<Dim>::Values& FarField<Dim>::values_at(int leaf)
{
    auto& sum = at_leaf_[leaf];
    if (at_leaf_since_[leaf] == changes_) return sum;
    at_leaf_since_[leaf] = changes_;
    const auto index = leaves().index(leaf);
    Values above{};
    for (int level = levels() - 1; level >= 0; --level) {
        const auto& here = levels_[level];
        auto cell = index;
        for (int& i : cell) i >>= level;
        sum = here.cell[here.cells.local(cell)].values;
        if (level + 1 < levels()) {
            std::array<const double*, Dim> matrices{};
            for (int axis = 0; axis < Dim; ++axis) matrices[axis] = levels_[level + 1].part[cell[axis] & 1].data();
            if constexpr (Dim == 2)
                add_part_2d(matrices.data(), above.data(), sum.data());
            else
                add_part_3d(matrices.data(), above.data(), sum.data());
        }
        above = sum;
    }
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += settled_[leaf].values[i];
    return sum;
}

template <int Dim>
void FarField<Dim>::clear()
{
    for (auto& level : levels_) std::fill(level.cell.begin(), level.cell.end(), Cell{});
    std::fill(settled_.begin(), settled_.end(), Cell{});
    grown_.clear();
    ++changes_;
}

template <int Dim>
std::int64_t FarField<Dim>::bytes() const noexcept
{
    std::size_t cells = settled_.size() + at_leaf_.size();
    for (const auto& level : levels_) cells += level.cell.size();
    return static_cast<std::int64_t>(cells * sizeof(Cell));
}

template class FarField<2>;
template class FarField<3>;

}  // namespace shearwater
