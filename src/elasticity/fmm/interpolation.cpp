#include <shearwater/elasticity/fmm/interpolation.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Order>
Interpolation<Order>::Interpolation(int edge) : edge_(edge)
{
    SHEARWATER_EXPECTS(edge >= order);
    constexpr double pi = 3.14159265358979323846;
    const double half = 0.5 * (edge - 1);
    for (int k = 0; k < order; ++k) {
        // The right half mirrors the left, so that rounding cannot break the symmetry, but for a node in the middle of an even number of points.
        const int from_left = std::min(k, order - 1 - k);
        const double stretched = std::cos(pi * (2 * from_left + 1) / (2 * order)) / std::cos(pi / (2 * order));
        const bool is_middle = 2 * k == order - 1;
        const int place = is_middle ? (edge - 1) / 2 : static_cast<int>(std::lround(half * (1.0 - stretched)));
        nodes_[k] = k == from_left ? place : edge - 1 - place;
    }
    for (int x = 0; x < edge; ++x) {
        double sum = 0.0;
        double product = 1.0;
        for (int k = 0; k < order; ++k) {
            sum += std::abs(weight(k, x));
            product *= std::abs(static_cast<double>(x - nodes_[k])) / (k + 1);
        }
        lebesgue_ = std::max(lebesgue_, sum);
        error_factor_ = std::max(error_factor_, product);
    }
}

template <int Order>
double Interpolation<Order>::weight(int k, double position) const noexcept
{
    double product = 1.0;
    for (int j = 0; j < order; ++j)
        if (j != k) product *= (position - nodes_[j]) / (nodes_[k] - nodes_[j]);
    return product;
}

template class Interpolation<5>;
template class Interpolation<8>;

}  // namespace shearwater
