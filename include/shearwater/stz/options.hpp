#pragma once

namespace shearwater {

enum class Magnitude {
    Gaussian,  ///< every coefficient (γ*/√n) z, z ~ N(0, 1)
    Fixed,     ///< a uniformly random direction of length γ*/√2
};

enum class Redraw {
    All,      ///< after an event a voxel gets new strains and new barriers
    Strains,  ///< new strains only
};

/// The event catalogue of a voxel (STZ paper, section 2.3 and Table 1).
struct CatalogueOptions {
    int modes = 20;        ///< M
    double strain = 0.14;  ///< γ* [-]
    Magnitude magnitude = Magnitude::Gaussian;
    double barrier = 2.0;       ///< mean ΔF [eV]
    double barrier_std = 0.25;  ///< s_F [eV]
    Redraw redraw = Redraw::Strains;
    /// The strains of all modes are negated. A test of symmetries sets it; no key of a deck does.
    bool mirrored = false;
};

/// How barriers turn into rates (STZ paper, Eqs. 5 and 8).
struct ActivationOptions {
    double volume = 0.49;             ///< V [nm³]
    double attempt_frequency = 1e13;  ///< ν0 [1/s]
    double temperature = 300.0;       ///< T [K]
};

/// How much stress matters: k_B T/(V γ*), the stress whose work on a typical mode is k_B T or so, as a multiple of what it is with the default
/// parameters (300 K, 0.49 nm³, 0.14), where the result is exactly 1.
///
/// Whatever the program allows stresses to be wrong or to move by, for a while, is a multiple of this: a rate is then wrong by the same factor at every
/// temperature, volume and strain.
[[nodiscard]] constexpr double thermal_stress_scale(const ActivationOptions& activation, const CatalogueOptions& catalogue) noexcept
{
    constexpr ActivationOptions usual_activation{};
    constexpr CatalogueOptions usual_catalogue{};
    return (activation.temperature / usual_activation.temperature) * (usual_activation.volume / activation.volume) *
           (usual_catalogue.strain / catalogue.strain);
}

/// Softening of a voxel that has transformed (STZ paper, Eqs. 9-12).
struct SofteningOptions {
    double permanent = 26.0;             ///< κ_p [-]
    double temporary = 78.0;             ///< κ_t [-]
    double limit = 0.51082562376599072;  ///< η_max [-], −ln 0.6
    double relaxation_barrier = 0.37;    ///< Q_act [eV]
    bool directional = true;             ///< only modes along the last event soften fully
};

}  // namespace shearwater
