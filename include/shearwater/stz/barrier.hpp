#pragma once

#include <algorithm>
#include <cmath>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/stz/options.hpp>

/// Barriers, rates and softening of one voxel, as pure functions. Equation numbers are those of the STZ paper (docs/theory/model.md).
namespace shearwater {

/// Alignment D = ((1 + cos θ)/2)² [-], the fraction of a voxel's softening that acts on a mode: 1 if the mode continues in the direction of the last
/// event, 0 if it reverses it.
///
/// @param cosine  cosine of the angle θ between the mode and the last event of the voxel in strain space
[[nodiscard]] SHEARWATER_INLINE Lanes alignment(Lanes cosine) noexcept
{
    const Lanes half = 0.5 * (1.0 + cosine);
    return half * half;
}

/// Stress-free barrier of a softened mode, ΔF exp(−D η) (first term of Eq. 8), in the unit of ΔF.
///
/// @param intrinsic  stress-free barrier ΔF of the mode
/// @param aligned    alignment D of the mode, in [0, 1] [-]
/// @param softening  softening η ≥ 0 of the voxel [-]
[[nodiscard]] SHEARWATER_INLINE Lanes softened_barrier(Lanes intrinsic, Lanes aligned, Lanes softening) noexcept
{
    return intrinsic * exp(-aligned * softening);
}

/// Rate of a mode, ν0 exp(−Q/k_B T) (Eq. 5), with −Q/k_B T limited to `largest_exponent` [1/s].
///
/// @param exponent   −Q/k_B T [-]
/// @param frequency  attempt frequency ν0 [1/s]
[[nodiscard]] SHEARWATER_INLINE Lanes rate(Lanes exponent, double frequency) noexcept
{
    // A voxel with Q far below zero transforms at once, so that its rate does not matter; but sums of rates must remain finite.
    constexpr double largest_exponent = 150.0;
    return frequency * exp(minimum(exponent, broadcast(largest_exponent)));
}

/// Relaxation time of temporary softening, τ = exp(Q_act/k_B T)/ν0 (Eq. 9) [s].
[[nodiscard]] inline double relaxation_time(const SofteningOptions& softening, const ActivationOptions& activation) noexcept
{
    return exponential_function(softening.relaxation_barrier / (boltzmann * activation.temperature)) / activation.attempt_frequency;
}

/// Squared von Mises strain e² = ½ ε:ε of an event [-]. @param strain  deviatoric coefficients of ε
template <std::size_t N>
[[nodiscard]] double squared_strain(const std::array<double, N>& strain) noexcept
{
    return 0.5 * dot(strain, strain);
}

/// Permanent softening after an event (Eq. 11): η_p ← min(η_p + κ_p e², η_max) [-].
///
/// @param before          η_p before the event [-]
/// @param squared_strain  e² = ½ ε:ε of the event [-]
[[nodiscard]] inline double permanent_softening(const SofteningOptions& options, double before, double squared_strain) noexcept
{
    return std::min(before + options.permanent * squared_strain, options.limit);
}

/// Temporary softening immediately after an event (Eq. 12): η_t = κ_t e² [-]. @param squared_strain  e² = ½ ε:ε of the event [-]
[[nodiscard]] inline double temporary_softening(const SofteningOptions& options, double squared_strain) noexcept
{
    return options.temporary * squared_strain;
}

}  // namespace shearwater
