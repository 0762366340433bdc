#pragma once

namespace shearwater {

/// Distribution of the strains of modes, in terms of their n deviatoric coefficients.
enum class Magnitude {
    Gaussian,  ///< every coefficient is (γ*/√n) z with z ~ N(0, 1)
    Fixed,     ///< the direction is uniformly random and the length is γ*/√2
};

/// What a voxel draws anew after an event.
enum class Redraw {
    All,      ///< strains and barriers
    Strains,  ///< strains only
};

/// Options of the event catalogue (STZ paper, section 2.3 and Table 1).
struct CatalogueOptions {
    int modes = 20;        ///< M
    double strain = 0.14;  ///< γ* [-]
    Magnitude magnitude = Magnitude::Gaussian;
    double barrier = 2.0;       ///< mean ΔF [eV]
    double barrier_std = 0.25;  ///< s_F [eV]
    Redraw redraw = Redraw::Strains;
    /// Whether the strains of all modes are negated. It is set by a test of symmetries only; no key of a deck sets it.
    bool mirrored = false;
};

/// Options of barriers and rates (STZ paper, Eqs. 5 and 8).
struct ActivationOptions {
    double volume = 0.49;             ///< V [nm³]
    double attempt_frequency = 1e13;  ///< ν0 [1/s]
    double temperature = 300.0;       ///< T [K]
};

/// The thermal stress k_B T/(V γ*), whose work on a typical mode is about k_B T, relative to its value for the default parameters (300 K, 0.49 nm³,
/// 0.14) [-]. For these the result is exactly 1.
///
/// All tolerances, allowances and thresholds of stresses are multiples of it, so that they correspond to the same factor of a rate at every
/// temperature, activation volume and strain.
[[nodiscard]] constexpr double thermal_stress_scale(const ActivationOptions& activation, const CatalogueOptions& catalogue) noexcept
{
    constexpr ActivationOptions usual_activation{};
    constexpr CatalogueOptions usual_catalogue{};
    return (activation.temperature / usual_activation.temperature) * (usual_activation.volume / activation.volume) *
           (usual_catalogue.strain / catalogue.strain);
}

/// Options of the softening of voxels that have transformed (STZ paper, Eqs. 9-12).
struct SofteningOptions {
    double permanent = 26.0;             ///< κ_p [-]
    double temporary = 78.0;             ///< κ_t [-]
    double limit = 0.51082562376599072;  ///< η_max [-], −ln 0.6
    double relaxation_barrier = 0.37;    ///< Q_act [eV]
    bool directional = true;             ///< whether D depends on the angle to the last event (stz/barrier.hpp); otherwise D = 1
};

}  // namespace shearwater
