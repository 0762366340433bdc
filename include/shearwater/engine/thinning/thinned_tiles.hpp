#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/thinning/bounded_tiles.hpp>

namespace shearwater {

/// Tiles whose next event is found by thinning, while they are advanced: all tiles of a rank, or those of a block. The class refreshes bounds,
/// decides candidates at their own times, and finds vanishing barriers, in a window of time and with the best available stress.
///
/// This class holds the data of one advance, and the BoundedTiles of the rank hold the data on which bounds are based. Therefore tiles of several
/// parts may be in progress at once, each part with a stress source of its own.
/// @tparam Stress  source of the stress of tiles
template <int Dim, StressSource<Dim> Stress>
class ThinnedTiles {
  public:
    static constexpr int n = deviator_size<Dim>;
    using SavedBound = shearwater::SavedBound;

    /// Keeps references to `bounds` and `stress`. @param part  part of the rank that consists of these tiles
    ThinnedTiles(BoundedTiles<Dim>& bounds, Stress& stress, int part)
        : bounds_(bounds), glass_(bounds.glass()), stress_(stress), part_(part), modes_(glass_.scales())
    {
    }

    /// Number of tiles of the rank.
    [[nodiscard]] int tile_count() const noexcept { return glass_.tile_count(); }
    [[nodiscard]] std::int64_t tile_id(int tile) const noexcept { return glass_.tiles().tiles()[tile].id; }
    [[nodiscard]] std::int64_t voxel_id(const Place& place) const noexcept { return glass_.tiles().voxel_id(place.slot); }

    /// Begins a window. From then on bounds must hold to its end.
    void begin(const Window& window);

    /// Tiles whose bounds have expired, once each.
    [[nodiscard]] std::vector<int> take_expired() { return bounds_.take_expired(part_); }

    /// Computes the rates of a tile and bounds them.
    /// @param next  tile that will be refreshed next, whose data are prefetched, or −1
    TileBounds refresh(int tile, int next);

    /// The present bound of a tile [1/s].
    [[nodiscard]] double bound(int tile) const noexcept { return bounds_.bound(tile); }

    /// Decides a candidate that a tile has drawn at the rate `bound`. @param delay  delay after the beginning of the window [s]
    /// @param share  share of the tile's bound, which selects a voxel, in (0, 1]  @param acceptance  share of that voxel's bound, in (0, 1]
    [[nodiscard]] Decision decide(int tile, double delay, double share, double acceptance);

    /// Bounds a tile anew from `since` after the beginning of the window on, with the softening at that time but the same stress [s].
    void tighten(int tile, double since);
    [[nodiscard]] SavedBound save(int tile) const { return bounds_.save(tile); }
    void restore(int tile, SavedBound&& saved) { bounds_.restore(tile, std::move(saved)); }

    /// A lower bound of the barriers of a refreshed tile anywhere in the window, and of those that `instability` can report, uncertainty included
    /// [eV].
    [[nodiscard]] double lowest_possible(int tile) const noexcept
    {
        const TileState<Dim>& state = bounds_.state(tile);
        const double error = 2.0 * stress_.remainder(state.mark.leaf);
        return -glass_.thermal_energy() * (state.peak + 1e-9 + state.sensitivity * (state.uncertainty + bounds_.drift(state) + error));
    }

    /// Barriers of a tile that have vanished or may vanish within the window.
    /// @param certain_below  barriers that may be as low as this are computed without uncertainty [eV]
    [[nodiscard]] TileInstability instability(int tile, double certain_below);

    /// The event in which this mode transforms at `delay` after the beginning of the window.
    [[nodiscard]] Event event(const Place& place, double delay, bool athermal);

    /// The lowest mode of every voxel of the rank whose barrier has vanished.
    [[nodiscard]] std::vector<Event> flips();

    /// A voxel of a refreshed tile whose rate is not finite.
    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept { return bounds_.broken_voxel(tile); }

    /// Adds the bound of the stress of an event of the open source to the drifts of near tiles. @param norm  norm of the strain of the event
    void expect_near(double norm);

    /// Largest difference of the stresses of the rank from given ones, less their remainder [GPa]; infinite if a stress is not a number.
    /// @param exact  stress at zero mean strain, in box order [GPa]
    [[nodiscard]] double excess_over_remainder(const Fields& exact);

    /// Compares the bounds of all tiles, which must have been refreshed, with the true rates anywhere in the window. Changes nothing. For tests.
    ///
    /// Along the ramp the sum of rates is convex, so that the ends of the window suffice. Softening, which only decays, is taken at the present time.
    /// @param stress  stress at zero mean strain, in box order, from a solve of the whole field (ElasticCell::stress) [GPa]
    [[nodiscard]] BoundAudit audit(const Fields& stress);
    /// Has the exact rate of every candidate computed and compared with its bound, also where it is not needed to reject the candidate. For tests.
    void audit_candidates() noexcept { audits_candidates_ = true; }

  private:
    // The following stresses are multiples of thermal_stress_scale.
    /// Smallest allowance of a bound [GPa].
    static constexpr double least_allowance = 0.05;
    /// Largest allowance of a bound [GPa].
    static constexpr double most_allowance = 1.0;

    [[nodiscard]] RatesFound rates(int tile, const PreciseTime& since, bool only_relaxing, int next);
    [[nodiscard]] int drawn_slot(const Tile& here, double remaining) const noexcept;
    /// Computes the exponents of a group under two stresses, with the softening at a time.
    void find_modes(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time)
    {
        modes_.find(glass_, group, begin, end, window_.now, time);
    }
    void make_exact(int group, int tile, unsigned lanes, Lanes* stress) { stress_.make_exact(group, bounds_.state(tile).mark.leaf, lanes, stress); }

    /// Best available stress of a group at zero mean strain. @return bound of its error [GPa]
    double eigenstress(int group, int tile, Lanes* stress);
    /// Adds the mean stress to the stress at zero mean strain.
    void add_mean_at(double progress, int group, Lanes* stress) const;
    /// Best available stress of a group when a fraction `progress` of the window has passed. @return bound of its error [GPa]
    double group_stress(int group, int tile, double progress, Lanes* stress);
    [[nodiscard]] double exponent(const Place& place, double delay);
    [[nodiscard]] std::pair<int, double> lowest_mode(int slot, int tile);
    void add_instability(int group, int tile, double certain_below, TileInstability& found);
    void add_vanished(const Place& place, double barrier, double uncertainty, TileInstability& found) const;
    void audit_candidate(int tile, int slot, double delay);
    [[nodiscard]] static bool is_finite(const Lanes* stress, int lane) noexcept;

    /// Fraction of the window that has passed after a delay [s].
    [[nodiscard]] double progress(double delay) const noexcept
    {
        return window_.duration > 0.0 && std::isfinite(window_.duration) ? delay / window_.duration : 0.0;
    }
    [[nodiscard]] PreciseTime when(double delay) const noexcept { return window_.frozen ? window_.now : window_.now + delay; }

    BoundedTiles<Dim>& bounds_;
    GlassState<Dim>& glass_;
    Stress& stress_;
    int part_;
    Window window_;
    MeanShift<Dim> begin_shift_;  ///< mean stress at the beginning of the window
    MeanShift<Dim> end_shift_;    ///< mean stress at the end of the window
    GroupModes<Dim> modes_;       ///< modes of the group that is being computed
    std::vector<int> exhausted_;  ///< tiles whose drift the last event may raise beyond their allowance, before a measurement
    bool audits_candidates_ = false;
};

template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::begin(const Window& window)
{
    window_ = window;
    begin_shift_ = glass_.mean().shift(window.load_begin);
    end_shift_ = window.load_end == window.load_begin ? begin_shift_ : glass_.mean().shift(window.load_end);
    bounds_.follow_mean(begin_shift_, end_shift_, stress_);
}

template <int Dim, StressSource<Dim> Stress>
RatesFound ThinnedTiles<Dim, Stress>::rates(int tile, const PreciseTime& since, bool only_relaxing, int next)
{
    TileState<Dim>& state = bounds_.state(tile);
    const auto found = compute_rates<Dim>(
        bounds_.voxels(), {tile, state, stress_.near(tile, state.mark), window_.now, since, only_relaxing, stress_.next_in_far(), next});
    state.total = found.total;
    state.rested = found.rested;
    state.since = since;
    return found;
}

template <int Dim, StressSource<Dim> Stress>
TileBounds ThinnedTiles<Dim, Stress>::refresh(int tile, int next)
{
    TileState<Dim>& state = bounds_.state(tile);
    const bool has_far = bounds_.response().has_kernel();
    state.is_expired = false;
    stress_.catch_up(tile, state.mark);
    state.near_drift = state.waiting = state.mean_drift = state.rounding = 0.0;
    state.far_mark = has_far ? bounds_.response().far().moved(state.mark.leaf) : 0.0;
    state.mean = bounds_.followed_mean();
    state.mean_cover = std::max(
        {bounds_.mean_reserve(), bounds_.mean_distance(state, begin_shift_, state.mean), bounds_.mean_distance(state, end_shift_, state.mean)});
    state.uncertainty = state.mean_cover + BoundedTiles<Dim>::reference_rounding + (has_far ? stress_.far_uncertainty(state.mark.leaf) : 0.0);
    const auto found = rates(tile, window_.now, false, next);
    state.peak = found.peak;
    state.critical_groups = found.critical_groups;
    const double certain = state.total * exponential_function(state.sensitivity * state.uncertainty);
    const double least = least_allowance * bounds_.stress_scale();
    const double most = most_allowance * bounds_.stress_scale();
    const double wanted = certain > 0.0 ? logarithm(window_.idle_rate / certain) / state.sensitivity : most;
    const double to_vanishing = (-state.peak - 1e-9) / state.sensitivity - state.uncertainty;
    state.allowance = std::max(0.0, std::min(std::clamp(wanted, least, most), to_vanishing));
    state.inflation = (1.0 + 1e-5) * exponential_function(state.sensitivity * (state.uncertainty + state.allowance));
    // The exponential does not pass on a NaN.
    if (!std::isfinite(state.uncertainty)) state.inflation = state.uncertainty;
    return {state.total * state.inflation, state.critical_groups != 0};
}

template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::tighten(int tile, double since)
{
    // The stress is the one at the refresh: only softening has changed, and the drift since the refresh still counts.
    std::ignore = rates(tile, when(since), true, -1);
}

template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::expect_near(double norm)
{
    // The data of all tiles that must be measured are prefetched before the first measurement.
    exhausted_.clear();
    for (const auto& [tile, reach] : stress_.near_tiles()) {
        TileState<Dim>& state = bounds_.state(tile);
        state.waiting += norm * reach;
        if (state.is_expired || bounds_.drift(state) <= state.allowance) continue;
        exhausted_.push_back(tile);
        bounds_.voxels().prefetch_stress_of(glass_.tiles().tiles()[tile]);
    }
    for (const int tile : exhausted_) bounds_.check(tile, stress_);
}

template <int Dim, StressSource<Dim> Stress>
double ThinnedTiles<Dim, Stress>::eigenstress(int group, int tile, Lanes* stress)
{
    StressMark& mark = bounds_.state(tile).mark;
    stress_.catch_up(tile, mark);
    glass_.load_stress(group, stress);
    if (!bounds_.response().has_kernel()) return 0.0;
    const auto& first = glass_.tiles().groups()[group].first;
    bounds_.response().far().add_stress(mark.leaf, first, stress);
    if (const auto* source = stress_.seen(tile)) glass_.cell().kernel()->add(source->at, source->strain.data(), first, stress);
    return stress_.remainder(mark.leaf);
}

template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::add_mean_at(double progress, int group, Lanes* stress) const
{
    Lanes end[n];
    std::copy_n(stress, n, end);
    glass_.mean().add(group, begin_shift_, stress);
    glass_.mean().add(group, end_shift_, end);
    for (int a = 0; a < n; ++a) stress[a] += progress * (end[a] - stress[a]);
}

template <int Dim, StressSource<Dim> Stress>
double ThinnedTiles<Dim, Stress>::group_stress(int group, int tile, double progress, Lanes* stress)
{
    const double error = eigenstress(group, tile, stress);
    add_mean_at(progress, group, stress);
    return error;
}

/// Whether the stress of a lane is finite. The check is needed because the exponential does not pass on a NaN.
template <int Dim, StressSource<Dim> Stress>
bool ThinnedTiles<Dim, Stress>::is_finite(const Lanes* stress, int lane) noexcept
{
    return std::all_of(stress, stress + n, [&](const Lanes& coefficient) { return std::isfinite(coefficient[lane]); });
}

/// −Q/k_B T of a mode with the best available stress.
template <int Dim, StressSource<Dim> Stress>
double ThinnedTiles<Dim, Stress>::exponent(const Place& place, double delay)
{
    const int group = place.slot / lane_count;
    Lanes stress[n];
    group_stress(group, glass_.tile_of(place.slot), progress(delay), stress);
    find_modes(group, stress, stress, when(delay));
    return modes_.exponent(place.mode, 0, place.slot % lane_count);
}

template <int Dim, StressSource<Dim> Stress>
Event ThinnedTiles<Dim, Stress>::event(const Place& place, double delay, bool athermal)
{
    return glass_.make_event(place, exponent(place, delay), window_.now + delay, athermal);
}

}  // namespace shearwater

#include <shearwater/engine/thinning/thinned_tiles_decide.hpp>
