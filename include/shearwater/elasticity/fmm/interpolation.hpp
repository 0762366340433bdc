#pragma once

#include <array>
#include <vector>

namespace shearwater {

/// Polynomial interpolation on one axis of a cell: values at `Order` points of the cell give a polynomial of degree `Order` − 1 on all its points.
///
/// The nodes are the zeros of the Chebyshev polynomial T_q, q = `Order`, stretched so that the outermost lie on the ends of the cell (expanded
/// Chebyshev nodes: L. Brutman, On the Lebesgue function for polynomial interpolation, SIAM J. Numer. Anal. 15 (1978) 694–704), and then rounded to
/// points of the lattice, since the kernel is known there only.
template <int Order>
class Interpolation {
  public:
    static constexpr int order = Order;

    /// @param edge  points of the cell, numbered from 0; at least `order`
    explicit Interpolation(int edge);

    [[nodiscard]] int edge() const noexcept { return edge_; }
    [[nodiscard]] const std::array<int, order>& nodes() const noexcept { return nodes_; }

    /// Returns the Lagrange polynomial of node k at a position, in points from the first.
    [[nodiscard]] double weight(int k, double position) const noexcept;

    /// The Lebesgue constant Λ = max_x Σ_k |weight(k, x)| over the points: a polynomial is nowhere larger than Λ times its largest value at the nodes.
    [[nodiscard]] double lebesgue() const noexcept { return lebesgue_; }

    /// The largest Π_k |x − x_k| / order! over the points. Times the largest difference of order `order`, it bounds the error of interpolation (Newton's form:
    /// f(x) − p(x) = f[x_0, …, x_{q−1}, x] Π_k (x − x_k), and a divided difference over integers is a mean of differences Δ^q f/q! of neighbours).
    [[nodiscard]] double error_factor() const noexcept { return error_factor_; }

  private:
    int edge_;
    std::array<int, order> nodes_{};
    double lebesgue_ = 0.0;
    double error_factor_ = 0.0;
};

/// Interpolation of stresses in a target cell: the nodes of local expansions.
using LocalInterpolation = Interpolation<8>;
/// Interpolation of the kernel in the position of the source, over a source cell: the nodes of multipole expansions.
using MultipoleInterpolation = Interpolation<5>;

/// Nodes of a cell.
template <int Dim, int Order = LocalInterpolation::order>
inline constexpr int node_count = Dim == 2 ? Order* Order : Order* Order* Order;

/// The Lebesgue constant of interpolation along all axes, Λ^Dim.
template <int Dim, int Order>
[[nodiscard]] double lebesgue_of_cell(const Interpolation<Order>& interpolation) noexcept
{
    double product = 1.0;
    for (int axis = 0; axis < Dim; ++axis) product *= interpolation.lebesgue();
    return product;
}

}  // namespace shearwater
