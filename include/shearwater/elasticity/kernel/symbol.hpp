#pragma once

#include <array>

#include <shearwater/elasticity/moduli.hpp>

/// The elastic operators in Fourier space. Wave vectors are in radians per element edge and lengths in element edges, unless said otherwise.
namespace shearwater {

/// Differentiation and equilibrium of a discretization at one wave vector: a wave of displacement u has the strain ½ i (d⊗u + u⊗d) and needs the
/// force K u.
template <int Dim>
struct Symbol {
    std::array<double, Dim> gradient{};                    ///< d
    std::array<std::array<double, Dim>, Dim> stiffness{};  ///< K, symmetric, singular only at q = 0 [GPa]
};

/// Returns the symbol of Q1 elements with full integration. With s_j = 2 sin(q_j/2), m_j = (2 + cos q_j)/3, c_j = cos(q_j/2):
/// d_i = s_i Π_{j≠i} c_j (the element mean of the gradient), and K_ij = δ_ij μ Σ_l T_ll + (λ + μ) T_ij with T_ii = s_i² Π_{j≠i} m_j and
/// T_ij = sin q_i sin q_j Π_{l≠i,j} m_l, the transforms of the one-dimensional stiffness, mass and first-derivative matrices of
/// linear elements, since Q1 elements on a square mesh are their tensor product. The same operator is derived by S. Brisard,
/// Reconstructing displacements from the solution to the periodic Lippmann–Schwinger equation discretized on a uniform grid, Int. J. Numer. Meth. Engng
/// 109 (2017) 459–486, and M. Schneider, D. Merkert, M. Kabel, FFT-based homogenization for microstructures discretized by linear hexahedral
/// elements, Int. J. Numer. Meth. Engng 109 (2017) 1461–1489.
template <int Dim>
[[nodiscard]] Symbol<Dim> q1_symbol(const std::array<double, Dim>& q, const Moduli& moduli) noexcept;

/// Returns the symbol of the continuum, d = q, which Fourier-spectral codes use (H. Moulinec, P. Suquet, A numerical method for computing the overall
/// response of nonlinear composites with complex microstructure, Comput. Methods Appl. Mech. Engrg. 157 (1998) 69–94).
template <int Dim>
[[nodiscard]] Symbol<Dim> continuum_symbol(const std::array<double, Dim>& q, const Moduli& moduli) noexcept;

/// Returns the displacement K⁻¹ f. K must not be singular (q ≠ 0).
template <int Dim>
[[nodiscard]] std::array<double, Dim> solve_stiffness(const Symbol<Dim>& symbol, const std::array<double, Dim>& force) noexcept;

/// Stress per unit tensor component of eigenstrain at one wave vector [stress][eigenstrain] [GPa].
template <int Dim>
using ResponseMatrix = std::array<std::array<double, tensor_size<Dim>>, tensor_size<Dim>>;

/// Returns the element-mean stress at wave vector q for each unit component of an eigenstrain that is constant in each element, at zero mean strain:
/// G(q):ε* = C:(sym(d ⊗ K⁻¹ (C:ε*)·d) − ε*); −C at q = 0.
template <int Dim>
[[nodiscard]] ResponseMatrix<Dim> element_response(const Symbol<Dim>& symbol, const Moduli& moduli, bool zero_wave_vector) noexcept;

/// Returns the voxel-mean stress for each unit component of an eigenstrain that is constant in each voxel, at zero mean strain (derived in
/// voxel_response.cpp).
///
/// @param q         wave vector of the voxel lattice [radians per voxel]
/// @param elements  Q1 elements per voxel edge; ignored if `discretization` is spectral
template <int Dim>
[[nodiscard]] ResponseMatrix<Dim> voxel_response(const std::array<double, Dim>& q, const Moduli& moduli, Discretization discretization,
                                                 int elements) noexcept;

}  // namespace shearwater
