#pragma once

#include <algorithm>
#include <cmath>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/stz/options.hpp>

/// Barrier, rate and softening of one voxel: pure functions.
namespace shearwater {

/// How much of a voxel's softening a mode sees, D = ((1 + cos θ)/2)²: 1 when it goes on in the direction of the
/// last event, 0 when it goes back.
///
/// @param cosine  cos θ between the mode and the last event in strain space
[[nodiscard]] SHEARWATER_INLINE Lanes alignment(Lanes cosine) noexcept
{
    const Lanes half = 0.5 * (1.0 + cosine);
    return half * half;
}

/// Stress-free barrier of a softened mode, ΔF exp(−D η) (first term of the STZ paper's Eq. 8), in the unit of ΔF.
///
/// @param intrinsic  stress-free barrier ΔF of the mode
/// @param aligned    D in [0, 1]: how much of the softening this direction sees [-]
/// @param softening  η ≥ 0 of the voxel now [-]
[[nodiscard]] SHEARWATER_INLINE Lanes softened_barrier(Lanes intrinsic, Lanes aligned, Lanes softening) noexcept
{
    return intrinsic * exp(-aligned * softening);
}

/// Rate of a mode, ν0 exp(−Q/k_B T) (STZ paper, Eq. 5), with −Q/k_B T cut at `largest_exponent` [1/s].
///
/// @param exponent   −Q/k_B T
/// @param frequency  ν0 [1/s]
[[nodiscard]] SHEARWATER_INLINE Lanes rate(Lanes exponent, double frequency) noexcept
{
    // Far below zero the voxel transforms at once and its rate does not matter; the sum of rates must stay finite.
    constexpr double largest_exponent = 150.0;
    return frequency * exp(minimum(exponent, broadcast(largest_exponent)));
}

/// Time in which temporary softening decays, τ = exp(Q_act/k_B T)/ν0 (STZ paper, Eq. 9) [s].
[[nodiscard]] inline double relaxation_time(const SofteningOptions& softening, const ActivationOptions& activation) noexcept
{
    return exponential_function(softening.relaxation_barrier / (boltzmann * activation.temperature)) / activation.attempt_frequency;
}

/// e² = ½ ε:ε of an event. @param strain  its deviatoric coefficients
template <std::size_t N>
[[nodiscard]] double squared_strain(const std::array<double, N>& strain) noexcept
{
    return 0.5 * dot(strain, strain);
}

/// Permanent softening after an event (STZ paper, Eq. 11): η_p ← min(η_p + κ_p e², η_max).
///
/// @param before          η_p before the event [-]
/// @param squared_strain  e² = ½ ε:ε of the event [-]
[[nodiscard]] inline double permanent_softening(const SofteningOptions& options, double before, double squared_strain) noexcept
{
    return std::min(before + options.permanent * squared_strain, options.limit);
}

/// Temporary softening just after an event (STZ paper, Eq. 12): η_t = κ_t e².
[[nodiscard]] inline double temporary_softening(const SofteningOptions& options, double squared_strain) noexcept
{
    return options.temporary * squared_strain;
}

}  // namespace shearwater
