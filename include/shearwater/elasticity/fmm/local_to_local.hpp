#pragma once

#include <array>
#include <cstddef>

#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/fmm/interpolation.hpp>

namespace shearwater {

/// A local expansion: the stress in a cell due to far events, as a polynomial given by its values at the nodes of LocalInterpolation
/// [deviatoric coefficient][node, x fastest] [GPa].
template <int Dim>
using LocalExpansion = std::array<double, std::size_t{deviator_size<Dim>} * node_count<Dim>>;

/// Values of a polynomial along one axis, from the nodes of one cell to those of another: [node there][node here].
using NodeMatrix = std::array<double, std::size_t{LocalInterpolation::order} * LocalInterpolation::order>;

/// Returns the matrix from the nodes of a cell to those of its lower (0) or upper (1) half.
[[nodiscard]] NodeMatrix matrix_to_half(const LocalInterpolation& cell, const LocalInterpolation& part, int half) noexcept;

/// Local-to-local translation: adds to the expansion `to` of a part of a cell the cell's expansion `from`. Nothing is lost, as a part of a polynomial
/// is a polynomial. @param matrices  one for each axis
void add_to_part(const std::array<const NodeMatrix*, 2>& matrices, const LocalExpansion<2>& from, LocalExpansion<2>& to) noexcept;
void add_to_part(const std::array<const NodeMatrix*, 3>& matrices, const LocalExpansion<3>& from, LocalExpansion<3>& to) noexcept;

/// How large an expansion is at the nodes of its cell.
struct NodeNorms {
    double mean;       ///< squared norm of the mean over the nodes [GPa²]
    double deviation;  ///< largest squared norm of the difference of a node from the mean [GPa²]
};
[[nodiscard]] NodeNorms squared_norms(const LocalExpansion<2>& expansion) noexcept;
[[nodiscard]] NodeNorms squared_norms(const LocalExpansion<3>& expansion) noexcept;

}  // namespace shearwater
