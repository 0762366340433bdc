#pragma once

#include <shearwater/elasticity/mean_response.hpp>
#include <shearwater/loading/protocol.hpp>

namespace shearwater {

/// What a prescription means for the mean strain and stress of a cell: the driven component follows the load parameter, all other mean stresses are zero.
template <int Dim>
class Loading {
  public:
    /// @param mean_stiffness  ⟨A⟩ of the cell [GPa]
    Loading(const Prescription& prescription, const typename MeanResponse<Dim>::Stiffness& mean_stiffness);

    /// Mean strain and stress at a load parameter. @param eigenstress  of the eigenstrains at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> state(double load, const SymmetricTensor<Dim>& eigenstress) const noexcept;

    /// What eigenstrains add to mean strain and stress, whatever the load. @param eigenstress  theirs at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> response(const SymmetricTensor<Dim>& eigenstress) const noexcept;

    /// s σ of the driven component, s = ±1 the sign of the loading [GPa].
    [[nodiscard]] double stress(const MeanState<Dim>& state) const noexcept { return prescription_.sign * state.stress[component_]; }

    /// s ε of the driven component [-]: as it is prescribed, bit for bit, if it is. @param state  at this load parameter
    [[nodiscard]] double strain(double load, const MeanState<Dim>& state) const noexcept
    {
        return prescription_.of == Prescription::Of::Strain ? value(load) : prescription_.sign * state.strain[component_];
    }

    /// ε_p = s (Ē − σ/E_eff) of the driven component [-].
    [[nodiscard]] double plastic_strain(const MeanState<Dim>& state) const noexcept
    {
        return prescription_.sign * (state.strain[component_] - state.stress[component_] / elastic_slope_);
    }

    /// E_eff, the stress per strain of the driven component while nothing transforms [GPa]. Uniform tension: E/(1 − ν²) in plane strain, E in plane stress
    /// and 3D; shear: 2 μ.
    [[nodiscard]] double elastic_slope() const noexcept { return elastic_slope_; }

    /// s σ at a load parameter when nothing has transformed since another one [GPa]. @param stress  at that one, `from`
    [[nodiscard]] double elastic_stress(double load, double from, double stress) const noexcept
    {
        const double slope = prescription_.of == Prescription::Of::Strain ? prescription_.slope * elastic_slope_ : prescription_.slope;
        return stress + slope * (load - from);
    }
    /// The same for s ε [-].
    [[nodiscard]] double elastic_strain(double load, double from, double strain) const noexcept
    {
        return prescription_.of == Prescription::Of::Strain ? value(load) : strain + prescription_.slope / elastic_slope_ * (load - from);
    }

  private:
    [[nodiscard]] double value(double load) const noexcept { return prescription_.constant + prescription_.slope * load; }
    [[nodiscard]] MeanState<Dim> state_at(double value, const SymmetricTensor<Dim>& eigenstress) const noexcept;

    Prescription prescription_;
    int component_;
    MeanResponse<Dim> response_;
    double elastic_slope_;
};

}  // namespace shearwater
