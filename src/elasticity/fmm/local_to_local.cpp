#include <shearwater/elasticity/fmm/local_to_local.hpp>

#include <algorithm>

#include <shearwater/core/clones.hpp>
#include <shearwater/core/lanes.hpp>

namespace shearwater {

namespace {

constexpr int power(int base, int exponent) noexcept
{
    int product = 1;
    for (int i = 0; i < exponent; ++i) product *= base;
    return product;
}

constexpr int order = LocalInterpolation::order;

/// Multiplies the values along one axis of order^Dim nodes by a matrix.
template <int Dim>
SHEARWATER_INLINE void contract_axis(int axis, const NodeMatrix& matrix, const double* from, double* to) noexcept
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

template <int Dim>
SHEARWATER_INLINE void add_to_part_inline(const std::array<const NodeMatrix*, Dim>& matrices, const double* from, double* to) noexcept
{
    constexpr int nodes = node_count<Dim>;
    for (int a = 0; a < deviator_size<Dim>; ++a) {
        double one[nodes];
        double two[nodes];
        contract_axis<Dim>(Dim - 1, *matrices[Dim - 1], from + a * nodes, one);
        contract_axis<Dim>(Dim - 2, *matrices[Dim - 2], one, two);
        if constexpr (Dim == 3) contract_axis<Dim>(0, *matrices[0], two, one);
        const double* result = Dim == 3 ? one : two;
        for (int k = 0; k < nodes; ++k) to[a * nodes + k] += result[k];
    }
}

template <int Dim>
SHEARWATER_INLINE NodeNorms squared_norms_inline(const double* values) noexcept
{
    constexpr int n = deviator_size<Dim>;
    constexpr int nodes = node_count<Dim>;
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

}  // namespace

NodeMatrix matrix_to_half(const LocalInterpolation& cell, const LocalInterpolation& part, int half) noexcept
{
    NodeMatrix matrix{};
    for (int i = 0; i < order; ++i)
        for (int k = 0; k < order; ++k) matrix[i * order + k] = cell.weight(k, part.nodes()[i] + half * part.edge());
    return matrix;
}

SHEARWATER_CLONES void add_to_part(const std::array<const NodeMatrix*, 2>& matrices, const LocalExpansion<2>& from, LocalExpansion<2>& to) noexcept
{
    add_to_part_inline<2>(matrices, from.data(), to.data());
}

SHEARWATER_CLONES void add_to_part(const std::array<const NodeMatrix*, 3>& matrices, const LocalExpansion<3>& from, LocalExpansion<3>& to) noexcept
{
    add_to_part_inline<3>(matrices, from.data(), to.data());
}

SHEARWATER_CLONES NodeNorms squared_norms(const LocalExpansion<2>& expansion) noexcept
{
    return squared_norms_inline<2>(expansion.data());
}

SHEARWATER_CLONES NodeNorms squared_norms(const LocalExpansion<3>& expansion) noexcept
{
    return squared_norms_inline<3>(expansion.data());
}

}  // namespace shearwater
