#pragma once

#include <shearwater/elasticity/mean_response.hpp>
#include <shearwater/loading/protocol.hpp>

namespace shearwater {

/// Mean strain and stress of the cell under a prescription: the driven component follows the load parameter, and all other mean stresses are zero.
template <int Dim>
class Loading {
  public:
    /// @param mean_stiffness  ⟨A⟩, the mean over the cell of the stress per unit mean strain [GPa]
    Loading(const Prescription& prescription, const typename MeanResponse<Dim>::Stiffness& mean_stiffness);

    /// Mean strain and stress at a load parameter. @param eigenstress  mean stress of the eigenstrains at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> state(double load, const SymmetricTensor<Dim>& eigenstress) const noexcept;

    /// Contribution of eigenstrains to mean strain and stress, which does not depend on the load.
    /// @param eigenstress  their mean stress at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> response(const SymmetricTensor<Dim>& eigenstress) const noexcept;

    /// Stress s σ of the driven component, where s = ±1 is the sign of the loading [GPa].
    [[nodiscard]] double stress(const MeanState<Dim>& state) const noexcept { return prescription_.sign * state.stress[component_]; }

    /// Strain s Ē of the driven component [-]. If it is prescribed, the result is exactly the prescribed value.
    /// @param state  mean strain and stress at this load parameter
    [[nodiscard]] double strain(double load, const MeanState<Dim>& state) const noexcept
    {
        return prescription_.of == Prescription::Of::Strain ? value(load) : prescription_.sign * state.strain[component_];
    }

    /// Plastic strain ε_p = s (Ē − σ/E_eff) of the driven component [-].
    [[nodiscard]] double plastic_strain(const MeanState<Dim>& state) const noexcept
    {
        return prescription_.sign * (state.strain[component_] - state.stress[component_] / elastic_slope_);
    }

    /// Elastic slope E_eff of the driven component: stress per strain without events [GPa]. With uniform moduli it is E/(1 − ν²) for tension in plane
    /// strain, E for tension in plane stress and in 3D, and 2μ for shear.
    [[nodiscard]] double elastic_slope() const noexcept { return elastic_slope_; }

    /// Stress s σ at a load parameter if there have been no events since the load parameter `from` [GPa]. @param stress  s σ at `from` [GPa]
    [[nodiscard]] double elastic_stress(double load, double from, double stress) const noexcept
    {
        const double slope = prescription_.of == Prescription::Of::Strain ? prescription_.slope * elastic_slope_ : prescription_.slope;
        return stress + slope * (load - from);
    }
    /// Strain s Ē at a load parameter if there have been no events since the load parameter `from` [-]. @param strain  s Ē at `from` [-]
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
