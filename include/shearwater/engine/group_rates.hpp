#pragma once

#include <cstdint>

#include <shearwater/core/tensor.hpp>
#include <shearwater/stz/barrier.hpp>

/// Barriers of all modes of the eight voxels of a lane group. One formula serves the pass over all voxels, the choice of a mode and
/// the exact rate of a candidate, so that they agree bit for bit.
namespace shearwater {

/// What barriers depend on and all voxels share, in units of k_B T.
struct RateScales {
    int modes = 0;
    double work = 0.0;             ///< ½ V strain_unit/k_B T: times stress [GPa] and strain code gives work
    double barrier = 0.0;          ///< mean ΔF/k_B T
    double barrier_unit = 0.0;     ///< per barrier code
    double relaxation_rate = 0.0;  ///< 1/τ [1/s]
    bool directional = true;
};

/// What barriers depend on and each voxel of a group has of its own.
struct GroupState {
    const std::int16_t* strains;   ///< [mode][coefficient][lane]
    const std::int16_t* barriers;  ///< [mode][lane], or null when all are equal
    const std::int16_t* previous;  ///< last event's strain code [coefficient][lane]
    const double* permanent;       ///< η_p [lane]
    const double* temporary;       ///< η_t after the last event [lane]
    const double* last_high;       ///< time of the last event [s], [lane]
    const double* last_low;
};

[[nodiscard]] SHEARWATER_INLINE bool any_positive(Lanes values) noexcept
{
    const IntegerLanes positive = values > 0.0;
    std::int64_t any = 0;
    for (int lane = 0; lane < lane_count; ++lane) any |= positive[lane];
    return any != 0;
}

/// Softening η of the eight voxels at a time (STZ paper, Eq. 10).
[[nodiscard]] SHEARWATER_INLINE Lanes softening_of(const RateScales& scales, const GroupState& group, double now_high, double now_low) noexcept
{
    const Lanes elapsed = (now_high - load(group.last_high)) + (now_low - load(group.last_low));
    return load(group.permanent) + load(group.temporary) * exp(-elapsed * scales.relaxation_rate);
}

/// Calls visit(mode, −Q/k_B T under the stress `begin`, the same under `end`) for every mode.
///
/// @param begin, end  deviatoric stress coefficients of the eight voxels [GPa], Dim's number of Lanes each
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
    const bool softened = any_positive(load(group.permanent) + load(group.temporary));
    Lanes softening{};
    Lanes previous[n] = {};
    Lanes previous_squared{};
    if (softened) {
        softening = softening_of(scales, group, now_high, now_low);
        for (int a = 0; a < n; ++a) {
            previous[a] = load(group.previous + a * lane_count);
            previous_squared += previous[a] * previous[a];
        }
    }
    for (int mode = 0; mode < scales.modes; ++mode) {
        const std::int16_t* code = group.strains + mode * n * lane_count;
        Lanes strain[n];
        Lanes from_begin{};
        Lanes from_end{};
        for (int a = 0; a < n; ++a) {
            strain[a] = load(code + a * lane_count);
            from_begin += work_begin[a] * strain[a];
            from_end += work_end[a] * strain[a];
        }
        Lanes intrinsic = broadcast(scales.barrier);
        if (group.barriers != nullptr) intrinsic += load(group.barriers + mode * lane_count) * scales.barrier_unit;
        if (softened) {
            Lanes aligned = broadcast(1.0);
            if (scales.directional) {
                Lanes along{};
                Lanes squared{};
                for (int a = 0; a < n; ++a) {
                    along += strain[a] * previous[a];
                    squared += strain[a] * strain[a];
                }
                const Lanes norms = maximum(squared * previous_squared, broadcast(1.0));
                Lanes root;
                for (int lane = 0; lane < lane_count; ++lane) root[lane] = __builtin_sqrt(norms[lane]);
                aligned = alignment(along / root);
            }
            intrinsic = softened_barrier(intrinsic, aligned, softening);
        }
        visit(mode, from_begin - intrinsic, from_end - intrinsic);
    }
}

}  // namespace shearwater
