#pragma once

#include <array>

#include <shearwater/elasticity/moduli.hpp>

/// The Q1 element on a square or cube of edge 1 with full 2^Dim-point Gauss integration. Node b lies at the corner whose coordinate
/// along axis i is bit i of b; degree of freedom Dim b + i is its displacement along i.
namespace shearwater {

template <int Dim>
inline constexpr int element_nodes = 1 << Dim;

template <int Dim>
inline constexpr int element_unknowns = Dim* element_nodes<Dim>;

template <int Dim>
struct Element {
    using Matrix = std::array<std::array<double, element_unknowns<Dim>>, element_unknowns<Dim>>;

    /// Stiffness for λ = 1, μ = 0 and for λ = 0, μ = 1; that of an element is λ times the first plus μ times the second.
    Matrix stiffness_lambda{};
    Matrix stiffness_mu{};

    /// Mean strain of the element per degree of freedom, B̄ [tensor component][unknown].
    std::array<std::array<double, element_unknowns<Dim>>, tensor_size<Dim>> mean_strain{};

    /// Integrates the element.
    Element() noexcept;

    /// Returns the nodal forces of a constant stress, ∫ Bᵀ σ.
    [[nodiscard]] std::array<double, element_unknowns<Dim>> force(const SymmetricTensor<Dim>& stress) const noexcept
    {
        std::array<double, element_unknowns<Dim>> f{};
        for (int i = 0; i < tensor_size<Dim>; ++i)
            for (int a = 0; a < element_unknowns<Dim>; ++a) f[a] += multiplicity<Dim>(i) * mean_strain[i][a] * stress[i];
        return f;
    }

    /// Returns the mean strain of the element with nodal displacements u.
    [[nodiscard]] SymmetricTensor<Dim> strain(const std::array<double, element_unknowns<Dim>>& u) const noexcept
    {
        SymmetricTensor<Dim> strain{};
        for (int i = 0; i < tensor_size<Dim>; ++i)
            for (int a = 0; a < element_unknowns<Dim>; ++a) strain[i] += mean_strain[i][a] * u[a];
        return strain;
    }
};

}  // namespace shearwater
