#pragma once

#include <cstdint>

#include <shearwater/core/tensor.hpp>
#include <shearwater/stz/barrier.hpp>

/// Barriers of all modes of the eight voxels of a lane group. The pass over all voxels, the choice of a mode and the exact rate of a candidate use
/// one formula, so that they agree bit for bit.
namespace shearwater {

/// Quantities on which barriers depend and that all voxels share, in units of k_B T.
struct RateScales {
    int modes = 0;
    double work = 0.0;             ///< ½ V strain_unit/k_B T; the work is this times stress [GPa] and strain code
    double barrier = 0.0;          ///< mean ΔF/k_B T
    double barrier_unit = 0.0;     ///< barrier of code 1 over k_B T
    double relaxation_rate = 0.0;  ///< 1/τ [1/s]
    bool directional = true;
    double strain_unit = 0.0;  ///< strain coefficient of code 1
    double temporary = 0.0;    ///< κ_t
};

/// Quantities on which barriers depend and that each voxel of a group has.
struct GroupState {
    const std::int16_t* strains;   ///< [mode][coefficient][lane]
    const std::int16_t* barriers;  ///< [mode][lane], or null if all are equal
    const std::int16_t* previous;  ///< strain code of the last event [coefficient][lane]; null, as the next three, if no voxel has transformed
    const double* permanent;       ///< η_p [lane]
    const double* last_high;       ///< time of the last event [s], [lane]
    const double* last_low;
    const double* settled;  ///< stress-free barriers of softened modes over k_B T [mode][lane], once softening has stopped changing; or null
};

[[nodiscard]] SHEARWATER_INLINE bool any_positive(Lanes values) noexcept
{
    const IntegerLanes positive = values > 0.0;
    std::int64_t any = 0;
    for (int lane = 0; lane < lane_count; ++lane) any |= positive[lane];
    return any != 0;
}

/// η_t after the last event of each voxel, equal bit for bit to the result of `temporary_softening`.
template <int Dim>
[[nodiscard]] SHEARWATER_INLINE Lanes temporary_of(const RateScales& scales, const GroupState& group) noexcept
{
    Lanes squared{};
    for (int a = 0; a < deviator_size<Dim>; ++a) {
        const Lanes strain = scales.strain_unit * load(group.previous + a * lane_count);
        squared += strain * strain;
    }
    return scales.temporary * (0.5 * squared);
}

/// Time since the last event of each voxel in units of τ.
[[nodiscard]] SHEARWATER_INLINE Lanes age_of(const RateScales& scales, const GroupState& group, double now_high, double now_low) noexcept
{
    return ((now_high - load(group.last_high)) + (now_low - load(group.last_low))) * scales.relaxation_rate;
}

/// Quantities on which the stress-free barriers of a softened group depend at a time.
template <int Dim>
struct GroupSoftening {
    Lanes softening;                     ///< η (STZ paper, Eq. 10)
    Lanes previous[deviator_size<Dim>];  ///< strain code of the last event
    Lanes previous_squared;
};

template <int Dim>
[[nodiscard]] SHEARWATER_INLINE GroupSoftening<Dim> softening_of(const RateScales& scales, const GroupState& group, double now_high,
                                                                 double now_low) noexcept
{
    GroupSoftening<Dim> s{};
    s.softening = load(group.permanent) + temporary_of<Dim>(scales, group) * exp(-age_of(scales, group, now_high, now_low));
    for (int a = 0; a < deviator_size<Dim>; ++a) {
        s.previous[a] = load(group.previous + a * lane_count);
        s.previous_squared += s.previous[a] * s.previous[a];
    }
    return s;
}

/// ΔF/k_B T of a mode without softening.
[[nodiscard]] SHEARWATER_INLINE Lanes intrinsic_barrier(const RateScales& scales, const GroupState& group, int mode) noexcept
{
    Lanes intrinsic = broadcast(scales.barrier);
    if (group.barriers != nullptr) intrinsic += load(group.barriers + mode * lane_count) * scales.barrier_unit;
    return intrinsic;
}

/// ΔF exp(−D η)/k_B T of a mode. @param strain  strain codes of the mode
template <int Dim>
[[nodiscard]] SHEARWATER_INLINE Lanes softened_barrier_of(const RateScales& scales, const GroupState& group, const GroupSoftening<Dim>& s, int mode,
                                                          const Lanes* strain) noexcept
{
    Lanes aligned = broadcast(1.0);
    if (scales.directional) {
        Lanes along{};
        Lanes squared{};
        for (int a = 0; a < deviator_size<Dim>; ++a) {
            along += strain[a] * s.previous[a];
            squared += strain[a] * strain[a];
        }
        const Lanes norms = maximum(squared * s.previous_squared, broadcast(1.0));
        Lanes root;
        for (int lane = 0; lane < lane_count; ++lane) root[lane] = __builtin_sqrt(norms[lane]);
        aligned = alignment(along / root);
    }
    return softened_barrier(intrinsic_barrier(scales, group, mode), aligned, s.softening);
}

/// Age in units of τ from which on temporary softening no longer changes η in double precision: η_t e^-100 is below 1e-40, and η_p, if not zero, is a
/// fixed fraction of η_t.
inline constexpr double settled_age = 100.0;

/// Whether the softening of all eight voxels has stopped changing.
template <int Dim>
[[nodiscard]] SHEARWATER_INLINE bool is_settled(const RateScales& scales, const GroupState& group, double now_high, double now_low) noexcept
{
    if (group.previous == nullptr) return true;
    const Lanes young = temporary_of<Dim>(scales, group) > 0.0 ? settled_age - age_of(scales, group, now_high, now_low) : broadcast(-1.0);
    return !any_positive(young);
}

/// Age in units of τ below which the next event of a voxel belongs to the same burst as the last.
inline constexpr double burst_age = 10.0;

/// All ones in lanes whose voxels have transformed and are younger than `burst_age`.
template <int Dim>
[[nodiscard]] SHEARWATER_INLINE IntegerLanes is_fresh(const RateScales& scales, const GroupState& group, double now_high, double now_low) noexcept
{
    if (group.previous == nullptr) return IntegerLanes{};
    return temporary_of<Dim>(scales, group) > 0.0 && age_of(scales, group, now_high, now_low) < burst_age;
}

/// Computes the barriers of GroupState::settled. @param barriers  result [mode][lane]
template <int Dim>
SHEARWATER_INLINE void settle(const RateScales& scales, const GroupState& group, double now_high, double now_low, double* barriers) noexcept
{
    constexpr int n = deviator_size<Dim>;
    const auto softening = softening_of<Dim>(scales, group, now_high, now_low);
    for (int mode = 0; mode < scales.modes; ++mode) {
        Lanes strain[n];
        for (int a = 0; a < n; ++a) strain[a] = load(group.strains + (mode * n + a) * lane_count);
        store(barriers + mode * lane_count, softened_barrier_of<Dim>(scales, group, softening, mode, strain));
    }
}

/// Calls visit(mode, −Q/k_B T under the stress `begin`, the same under `end`) for every mode.
///
/// @param begin, end  deviatoric stress coefficients of the eight voxels [GPa], one Lanes each
/// @param now         time at which softening is taken, high and low part [s]
template <int Dim, class Visit>
SHEARWATER_INLINE void for_each_mode(const RateScales& scales, const GroupState& group, const Lanes* begin, const Lanes* end, double now_high,
                                     double now_low, Visit&& visit) noexcept
{
    constexpr int n = deviator_size<Dim>;
    Lanes work_begin[n];
    Lanes work_end[n];
    for (int a = 0; a < n; ++a) {
        work_begin[a] = begin[a] * scales.work;
        work_end[a] = end[a] * scales.work;
    }
    const bool softened =
        group.settled == nullptr && group.previous != nullptr && any_positive(load(group.permanent) + temporary_of<Dim>(scales, group));
    GroupSoftening<Dim> softening{};
    if (softened) softening = softening_of<Dim>(scales, group, now_high, now_low);
    for (int mode = 0; mode < scales.modes; ++mode) {
        Lanes strain[n];
        Lanes from_begin{};
        Lanes from_end{};
        for (int a = 0; a < n; ++a) {
            strain[a] = load(group.strains + (mode * n + a) * lane_count);
            from_begin += work_begin[a] * strain[a];
            from_end += work_end[a] * strain[a];
        }
        const Lanes stress_free = group.settled != nullptr ? load(group.settled + mode * lane_count)
                                  : softened               ? softened_barrier_of<Dim>(scales, group, softening, mode, strain)
                                                           : intrinsic_barrier(scales, group, mode);
        visit(mode, from_begin - stress_free, from_end - stress_free);
    }
}

}  // namespace shearwater
