#pragma once

#include <array>
#include <cmath>

/// Symmetric tensors and deviators of dimension Dim = 2 or 3. The components of a tensor are ordered `xx yy xy` in 2D and `xx yy zz yz xz xy` in 3D;
/// shear components are tensor components (not doubled). A deviator is given by its coefficients in an orthonormal basis.
namespace shearwater {

/// Number of independent components of a symmetric tensor: 3 in 2D, 6 in 3D.
template <int Dim>
inline constexpr int tensor_size = Dim*(Dim + 1) / 2;

/// Number of independent components of a deviatoric symmetric tensor: 2 in 2D, 5 in 3D.
template <int Dim>
inline constexpr int deviator_size = tensor_size<Dim> - 1;

/// Components of a symmetric tensor.
template <int Dim>
using SymmetricTensor = std::array<double, tensor_size<Dim>>;

/// Coefficients c_a of a deviator Σ c_a b_a in the basis b_a of `basis_tensor`. Since b_a:b_b = δ_ab, the double contraction of two deviators is the
/// dot product of their coefficients.
template <int Dim>
using Deviator = std::array<double, deviator_size<Dim>>;

/// Multiplicity of a component in the full tensor: 1 on the diagonal, 2 off the diagonal.
template <int Dim>
[[nodiscard]] constexpr double multiplicity(int component) noexcept
{
    return component < Dim ? 1.0 : 2.0;
}

/// The two axes of a component, e.g. {0, 1} for xy.
template <int Dim>
[[nodiscard]] constexpr std::array<int, 2> axes_of(int component) noexcept
{
    if (component < Dim) return {component, component};
    if constexpr (Dim == 2) return {0, 1};
    constexpr std::array<std::array<int, 2>, 3> shear{{{1, 2}, {0, 2}, {0, 1}}};
    return shear[component - Dim];
}

/// Double contraction a:b of two symmetric tensors.
template <int Dim>
[[nodiscard]] double contract(const SymmetricTensor<Dim>& a, const SymmetricTensor<Dim>& b) noexcept
{
    double sum = 0.0;
    for (int i = 0; i < tensor_size<Dim>; ++i) sum += multiplicity<Dim>(i) * a[i] * b[i];
    return sum;
}

/// Basis deviator b_a. In 2D the basis is (xx − yy)/√2, √2 xy; in 3D it is (xx − yy)/√2, (2zz − xx − yy)/√6, √2 yz, √2 xz, √2 xy. Here xx stands for
/// e_x⊗e_x and xy for ½(e_x⊗e_y + e_y⊗e_x).
template <int Dim>
[[nodiscard]] SymmetricTensor<Dim> basis_tensor(int a) noexcept
{
    SymmetricTensor<Dim> t{};
    if (a == 0) {
        t[0] = 1.0 / std::sqrt(2.0);
        t[1] = -t[0];
    } else if (Dim == 3 && a == 1) {
        t[0] = t[1] = -1.0 / std::sqrt(6.0);
        t[2] = 2.0 / std::sqrt(6.0);
    } else {
        t[a + 1] = 1.0 / std::sqrt(2.0);
    }
    return t;
}

/// Coefficients of the deviatoric part of a tensor.
template <int Dim>
[[nodiscard]] Deviator<Dim> deviator(const SymmetricTensor<Dim>& t) noexcept
{
    Deviator<Dim> c{};
    for (int a = 0; a < deviator_size<Dim>; ++a) c[a] = contract<Dim>(t, basis_tensor<Dim>(a));
    return c;
}

/// The traceless tensor with the given coefficients. In 2D the trace is that in the plane.
template <int Dim>
[[nodiscard]] SymmetricTensor<Dim> from_deviator(const Deviator<Dim>& c) noexcept
{
    SymmetricTensor<Dim> t{};
    for (int a = 0; a < deviator_size<Dim>; ++a) {
        const auto b = basis_tensor<Dim>(a);
        for (int i = 0; i < tensor_size<Dim>; ++i) t[i] += c[a] * b[i];
    }
    return t;
}

/// Whether the reflection of `axis` changes the sign of coefficient a, as it does for shears that involve this axis.
template <int Dim>
[[nodiscard]] constexpr bool changes_sign(int a, int axis) noexcept
{
    if (a + 1 < Dim) return false;
    const auto axes = axes_of<Dim>(a + 1);
    return axes[0] == axis || axes[1] == axis;
}

/// Mean of the Dim diagonal components, one Dim-th of the trace.
template <int Dim>
[[nodiscard]] double mean_diagonal(const SymmetricTensor<Dim>& t) noexcept
{
    double trace = 0.0;
    for (int i = 0; i < Dim; ++i) trace += t[i];
    return trace / Dim;
}

/// Double contraction ε:ε' of two deviators, given by their coefficients.
template <std::size_t N>
[[nodiscard]] double dot(const std::array<double, N>& a, const std::array<double, N>& b) noexcept
{
    double sum = 0.0;
    for (std::size_t i = 0; i < N; ++i) sum += a[i] * b[i];
    return sum;
}

/// Von Mises strain √(½ ε:ε) of a deviator (STZ paper, Eq. 2; in 2D √(ε1² + ε3²)).
template <std::size_t N>
[[nodiscard]] double von_mises_strain(const std::array<double, N>& strain) noexcept
{
    return std::sqrt(0.5 * dot(strain, strain));
}

}  // namespace shearwater
