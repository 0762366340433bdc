#pragma once

/// Decisions of ThinnedTiles: candidates, vanishing barriers, and audits of bounds. Part of thinned_tiles.hpp.

#include <shearwater/engine/thinning/thinned_tiles.hpp>

namespace shearwater {

/// The voxel of a tile that a share of the sum of its rates selects. @param remaining  this share [1/s]
template <int Dim, StressSource<Dim> Stress>
int ThinnedTiles<Dim, Stress>::drawn_slot(const Tile& here, double remaining) const noexcept
{
    const int first = lane_count * here.first_group;
    const int last = first + lane_count * here.groups;
    int slot = -1;
    for (int candidate = first; candidate < last; ++candidate) {
        if (bounds_.rate_of(candidate) <= 0.0) continue;
        if (slot >= 0) remaining -= bounds_.rate_of(slot);
        slot = candidate;
        // Rounding may leave a remainder beyond the last voxel. The last voxel is then selected.
        if (remaining <= bounds_.rate_of(candidate)) break;
    }
    return slot;
}

template <int Dim, StressSource<Dim> Stress>
Decision ThinnedTiles<Dim, Stress>::decide(int tile, double delay, double share, double acceptance)
{
    const TileState<Dim>& state = bounds_.state(tile);
    if (bounds_.response().has_kernel()) bounds_.response().far().prefetch(state.mark.leaf);
    const int slot = drawn_slot(glass_.tiles().tiles()[tile], share * state.total);
    const int group = slot / lane_count;
    const int lane = slot % lane_count;
    bounds_.voxels().prefetch_group(group);
    const double bound = bounds_.rate_of(slot) * state.inflation;
    const double level = acceptance * bound;
    Decision decision;
    const bool is_later = state.since < when(delay);
    decision.fading = is_later && !is_settled<Dim>(glass_.scales(), glass_.group_state(group), state.since.high(), state.since.low());
    if (audits_candidates_) audit_candidate(tile, slot, delay);
    // The present drift may already show that the rate is too low.
    if (level > bounds_.bound_by_drift(tile, slot)) return decision;
    Lanes stress[n];
    const double error = group_stress(group, tile, progress(delay), stress);
    for (double uncertainty = error;; uncertainty = 0.0) {
        find_modes(group, stress, stress, when(delay));
        modes_.find_rates(lane, glass_.frequency());
        const double factor = exponential_function(state.sensitivity * uncertainty);
        double sum = 0.0;
        int mode = -1;
        bool is_certain = true;
        for (int m = 0; m < modes_.modes(); ++m) {
            const double before = sum;
            sum += modes_.rate(m);
            // A mode is certain if its part of the sum contains the level for any error of the stress.
            if (mode >= 0 || level > sum * factor) continue;
            mode = m;
            is_certain = level > before * factor && level * factor <= sum;
        }
        decision.broken = !std::isfinite(sum) || !is_finite(stress, lane);
        decision.place = {slot, mode};
        if (decision.broken) return decision;
        SHEARWATER_EXPECTS(sum <= bound * factor * (1.0 + 1e-9));
        if (mode < 0 || is_certain || uncertainty == 0.0) {
            decision.accepted = mode >= 0;
            return decision;
        }
        make_exact(group, tile, 1U << lane, stress);
    }
}

template <int Dim, StressSource<Dim> Stress>
TileInstability ThinnedTiles<Dim, Stress>::instability(int tile, double certain_below)
{
    TileInstability found;
    found.delay = std::numeric_limits<double>::infinity();
    found.barrier = std::numeric_limits<double>::infinity();
    const Tile& here = glass_.tiles().tiles()[tile];
    for (int i = 0; i < here.groups; ++i)
        if ((bounds_.state(tile).critical_groups >> i & 1U) != 0) add_instability(here.first_group + i, tile, certain_below, found);
    return found;
}

/// Adds the instabilities of a group to those found in its tile.
template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::add_instability(int group, int tile, double certain_below, TileInstability& found)
{
    const double thermal_energy = glass_.thermal_energy();
    const int lanes = glass_.tiles().groups()[group].lanes;
    Lanes begin[n];
    Lanes end[n];
    const double margin = bounds_.state(tile).sensitivity * eigenstress(group, tile, begin);
    std::copy_n(begin, n, end);
    add_mean_at(0.0, group, begin);
    add_mean_at(1.0, group, end);
    find_modes(group, begin, end, window_.now);
    // Sums over all pending events are computed where it would otherwise be uncertain whether a barrier has vanished, or which is lowest. For
    // barriers that will vanish, a time before which they do not vanish suffices; they are evaluated again at that time.
    constexpr double rounding = 1e-9;  // a barrier that is due is summed, and not postponed by ever shorter times
    unsigned sum = 0;
    for (int mode = 0; mode < modes_.modes(); ++mode)
        for (int lane = 0; lane < lanes; ++lane) {
            const double now = modes_.exponent(mode, 0, lane);
            if (now + margin < -rounding) continue;
            if (now - margin <= 0.0 || -thermal_energy * (now + margin) <= certain_below) sum |= 1U << lane;
        }
    if (sum != 0 && margin > 0.0) {
        make_exact(group, tile, sum, begin);
        make_exact(group, tile, sum, end);
        find_modes(group, begin, end, window_.now);
    }
    for (int lane = 0; lane < lanes; ++lane) {
        const double uncertainty = (sum >> lane & 1U) != 0 ? 0.0 : margin * thermal_energy;
        bool has_vanished = false;
        for (int mode = 0; mode < modes_.modes(); ++mode) {
            const double barrier = -thermal_energy * modes_.exponent(mode, 0, lane);
            const double at_end = -thermal_energy * modes_.exponent(mode, 1, lane);
            if (barrier <= 0.0) {
                has_vanished = true;
                add_vanished({lane_count * group + lane, mode}, barrier, uncertainty, found);
            } else if (at_end - uncertainty < 0.0) {
                found.delay = std::min(found.delay, window_.duration * ((barrier - uncertainty) / (barrier - at_end)));
            }
        }
        found.count += has_vanished ? 1 : 0;
    }
}

/// Adds a vanished barrier to those found, as the lowest or as a runner-up.
template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::add_vanished(const Place& place, double barrier, double uncertainty, TileInstability& found) const
{
    const auto rank_of = [&](double height, const Place& at) { return std::tuple(height, voxel_id(at), at.mode); };
    if (found.lowest.slot >= 0 && rank_of(found.barrier, found.lowest) < rank_of(barrier, place)) {
        found.runner_up = std::min(found.runner_up, barrier - uncertainty);
        return;
    }
    if (found.lowest.slot >= 0) found.runner_up = std::min(found.runner_up, found.barrier - found.uncertainty);
    found.lowest = place;
    found.barrier = barrier;
    found.uncertainty = uncertainty;
}

template <int Dim, StressSource<Dim> Stress>
std::vector<Event> ThinnedTiles<Dim, Stress>::flips()
{
    std::vector<Event> events;
    for (int tile = 0; tile < tile_count(); ++tile) {
        if (bounds_.state(tile).critical_groups == 0) continue;
        const Tile& here = glass_.tiles().tiles()[tile];
        for (int group = here.first_group; group < here.first_group + here.groups; ++group)
            for (int lane = 0; lane < glass_.tiles().groups()[group].lanes; ++lane) {
                const int slot = lane_count * group + lane;
                const auto lowest = lowest_mode(slot, tile);
                if (lowest.second >= 0.0) events.push_back(glass_.make_event({slot, lowest.first}, lowest.second, window_.now, true));
            }
    }
    return events;
}

/// The mode of a voxel with the lowest barrier now, and its −Q/k_B T, which is exact if it may be positive.
template <int Dim, StressSource<Dim> Stress>
std::pair<int, double> ThinnedTiles<Dim, Stress>::lowest_mode(int slot, int tile)
{
    const int group = slot / lane_count;
    const int lane = slot % lane_count;
    Lanes stress[n];
    const double error = group_stress(group, tile, 0.0, stress);
    std::pair<int, double> lowest;
    for (int pass = 0; pass < 2; ++pass) {
        lowest = {-1, -std::numeric_limits<double>::infinity()};
        find_modes(group, stress, stress, window_.now);
        for (int mode = 0; mode < modes_.modes(); ++mode)
            if (modes_.exponent(mode, 0, lane) > lowest.second) lowest = {mode, modes_.exponent(mode, 0, lane)};
        if (pass == 1 || lowest.second + bounds_.state(tile).sensitivity * error < 0.0) break;
        make_exact(group, tile, 1U << lane, stress);
    }
    return lowest;
}

template <int Dim, StressSource<Dim> Stress>
double ThinnedTiles<Dim, Stress>::excess_over_remainder(const Fields& exact)
{
    const auto& tiles = glass_.tiles();
    double worst = 0.0;
    for (int group = 0; group < static_cast<int>(tiles.groups().size()); ++group) {
        const int tile = glass_.tile_of(lane_count * group);
        Lanes stress[n];
        eigenstress(group, tile, stress);
        const double allowed = bounds_.response().has_kernel() ? bounds_.response().far().remainder(bounds_.state(tile).mark.leaf) : 0.0;
        for (int lane = 0; lane < tiles.groups()[group].lanes; ++lane) {
            const auto place = tiles.box().local(tiles.voxel(lane_count * group + lane));
            double squared = 0.0;
            for (int a = 0; a < n; ++a) squared += std::pow(stress[a][lane] - exact[a][place], 2);
            const double excess = std::sqrt(squared) - allowed;
            worst = excess <= worst ? worst : std::isnan(excess) ? HUGE_VAL : excess;
        }
    }
    return worst;
}

template <int Dim, StressSource<Dim> Stress>
BoundAudit ThinnedTiles<Dim, Stress>::audit(const Fields& stress)
{
    const auto& tiles = glass_.tiles();
    const double thermal_energy = glass_.thermal_energy();
    BoundAudit found;
    for (int tile = 0; tile < tile_count(); ++tile) found.critical_tiles += bounds_.state(tile).critical_groups != 0 ? 1 : 0;
    for (int group = 0; group < static_cast<int>(tiles.groups().size()); ++group) {
        const TileState<Dim>& state = bounds_.state(glass_.tile_of(lane_count * group));
        const auto here = tiles.groups()[group];
        const auto place = tiles.box().local(here.first);
        Lanes begin[n] = {};
        for (int a = 0; a < n; ++a)
            for (int lane = 0; lane < here.lanes; ++lane) begin[a][lane] = stress[a][place + lane];
        Lanes end[n];
        std::copy_n(begin, n, end);
        glass_.mean().add(group, begin_shift_, begin);
        glass_.mean().add(group, end_shift_, end);
        const GroupTruth real = truth_of(glass_, group, begin, end, window_.now);
        for (int lane = 0; lane < here.lanes; ++lane) {
            const int slot = lane_count * group + lane;
            const double ratio = real.rate[lane] / (bounds_.rate_of(slot) * state.inflation);
            found.lowest_now = std::min(found.lowest_now, -thermal_energy * real.highest_now[lane]);
            if (state.critical_groups == 0) found.lowest_guarded = std::min(found.lowest_guarded, -thermal_energy * real.highest[lane]);
            if (ratio <= found.largest_ratio || std::isnan(found.largest_ratio)) continue;
            found.largest_ratio = ratio;
            found.worst_voxel = tiles.voxel_id(slot);
        }
        found.voxels += here.lanes;
    }
    return found;
}

/// Compares the exact rate of a candidate with its bound and with the bound by its present drift.
template <int Dim, StressSource<Dim> Stress>
void ThinnedTiles<Dim, Stress>::audit_candidate(int tile, int slot, double delay)
{
    const int group = slot / lane_count;
    Lanes stress[n];
    group_stress(group, tile, progress(delay), stress);
    make_exact(group, tile, 1U << slot % lane_count, stress);
    find_modes(group, stress, stress, when(delay));
    modes_.find_rates(slot % lane_count, glass_.frequency());
    double rate = 0.0;
    for (int mode = 0; mode < modes_.modes(); ++mode) rate += modes_.rate(mode);
    SHEARWATER_EXPECTS(rate <= bounds_.rate_of(slot) * bounds_.state(tile).inflation);
    SHEARWATER_EXPECTS(rate <= bounds_.bound_by_drift(tile, slot));
}

}  // namespace shearwater
