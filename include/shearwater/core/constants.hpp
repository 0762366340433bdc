#pragma once

/// Physical constants and the unit system: length nm, stress GPa, energy eV, time s, temperature K.
namespace shearwater {

/// Boltzmann constant [eV/K] (CODATA 2018, exact).
inline constexpr double boltzmann = 8.617333262e-5;

/// Work of 1 GPa over 1 nm³ [eV].
inline constexpr double electronvolt_per_gpa_nm3 = 6.241509;

}  // namespace shearwater
