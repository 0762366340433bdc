#pragma once

#include <array>
#include <cstddef>

#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/fmm/interpolation.hpp>

namespace shearwater {

/// Nodes of a cell.
template <int Dim, int Order = FieldInterpolation::order>
inline constexpr int node_count = Dim == 2 ? Order* Order : Order* Order* Order;

/// A polynomial of deviators in a cell, by its values at the nodes [coefficient][node, x fastest].
template <int Dim>
using NodeValues = std::array<double, std::size_t{deviator_size<Dim>} * node_count<Dim>>;

/// Values along one axis from the nodes of one cell to those of another [to][from].
using NodeMatrix = std::array<double, std::size_t{FieldInterpolation::order} * FieldInterpolation::order>;

/// Adds to `to` the polynomial `from` at the nodes of a part of its cell. @param matrices  one per axis
void add_part(const std::array<const NodeMatrix*, 2>& matrices, const NodeValues<2>& from, NodeValues<2>& to) noexcept;
void add_part(const std::array<const NodeMatrix*, 3>& matrices, const NodeValues<3>& from, NodeValues<3>& to) noexcept;

/// The norm of the mean of the values at the nodes, and the largest norm of what nodes differ from it, squared.
[[nodiscard]] std::array<double, 2> spread(const NodeValues<2>& values) noexcept;
[[nodiscard]] std::array<double, 2> spread(const NodeValues<3>& values) noexcept;

}  // namespace shearwater
