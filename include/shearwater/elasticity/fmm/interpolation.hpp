#pragma once

#include <array>
#include <vector>

namespace shearwater {

/// Polynomial interpolation on one axis of a cell: values at `Order` of its points give a polynomial of degree `Order` − 1 on all of them.
///
/// The nodes are Chebyshev's, stretched to the ends of the cell and rounded to its points.
template <int Order>
class Interpolation {
  public:
    static constexpr int order = Order;

    /// @param edge  points of the cell, numbered from 0; at least `order`
    explicit Interpolation(int edge);

    [[nodiscard]] int edge() const noexcept { return edge_; }
    [[nodiscard]] const std::array<int, order>& nodes() const noexcept { return nodes_; }

    /// Lagrange's polynomial of node k at any position.
    [[nodiscard]] double weight(int k, double position) const noexcept;

    /// The largest Σ_k |weight(k, x)| over the points: the value of a polynomial is at most so many times its largest value at the nodes.
    [[nodiscard]] double lebesgue() const noexcept { return lebesgue_; }

    /// The largest Π_k |x − x_k|/order! over the points: times the largest difference of that order, it bounds the error (Newton's form:
    /// f(x) − p(x) = f[x_0, …, x_{q−1}, x] Π (x − x_k), and a divided difference over integers is a mean of differences of neighbours).
    [[nodiscard]] double error_factor() const noexcept { return error_factor_; }

  private:
    int edge_;
    std::array<int, order> nodes_{};
    double lebesgue_ = 0.0;
    double error_factor_ = 0.0;
};

/// Of the stress in cells far from its source.
using FieldInterpolation = Interpolation<8>;
/// Of places of sources in cells far from what they act on, summed over many of them.
using MomentInterpolation = Interpolation<5>;

}  // namespace shearwater
