#pragma once

#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/options.hpp>

namespace shearwater {

/// Lamé's constants of an isotropic stiffness, σ = λ tr(ε) 1 + 2 μ ε [GPa]; in 2D ε and σ are those within the plane.
struct Moduli {
    double lambda = 0.0;
    double mu = 0.0;
};

/// Returns Lamé's constants for E [GPa] and ν. In plane stress λ = E ν/(1 − ν²), so that σ_zz = 0 is already taken into account.
template <int Dim>
[[nodiscard]] inline Moduli moduli_of(double young, double poisson, Plane plane) noexcept
{
    const double mu = young / (2.0 * (1.0 + poisson));
    if (Dim == 2 && plane == Plane::Stress) return {young * poisson / (1.0 - poisson * poisson), mu};
    return {young * poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson)), mu};
}

/// Returns C:ε [GPa].
template <int Dim>
[[nodiscard]] inline SymmetricTensor<Dim> stress_of(const Moduli& moduli, const SymmetricTensor<Dim>& strain) noexcept
{
    double trace = 0.0;
    for (int i = 0; i < Dim; ++i) trace += strain[i];
    SymmetricTensor<Dim> stress{};
    for (int i = 0; i < tensor_size<Dim>; ++i) stress[i] = 2.0 * moduli.mu * strain[i] + (i < Dim ? moduli.lambda * trace : 0.0);
    return stress;
}

}  // namespace shearwater
