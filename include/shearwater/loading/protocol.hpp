#pragma once

#include <shearwater/elasticity/mean_response.hpp>

namespace shearwater {

enum class Protocol {
    Tension,      ///< mean strain yy rises, every other mean stress is zero
    Compression,  ///< mean strain yy falls, every other mean stress is zero
    Shear,        ///< mean strain xy (tensor component) rises, every other mean stress is zero
};

struct LoadingOptions {
    Protocol protocol = Protocol::Tension;
    double max_strain = 0.12;           ///< the run ends when the applied strain reaches it [-]
    double stop_plastic_strain = 0.02;  ///< or at the first event that brings the plastic strain to it [-]
};

/// A strain-controlled loading of the cell: one component of the mean strain follows the applied strain, all other mean stresses are zero.
template <int Dim>
class Loading {
  public:
    /// @param mean_stiffness  ⟨A⟩ of the cell [GPa]
    Loading(Protocol protocol, const typename MeanResponse<Dim>::Stiffness& mean_stiffness);

    /// Mean strain and stress at an applied strain ≥ 0. @param eigenstress  of the eigenstrains at zero mean strain [GPa]
    [[nodiscard]] MeanState<Dim> state(double applied_strain, const SymmetricTensor<Dim>& eigenstress) const noexcept;

    /// s σ of the driven component, s = ±1 the sign of the loading [GPa].
    [[nodiscard]] double stress(const MeanState<Dim>& state) const noexcept { return sign_ * state.stress[component_]; }

    /// ε_p = s (Ē − σ/E_eff) of the driven component [-].
    [[nodiscard]] double plastic_strain(const MeanState<Dim>& state) const noexcept
    {
        return sign_ * (state.strain[component_] - state.stress[component_] / slope_);
    }

    /// E_eff, the elastic slope of this loading [GPa]. Uniform tension: E/(1 − ν²) in plane strain, E in plane stress and 3D; shear: 2 μ.
    [[nodiscard]] double elastic_slope() const noexcept { return slope_; }

  private:
    int component_;
    double sign_;
    MeanResponse<Dim> response_;
    double slope_;
};

}  // namespace shearwater
