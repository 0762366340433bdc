/// Stresses as well as they are known, and what is decided by them: candidates, and barriers that vanish.

#include <shearwater/engine/thinning/tile_glass.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
double TileGlass<Dim>::eigenstress(int group, int tile, Lanes* stress)
{
    catch_up(tile);
    for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
    if (!far_) return 0.0;
    const int leaf = state_[tile].leaf;
    far_->add_stress(leaf, tiles_.groups()[group].first, stress);
    if (sees_source(tile)) cell_.kernel()->add(open_.at, open_.strain.data(), tiles_.groups()[group].first, stress);
    return remainder(leaf);
}

/// Adds the mean stress to that at zero mean strain.
template <int Dim>
void TileGlass<Dim>::add_mean_at(double progress, int group, Lanes* stress) const
{
    Lanes end[n];
    std::copy_n(stress, n, end);
    this->add_mean(group, begin_shift_, stress);
    this->add_mean(group, end_shift_, end);
    for (int a = 0; a < n; ++a) stress[a] += progress * (end[a] - stress[a]);
}

template <int Dim>
double TileGlass<Dim>::group_stress(int group, int tile, double progress, Lanes* stress)
{
    const double error = eigenstress(group, tile, stress);
    add_mean_at(progress, group, stress);
    return error;
}

template <int Dim>
double TileGlass<Dim>::excess_over_remainder(const Fields& exact)
{
    double worst = 0.0;
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        const int tile = tile_of(lane_count * group);
        Lanes stress[n];
        eigenstress(group, tile, stress);
        const double allowed = far_ ? far_->remainder(state_[tile].leaf) : 0.0;
        for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
            const auto place = tiles_.box().local(tiles_.voxel(lane_count * group + lane));
            double squared = 0.0;
            for (int a = 0; a < n; ++a) squared += std::pow(stress[a][lane] - exact[a][place], 2);
            const double excess = std::sqrt(squared) - allowed;
            worst = excess <= worst ? worst : std::isnan(excess) ? HUGE_VAL : excess;
        }
    }
    return worst;
}

/// Whether the stress of a lane is a finite number. The exponential hides a NaN.
template <int Dim>
bool TileGlass<Dim>::is_finite(const Lanes* stress, int lane) noexcept
{
    return std::all_of(stress, stress + n, [&](const Lanes& coefficient) { return std::isfinite(coefficient[lane]); });
}

template <int Dim>
Decision TileGlass<Dim>::decide(int tile, double delay, double share, double acceptance)
{
    const TileState& state = state_[tile];
    const Tile& here = tiles_.tiles()[tile];
    const int first = lane_count * here.first_group;
    const int last = first + lane_count * here.groups;
    if (far_) far_->prefetch(state.leaf);
    double remaining = share * state.total;
    int slot = -1;
    for (int candidate = first; candidate < last; ++candidate) {
        if (rate_of(candidate) <= 0.0) continue;
        if (slot >= 0) remaining -= rate_of(slot);
        slot = candidate;
        // Rounding may leave a remainder beyond the last voxel: that one is then meant.
        if (remaining <= rate_of(candidate)) break;
    }
    const int group = slot / lane_count;
    const int lane = slot % lane_count;
    prefetch_group(group);
    const double bound = rate_of(slot) * state.inflation;
    const double level = acceptance * bound;
    Decision decision;
    const bool is_later = state.since < when(delay);
    decision.fading = is_later && !is_settled<Dim>(scales_, this->group_state(group), state.since.high(), state.since.low());
    if (audits_candidates_) audit_candidate(tile, slot, delay);
    // The drift so far may already tell that the rate is too low.
    if (level > bound_by_drift(tile, slot)) return decision;
    Lanes stress[n];
    const double error = group_stress(group, tile, progress(delay), stress);
    for (double uncertainty = error;; uncertainty = 0.0) {
        find_exponents(group, stress, stress, when(delay));
        find_lane_rates(lane);
        const double factor = exponential_function(state.sensitivity * uncertainty);
        double sum = 0.0;
        int mode = -1;
        bool is_certain = true;
        for (int m = 0; m < scales_.modes; ++m) {
            const double before = sum;
            sum += lane_rates_[m];
            // Certain are the modes whose stretch of the sum holds the level however the stress errs.
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

template <int Dim>
TileInstability TileGlass<Dim>::instability(int tile, double certain_below)
{
    TileInstability found;
    found.delay = std::numeric_limits<double>::infinity();
    found.barrier = std::numeric_limits<double>::infinity();
    const Tile& here = tiles_.tiles()[tile];
    for (int i = 0; i < here.groups; ++i)
        if ((state_[tile].critical_groups >> i & 1U) != 0) look_for_instability(here.first_group + i, tile, certain_below, found);
    return found;
}

/// Adds the instabilities of a group to those found in its tile.
template <int Dim>
void TileGlass<Dim>::look_for_instability(int group, int tile, double certain_below, TileInstability& found)
{
    const int lanes = tiles_.groups()[group].lanes;
    Lanes begin[n];
    Lanes end[n];
    const double margin = state_[tile].sensitivity * eigenstress(group, tile, begin);
    std::copy_n(begin, n, end);
    add_mean_at(0.0, group, begin);
    add_mean_at(1.0, group, end);
    find_exponents(group, begin, end, window_.now);
    // The sums over all pending events are made where otherwise it is not sure whether a barrier has vanished, or which is lowest. For those that will
    // vanish it is enough to know a time before which they do not: there they are looked at again.
    constexpr double rounding = 1e-9;  // so that a barrier which is due is summed, and not put off by ever shorter times
    unsigned sum = 0;
    for (int mode = 0; mode < scales_.modes; ++mode)
        for (int lane = 0; lane < lanes; ++lane) {
            const double now = exponent_at(mode, 0, lane);
            if (now + margin < -rounding) continue;
            if (now - margin <= 0.0 || -thermal_energy_ * (now + margin) <= certain_below) sum |= 1U << lane;
        }
    if (sum != 0 && margin > 0.0) {
        make_exact(group, tile, sum, begin);
        make_exact(group, tile, sum, end);
        find_exponents(group, begin, end, window_.now);
    }
    for (int lane = 0; lane < lanes; ++lane) {
        const double uncertainty = (sum >> lane & 1U) != 0 ? 0.0 : margin * thermal_energy_;
        bool has_vanished = false;
        for (int mode = 0; mode < scales_.modes; ++mode) {
            const double barrier = -thermal_energy_ * exponent_at(mode, 0, lane);
            const double at_end = -thermal_energy_ * exponent_at(mode, 1, lane);
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

/// Adds a vanished barrier to those found: it is the lowest, or a runner-up.
template <int Dim>
void TileGlass<Dim>::add_vanished(const Place& place, double barrier, double uncertainty, TileInstability& found) const
{
    const auto rank_of = [&](double height, const Place& at) { return std::tuple(height, this->voxel_id(at), at.mode); };
    if (found.lowest.slot >= 0 && rank_of(found.barrier, found.lowest) < rank_of(barrier, place)) {
        found.runner_up = std::min(found.runner_up, barrier - uncertainty);
        return;
    }
    if (found.lowest.slot >= 0) found.runner_up = std::min(found.runner_up, found.barrier - found.uncertainty);
    found.lowest = place;
    found.barrier = barrier;
    found.uncertainty = uncertainty;
}

/// −Q/k_B T of a mode, as well as its stress is known.
template <int Dim>
double TileGlass<Dim>::exponent(const Place& place, double delay)
{
    const int group = place.slot / lane_count;
    Lanes stress[n];
    group_stress(group, tile_of(place.slot), progress(delay), stress);
    find_exponents(group, stress, stress, when(delay));
    return exponent_at(place.mode, 0, place.slot % lane_count);
}

template <int Dim>
Event TileGlass<Dim>::event(const Place& place, double delay, bool athermal)
{
    return this->make_event(place, exponent(place, delay), window_.now + delay, athermal);
}

template <int Dim>
std::vector<Event> TileGlass<Dim>::flips(double /*threshold*/)
{
    std::vector<Event> events;
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        if (state_[tile].critical_groups == 0) continue;
        const Tile& here = tiles_.tiles()[tile];
        for (int group = here.first_group; group < here.first_group + here.groups; ++group)
            for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
                const int slot = lane_count * group + lane;
                const auto lowest = lowest_mode(slot, tile);
                if (lowest.second >= 0.0) events.push_back(this->make_event({slot, lowest.first}, lowest.second, window_.now, true));
            }
    }
    return events;
}

/// The mode of a voxel with the lowest barrier now, and its −Q/k_B T, exact if it may be above zero.
template <int Dim>
std::pair<int, double> TileGlass<Dim>::lowest_mode(int slot, int tile)
{
    const int group = slot / lane_count;
    const int lane = slot % lane_count;
    Lanes stress[n];
    const double error = group_stress(group, tile, 0.0, stress);
    std::pair<int, double> lowest;
    for (int pass = 0; pass < 2; ++pass) {
        lowest = {-1, -std::numeric_limits<double>::infinity()};
        find_exponents(group, stress, stress, window_.now);
        for (int mode = 0; mode < scales_.modes; ++mode)
            if (exponent_at(mode, 0, lane) > lowest.second) lowest = {mode, exponent_at(mode, 0, lane)};
        if (pass == 1 || lowest.second + state_[tile].sensitivity * error < 0.0) break;
        make_exact(group, tile, 1U << lane, stress);
    }
    return lowest;
}

template Decision TileGlass<2>::decide(int tile, double delay, double share, double acceptance);
template Decision TileGlass<3>::decide(int tile, double delay, double share, double acceptance);
template TileInstability TileGlass<2>::instability(int tile, double certain_below);
template TileInstability TileGlass<3>::instability(int tile, double certain_below);
template Event TileGlass<2>::event(const Place& place, double delay, bool athermal);
template Event TileGlass<3>::event(const Place& place, double delay, bool athermal);
template std::vector<Event> TileGlass<2>::flips(double threshold);
template std::vector<Event> TileGlass<3>::flips(double threshold);
template double TileGlass<2>::group_stress(int group, int tile, double progress, Lanes* stress);
template double TileGlass<3>::group_stress(int group, int tile, double progress, Lanes* stress);
template double TileGlass<2>::excess_over_remainder(const Fields& exact);
template double TileGlass<3>::excess_over_remainder(const Fields& exact);
template double TileGlass<2>::eigenstress(int group, int tile, Lanes* stress);
template double TileGlass<3>::eigenstress(int group, int tile, Lanes* stress);

}  // namespace shearwater
