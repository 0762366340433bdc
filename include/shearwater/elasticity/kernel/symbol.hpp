#pragma once

#include <array>

#include <shearwater/elasticity/moduli.hpp>

/// The elastic operators in Fourier space. Wave vectors are in radians per element edge, lengths in element edges.
namespace shearwater {

/// What a discretization turns differentiation and equilibrium into at one wave vector: the strain of a wave of
/// displacement u is ½ i (d⊗u + u⊗d), and the force that holds it is K u.
template <int Dim>
struct Symbol {
    std::array<double, Dim> gradient{};                    ///< d
    std::array<std::array<double, Dim>, Dim> stiffness{};  ///< K, symmetric, singular only at q = 0 [GPa]
};

/// Q1 elements with full integration. With s_j = 2 sin(q_j/2), m_j = (2 + cos q_j)/3, c_j = cos(q_j/2):
/// d_i = s_i Π_{j≠i} c_j (the element mean of the gradient), and K_ij = δ_ij μ Σ_l T_ll + (λ + μ) T_ij with T_ii = s_i² Π_{j≠i} m_j and
/// T_ij = sin q_i sin q_j Π_{l≠i,j} m_l, the transforms of the one-dimensional stiffness, mass and first-derivative matrices of
/// linear elements, since Q1 on a square mesh is their tensor product.
template <int Dim>
[[nodiscard]] Symbol<Dim> q1_symbol(const std::array<double, Dim>& q, const Moduli& moduli) noexcept;

/// The continuum, d = q: what a Fourier-spectral code uses.
template <int Dim>
[[nodiscard]] Symbol<Dim> continuum_symbol(const std::array<double, Dim>& q, const Moduli& moduli) noexcept;

/// K⁻¹ f. K must not be singular (q ≠ 0).
template <int Dim>
[[nodiscard]] std::array<double, Dim> solve_stiffness(const Symbol<Dim>& symbol, const std::array<double, Dim>& force) noexcept;

/// Element-mean stress at wave vector q for each unit component of an element-wise eigenstrain, at zero mean strain [GPa]:
/// G(q):ε* = C:(sym(d ⊗ K⁻¹ (C:ε*)·d) − ε*); at q = 0, −C.
template <int Dim>
using ResponseMatrix = std::array<std::array<double, tensor_size<Dim>>, tensor_size<Dim>>;  ///< [stress][eigenstrain]

template <int Dim>
[[nodiscard]] ResponseMatrix<Dim> element_response(const Symbol<Dim>& symbol, const Moduli& moduli, bool zero_wave_vector) noexcept;

/// Voxel-mean stress at the voxel lattice's wave vector q [radians per voxel] for each unit component of a voxel's
/// eigenstrain, at zero mean strain [GPa] (module comment in voxel_response.cpp).
///
/// @param elements  Q1 elements per voxel edge; ignored when `discretization` is spectral
template <int Dim>
[[nodiscard]] ResponseMatrix<Dim> voxel_response(const std::array<double, Dim>& q, const Moduli& moduli, Discretization discretization,
                                                 int elements) noexcept;

}  // namespace shearwater
