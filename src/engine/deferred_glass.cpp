#include <shearwater/engine/deferred_glass.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Movement of a leaf's far field that is not counted [GPa]. With the open source and the mean stress it doubles bounds or so.
constexpr double far_threshold = 0.015;
/// Drift that a bound is given at least [GPa].
constexpr double least_allowance = 0.05;
/// Drift that a bound is given at most [GPa].
constexpr double most_allowance = 1.0;
/// Far stress of the open source that is not counted [GPa].
constexpr double open_reserve = 0.008;
/// Covers that reference stresses are kept in single precision [GPa]: 6e-8 of some 10 GPa.
constexpr double reference_rounding = 2e-6;

/// Sources after which a solve of the whole field is cheaper than the uncertainty of so many. Their number enters the cost of an event squared, by how
/// often their stresses must be summed and by the length of the sums, and solves cost N/P: so P follows N^(2/3). The factor was measured.
std::int64_t pending_at_most(std::int64_t voxels)
{
    const double root = std::cbrt(static_cast<double>(voxels));
    return std::max<std::int64_t>(256, static_cast<std::int64_t>(0.5 * root * root));
}

template <int Dim>
double norm_of_difference(const std::array<double, deviator_size<Dim>>& a, const std::array<double, deviator_size<Dim>>& b) noexcept
{
    double squared = 0.0;
    for (int i = 0; i < deviator_size<Dim>; ++i) squared += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(squared);
}

}  // namespace

template <int Dim>
DeferredGlass<Dim>::DeferredGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                                  const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading)
    : GlassState<Dim>(tiles, catalogue, activation, softening, cell, loading, DeferredGlass<Dim>::settled_at_hand),
      state_(tiles.tiles().size()),
      rates_(tiles.slots()),
      flush_after_(pending_at_most(tiles.grid().count())),
      exponents_(std::size_t{2} * scales_.modes * lane_count),
      lane_rates_(static_cast<std::size_t>((scales_.modes + lane_count - 1) / lane_count * lane_count))
{
    for (auto& coefficient : reference_) coefficient.resize(tiles.slots());
    if (cell.kernel() != nullptr) {
        far_.emplace(cell.communicator().node(), *cell.kernel(), tiles.box(), far_threshold);
        tiles_of_leaf_.resize(static_cast<std::size_t>(far_->leaves().count()));
        near_of_leaf_.resize(tiles_of_leaf_.size());
        if (far_->is_useful()) near_kernel_.emplace(*cell.kernel(), far_->near_radius);
    }
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        const Tile& here = tiles.tiles()[tile];
        for (int group = here.first_group; group < here.first_group + here.groups; ++group) {
            for (int lane = 0; lane < tiles.groups()[group].lanes; ++lane) find_sensitivity(tile, lane_count * group + lane);
        }
        if (far_) {
            state_[tile].leaf = far_->leaf_of(tiles.groups()[here.first_group].first);
            tiles_of_leaf_[state_[tile].leaf].push_back(tile);
        }
        if (!cell.is_uniform()) state_[tile].response = this->largest_load_response(here.first_group, here.groups);
        expire(tile);
    }
    for (const TileState& state : state_) largest_response_ = std::max(largest_response_, state.response);
    largest_response_ = maximum(cell.communicator(), largest_response_);
}

/// Raises the sensitivity of a tile to that of the modes of a voxel.
template <int Dim>
void DeferredGlass<Dim>::find_sensitivity(int tile, int slot)
{
    double largest = 0.0;
    for (int mode = 0; mode < scales_.modes; ++mode) {
        const auto code = voxels_.strain_code(slot, mode);
        double squared = 0.0;
        for (int a = 0; a < n; ++a) squared += static_cast<double>(code[a]) * code[a];
        largest = std::max(largest, squared);
    }
    state_[tile].sensitivity = std::max(state_[tile].sensitivity, scales_.work * std::sqrt(largest));
}

template <int Dim>
void DeferredGlass<Dim>::expire(int tile)
{
    if (state_[tile].is_expired) return;
    state_[tile].is_expired = true;
    expired_.push_back(tile);
    // The first to be computed; it asks for the next.
    if (expired_.size() > 1) return;
    const Tile& here = tiles_.tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) prefetch_group(group);
}

/// Asks for all that the rates of a group are computed from, ahead of time.
template <int Dim>
void DeferredGlass<Dim>::prefetch_group(int group) const noexcept
{
    prefetch_stress(group);
    constexpr int line = 64 / sizeof(std::int16_t);
    const int codes = scales_.modes * lane_count;
    const std::int16_t* strains = voxels_.strains(group);
    for (int at = 0; at < codes * n; at += line) __builtin_prefetch(strains + at);
    const std::int16_t* barriers = voxels_.barriers(group);
    for (int at = 0; at < codes && barriers != nullptr; at += line) __builtin_prefetch(barriers + at);
}

template <int Dim>
std::vector<int> DeferredGlass<Dim>::take_expired()
{
    return std::exchange(expired_, {});
}

template <int Dim>
void DeferredGlass<Dim>::begin(const Window& window)
{
    window_ = window;
    begin_shift_ = this->mean_shift(window.strain_begin);
    end_shift_ = window.strain_end == window.strain_begin ? begin_shift_ : this->mean_shift(window.strain_end);
    follow_mean();
}

/// Distance of two mean stresses in a tile [GPa].
template <int Dim>
double DeferredGlass<Dim>::mean_distance(const TileState& state, const MeanShift& a, const MeanShift& b) const noexcept
{
    if (cell_.is_uniform()) return norm_of_difference<Dim>(a.uniform, b.uniform);
    double squared = 0.0;
    for (int c = 0; c < tensor_size<Dim>; ++c) squared += (a.strain[c] - b.strain[c]) * (a.strain[c] - b.strain[c]);
    return state.response * std::sqrt(squared);
}

/// Counts the movement of the mean stress in the drift of all tiles, once it is more than the reserve.
template <int Dim>
void DeferredGlass<Dim>::follow_mean()
{
    const auto off = [&](const TileState& state, const MeanShift& from) {
        return std::max(mean_distance(state, begin_shift_, from), mean_distance(state, end_shift_, from));
    };
    TileState stiffest;
    stiffest.response = largest_response_;
    if (off(stiffest, followed_) <= mean_reserve) return;
    followed_ = end_shift_;
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        TileState& state = state_[tile];
        const double cover = std::max(mean_reserve, off(state, followed_));
        state.mean_drift = std::max(0.0, mean_distance(state, followed_, state.mean) + cover - state.mean_cover);
        check(tile);
    }
}

template <int Dim>
double DeferredGlass<Dim>::drift(const TileState& state) const noexcept
{
    return state.near_drift + state.waiting + state.mean_drift + state.rounding + (far_ ? far_->moved(state.leaf) - state.far_mark : 0.0);
}

template <int Dim>
void DeferredGlass<Dim>::check(int tile)
{
    TileState& state = state_[tile];
    if (state.is_expired || drift(state) <= state.allowance) return;
    if (state.waiting > 0.0) {
        catch_up(tile);
        state.near_drift = std::sqrt(squared_movement(tile));
        state.waiting = 0.0;
    }
    // Written so that NaN expires a tile.
    if (!(drift(state) <= state.allowance)) expire(tile);
}

template <int Dim>
TileBounds DeferredGlass<Dim>::refresh(int tile, int next)
{
    TileState& state = state_[tile];
    state.is_expired = false;
    catch_up(tile);
    state.near_drift = state.waiting = state.mean_drift = state.rounding = 0.0;
    state.far_mark = far_ ? far_->moved(state.leaf) : 0.0;
    state.mean = followed_;
    state.mean_cover = std::max({mean_reserve, mean_distance(state, begin_shift_, followed_), mean_distance(state, end_shift_, followed_)});
    state.uncertainty = state.mean_cover + reference_rounding + (far_ ? far_->settled_remainder(state.leaf) + far_->reserve() + open_reserve : 0.0);
    state.total = rates(tile, window_.now, false, next);
    state.since = window_.now;
    const double certain = state.total * std::exp(state.sensitivity * state.uncertainty);
    const double wanted = certain > 0.0 ? std::log(window_.idle_rate / certain) / state.sensitivity : most_allowance;
    const double to_vanishing = (-peak_ - 1e-9) / state.sensitivity - state.uncertainty;
    state.allowance = std::max(0.0, std::min(std::clamp(wanted, least_allowance, most_allowance), to_vanishing));
    state.inflation = (1.0 + 1e-5) * std::exp(state.sensitivity * (state.uncertainty + state.allowance));
    return {state.total * state.inflation, state.critical_groups != 0};
}

template <int Dim>
void DeferredGlass<Dim>::tighten(int tile, double since)
{
    // At the stress that the bound rests on: only softening has changed, and what the tile has drifted stays counted from there.
    state_[tile].total = rates(tile, when(since), true, -1);
    state_[tile].since = when(since);
}

template <int Dim>
typename DeferredGlass<Dim>::SavedBound DeferredGlass<Dim>::save(int tile) const
{
    const Tile& here = tiles_.tiles()[tile];
    const auto first = rates_.begin() + lane_count * here.first_group;
    return {{first, first + lane_count * here.groups}, state_[tile].total, state_[tile].since};
}

template <int Dim>
void DeferredGlass<Dim>::restore(int tile, SavedBound&& saved)
{
    std::copy(saved.rates.begin(), saved.rates.end(), rates_.begin() + lane_count * tiles_.tiles()[tile].first_group);
    state_[tile].total = saved.total;
    state_[tile].since = saved.since;
}

template <int Dim>
double DeferredGlass<Dim>::progress(double delay) const noexcept
{
    return window_.duration > 0.0 && std::isfinite(window_.duration) ? delay / window_.duration : 0.0;
}

template <int Dim>
double DeferredGlass<Dim>::group_stress(int group, int tile, double progress, Lanes* stress)
{
    catch_up(tile);
    Lanes end[n];
    for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
    const int leaf = state_[tile].leaf;
    if (far_) far_->add_stress(leaf, tiles_.groups()[group].first, stress);
    if (open_.voxel >= 0) cell_.kernel()->add(open_.at, open_.strain.data(), tiles_.groups()[group].first, stress);
    for (int a = 0; a < n; ++a) end[a] = stress[a];
    this->add_mean(group, begin_shift_, stress);
    this->add_mean(group, end_shift_, end);
    for (int a = 0; a < n; ++a) stress[a] += progress * (end[a] - stress[a]);
    return far_ ? far_->remainder(leaf) : 0.0;
}

/// Stress of all pending events that are far from a leaf, in one of its voxels, summed one by one.
template <int Dim>
Deviator<Dim> DeferredGlass<Dim>::far_stress(int slot, int leaf)
{
    FarSum& sum = far_sums_[static_cast<std::size_t>(slot) % far_sums_.size()];
    if (sum.slot != slot) sum = {slot, 0, {}};
    counters_.pending_terms += static_cast<std::int64_t>(pending_at_.size() - sum.events);
    ++counters_.pending_sums;
    const auto voxel = tiles_.voxel(slot);
    const auto& grid = tiles_.grid();
    const auto apart_from = [&](std::size_t event) {
        Index<Dim> apart{};
        for (int axis = 0; axis < Dim; ++axis) {
            apart[axis] = voxel[axis] - pending_at_[event][axis];
            if (apart[axis] < 0) apart[axis] += grid.size[axis];
        }
        return apart;
    };
    constexpr std::size_t ahead = 12;
    for (; sum.events < pending_at_.size(); ++sum.events) {
        if (sum.events + ahead < pending_at_.size()) cell_.kernel()->prefetch(apart_from(sum.events + ahead));
        if (far_->is_near(pending_at_[sum.events], leaf)) continue;
        cell_.kernel()->add_one(apart_from(sum.events), pending_strain_[sum.events].data(), sum.stress.data());
    }
    return sum.stress;
}

/// Replaces what is known of the far field in some lanes by the sum over all pending events.
template <int Dim>
void DeferredGlass<Dim>::make_exact(int group, int tile, unsigned lanes, Lanes* stress)
{
    const int leaf = state_[tile].leaf;
    if (!far_ || far_->remainder(leaf) == 0.0) return;
    Lanes far[n] = {};
    far_->add_stress(leaf, tiles_.groups()[group].first, far);
    for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
        if ((lanes >> lane & 1U) == 0) continue;
        const auto exact = far_stress(lane_count * group + lane, leaf);
        for (int a = 0; a < n; ++a) stress[a][lane] += exact[a] - far[a][lane];
    }
}

/// Whether the stress of a lane is a finite number. The exponential hides a NaN.
template <int Dim>
bool DeferredGlass<Dim>::is_finite(const Lanes* stress, int lane) noexcept
{
    return std::all_of(stress, stress + n, [&](const Lanes& coefficient) { return std::isfinite(coefficient[lane]); });
}

template <int Dim>
Decision DeferredGlass<Dim>::decide(int tile, double delay, double share, double acceptance)
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
    if (level > rate_of(slot) * std::exp(state.sensitivity * (drift(state) + state.uncertainty)) * (1.0 + 1e-5)) return decision;
    Lanes stress[n];
    const double error = group_stress(group, tile, progress(delay), stress);
    for (double uncertainty = error;; uncertainty = 0.0) {
        find_exponents(group, stress, stress, when(delay));
        find_lane_rates(lane);
        const double factor = std::exp(state.sensitivity * uncertainty);
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
TileInstability DeferredGlass<Dim>::instability(int tile, bool exact)
{
    TileInstability found;
    found.delay = std::numeric_limits<double>::infinity();
    found.barrier = std::numeric_limits<double>::infinity();
    const Tile& here = tiles_.tiles()[tile];
    for (int i = 0; i < here.groups; ++i)
        if ((state_[tile].critical_groups >> i & 1U) != 0) look_for_instability(here.first_group + i, tile, exact, found);
    return found;
}

/// Adds the instabilities of a group to those found in its tile.
template <int Dim>
void DeferredGlass<Dim>::look_for_instability(int group, int tile, bool exact, TileInstability& found)
{
    const int lanes = tiles_.groups()[group].lanes;
    Lanes begin[n];
    Lanes end[n];
    const double margin = state_[tile].sensitivity * group_stress(group, tile, 0.0, begin);
    group_stress(group, tile, 1.0, end);
    find_exponents(group, begin, end, window_.now);
    // The sums over all pending events are made where otherwise it is not sure whether a barrier has vanished, or will.
    unsigned sum = 0;
    for (int mode = 0; mode < scales_.modes; ++mode)
        for (int lane = 0; lane < lanes; ++lane) {
            const double now = exponent_at(mode, 0, lane);
            const bool may_vanish = std::max(now, exponent_at(mode, 1, lane)) + margin >= 0.0;
            if (may_vanish && (exact || now - margin <= 0.0)) sum |= 1U << lane;
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
            } else if (at_end < 0.0) {
                found.delay = std::min(found.delay, window_.duration * (barrier / (barrier - at_end)));
            }
        }
        found.count += has_vanished ? 1 : 0;
    }
}

/// Adds a vanished barrier to those found: it is the lowest, or a runner-up.
template <int Dim>
void DeferredGlass<Dim>::add_vanished(const Place& place, double barrier, double uncertainty, TileInstability& found) const
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

template <int Dim>
double DeferredGlass<Dim>::exact_exponent(const Place& place, double delay)
{
    return exponent(place, delay, true);
}

/// −Q/k_B T of a mode. @param exact  summed over all pending events
template <int Dim>
double DeferredGlass<Dim>::exponent(const Place& place, double delay, bool exact)
{
    const int group = place.slot / lane_count;
    Lanes stress[n];
    group_stress(group, tile_of(place.slot), progress(delay), stress);
    if (exact) make_exact(group, tile_of(place.slot), 1U << place.slot % lane_count, stress);
    find_exponents(group, stress, stress, when(delay));
    return exponent_at(place.mode, 0, place.slot % lane_count);
}

template <int Dim>
Event DeferredGlass<Dim>::event(const Place& place, double delay, bool athermal)
{
    return this->make_event(place, exponent(place, delay, false), window_.now + delay, athermal);
}

template <int Dim>
std::vector<Event> DeferredGlass<Dim>::flips(double /*threshold*/)
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
std::pair<int, double> DeferredGlass<Dim>::lowest_mode(int slot, int tile)
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

template <int Dim>
std::int64_t DeferredGlass<Dim>::broken_voxel(int tile) const noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
        if (!std::isfinite(rate_of(slot))) return tiles_.voxel_id(slot);
    return tiles_.voxel_id(lane_count * here.first_group);
}

template <int Dim>
void DeferredGlass<Dim>::apply(std::span<const Event> events)
{
    for (const Event& event : events) take_in(event);
    const bool is_due = static_cast<std::int64_t>(pending_at_.size()) >= flush_after_;
    if (is_due && far_) close_source();
    if (!far_ || (is_due && far_->is_useful()))
        flush();
    else if (is_due)
        settle_near();
    this->update_mean();
}

/// Carries out an event in its voxel, far from it in the far field, and has tiles near to it expect it.
template <int Dim>
void DeferredGlass<Dim>::take_in(const Event& event)
{
    const int slot = this->transform(event);
    if (slot >= 0) {
        find_sensitivity(tile_of(slot), slot);
        expire(tile_of(slot));
    }
    if (!far_) return;
    if (event.voxel != open_.voxel) {
        close_source();
        open_source(event.voxel);
    }
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        open_.strain[a] += event.strain[a];
        squared += event.strain[a] * event.strain[a];
    }
    expect_near(std::sqrt(squared));
    if (std::sqrt(dot(open_.strain, open_.strain)) * far_->far_reach() > open_reserve) close_source();
}

template <int Dim>
void DeferredGlass<Dim>::open_source(std::int64_t voxel)
{
    open_ = {voxel, tiles_.grid().index(voxel), {}};
    far_->set_source(open_.at);
    near_tiles_.clear();
    for (const int leaf : far_->near())
        for (const int tile : tiles_of_leaf_[leaf]) {
            __builtin_prefetch(&state_[tile], 1);
            near_tiles_.push_back({tile, far_->reach(open_.at, tiles_.groups()[tiles_.tiles()[tile].first_group].first, tile_edge<Dim>)});
        }
}

/// Charges the tiles near to the open source with an event there. @param norm  of its strain
template <int Dim>
void DeferredGlass<Dim>::expect_near(double norm)
{
    // What the tiles that must be looked at need is asked for before the first of them is.
    exhausted_.clear();
    for (const auto& [tile, reach] : near_tiles_) {
        TileState& state = state_[tile];
        state.waiting += norm * reach;
        if (state.is_expired || drift(state) <= state.allowance) continue;
        exhausted_.push_back(tile);
        const Tile& here = tiles_.tiles()[tile];
        for (int group = here.first_group; group < here.first_group + here.groups; ++group) prefetch_stress(group);
    }
    for (const int tile : exhausted_) check(tile);
}

/// Asks for the stress of a group and its reference ahead of time.
template <int Dim>
void DeferredGlass<Dim>::prefetch_stress(int group) const noexcept
{
    for (int a = 0; a < n; ++a) {
        __builtin_prefetch(stress_[a].data() + lane_count * group, 1);
        __builtin_prefetch(reference_[a].data() + lane_count * group, 1);
    }
}

/// Hands the open source over to the far field and to the leaves near to it.
template <int Dim>
void DeferredGlass<Dim>::close_source()
{
    if (open_.voxel < 0) return;
    const int source = static_cast<int>(pending_at_.size());
    pending_at_.push_back(open_.at);
    pending_strain_.push_back(open_.strain);
    for (const int leaf : far_->near()) near_of_leaf_[leaf].push_back(source);
    open_.voxel = -1;
    far_->add(pending_strain_.back().data());
    for (const int leaf : far_->grown())
        for (const int tile : tiles_of_leaf_[leaf]) check(tile);
    far_->forget_grown();
}

/// Whether the stress of a tile, to be complete, needs that of the open source voxel by voxel.
template <int Dim>
bool DeferredGlass<Dim>::is_near_source(int tile) const noexcept
{
    return open_.voxel >= 0 && far_->is_near(open_.at, state_[tile].leaf);
}

/// Brings the stress of a tile up to date with near events. What drift it has been charged with stays, as it must not depend on who looks when.
template <int Dim>
void DeferredGlass<Dim>::catch_up(int tile)
{
    if (!far_) return;
    TileState& state = state_[tile];
    const auto& near = near_of_leaf_[state.leaf];
    if (state.near_added == static_cast<int>(near.size())) return;
    add_near(tile, std::span(near).subspan(state.near_added));
    state.near_added = static_cast<int>(near.size());
}

/// Brings all stresses up to date by a solve of the whole field.
template <int Dim>
void DeferredGlass<Dim>::flush()
{
    ++counters_.flushes;
    // The rates of a tile rest on its reference stress and what of the far field had settled by then; that is about to move to the voxels.
    if (far_) {
        for (int tile = 0; tile < this->tile_count(); ++tile) settle_reference(tile);
        far_->clear();
    }
    forget_pending();
    this->solve_for_stress();
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        TileState& state = state_[tile];
        state.near_drift = std::sqrt(squared_movement(tile));
        state.waiting = 0.0;
        if (far_) state.rounding += reference_rounding;
        check(tile);
    }
}

/// Adds all near events to the stresses, so that they need no longer be kept.
template <int Dim>
void DeferredGlass<Dim>::settle_near()
{
    for (int tile = 0; tile < this->tile_count(); ++tile) catch_up(tile);
    forget_pending();
}

template <int Dim>
void DeferredGlass<Dim>::forget_pending()
{
    pending_at_.clear();
    pending_strain_.clear();
    far_sums_.fill({});
    for (auto& near : near_of_leaf_) near.clear();
    for (TileState& state : state_) state.near_added = 0;
}

template <int Dim>
Fields DeferredGlass<Dim>::accumulated_stress()
{
    if (!far_) return this->stress_in_box_order();
    auto solved = cell_.stress(this->eigenstrain());
    for (int tile = 0; tile < this->tile_count(); ++tile) catch_up(tile);
    double worst = 0.0;
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        const int leaf = state_[tile_of(lane_count * group)].leaf;
        Lanes stress[n];
        for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
        far_->add_stress(leaf, tiles_.groups()[group].first, stress);
        if (open_.voxel >= 0) cell_.kernel()->add(open_.at, open_.strain.data(), tiles_.groups()[group].first, stress);
        for (int lane = 0; lane < tiles_.groups()[group].lanes; ++lane) {
            const auto place = tiles_.box().local(tiles_.voxel(lane_count * group + lane));
            double squared = 0.0;
            for (int a = 0; a < n; ++a) squared += std::pow(stress[a][lane] - solved[a][place], 2);
            const double excess = std::sqrt(squared) - far_->remainder(leaf);
            worst = excess <= worst ? worst : std::isnan(excess) ? HUGE_VAL : excess;
        }
    }
    // Sums of thousands of events differ from one solve by their rounding.
    constexpr double rounding = 1e-9;
    if (any(cell_.communicator(), worst > rounding))
        throw RunError(
            "the accumulated stress differs from a solve of the whole field by more than the bound of its remainder: this is an error of the "
            "program");
    return solved;
}

template <int Dim>
BoundAudit DeferredGlass<Dim>::audit(const Fields& stress)
{
    BoundAudit found;
    for (const TileState& state : state_) found.critical_tiles += state.critical_groups != 0 ? 1 : 0;
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        const TileState& state = state_[tile_of(lane_count * group)];
        const auto& here = tiles_.groups()[group];
        const auto place = tiles_.box().local(here.first);
        Lanes begin[n] = {};
        for (int a = 0; a < n; ++a)
            for (int lane = 0; lane < here.lanes; ++lane) begin[a][lane] = stress[a][place + lane];
        Lanes end[n];
        std::copy_n(begin, n, end);
        this->add_mean(group, begin_shift_, begin);
        this->add_mean(group, end_shift_, end);
        const GroupTruth real = truth(group, begin, end);
        for (int lane = 0; lane < here.lanes; ++lane) {
            const int slot = lane_count * group + lane;
            const double ratio = real.rate[lane] / (rate_of(slot) * state.inflation);
            found.lowest_now = std::min(found.lowest_now, -thermal_energy_ * real.highest_now[lane]);
            if (!state.critical_groups != 0) found.lowest_guarded = std::min(found.lowest_guarded, -thermal_energy_ * real.highest[lane]);
            if (ratio <= found.largest_ratio || std::isnan(found.largest_ratio)) continue;
            found.largest_ratio = ratio;
            found.worst_voxel = tiles_.voxel_id(slot);
        }
        found.voxels += here.lanes;
    }
    return found;
}

/// Holds the exact rate of a candidate against its bound and against what its drift so far says.
template <int Dim>
void DeferredGlass<Dim>::audit_candidate(int tile, int slot, double delay)
{
    const TileState& state = state_[tile];
    const int group = slot / lane_count;
    Lanes stress[n];
    group_stress(group, tile, progress(delay), stress);
    make_exact(group, tile, 1U << slot % lane_count, stress);
    find_exponents(group, stress, stress, when(delay));
    find_lane_rates(slot % lane_count);
    double rate = 0.0;
    for (int mode = 0; mode < scales_.modes; ++mode) rate += lane_rates_[mode];
    SHEARWATER_EXPECTS(rate <= rate_of(slot) * state.inflation);
    SHEARWATER_EXPECTS(rate <= rate_of(slot) * std::exp(state.sensitivity * (drift(state) + state.uncertainty)) * (1.0 + 1e-5));
}

template <int Dim>
double DeferredGlass<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    constexpr double tile_bytes = sizeof(TileState) + sizeof(int);
    double voxels = 1.0;
    for (const int edge : tile_edge<Dim>) voxels *= edge;
    return Voxels<Dim>::bytes_per_voxel(options) + n * (sizeof(double) + sizeof(float)) + sizeof(std::uint32_t) + tile_bytes / voxels;
}

template class DeferredGlass<2>;
template class DeferredGlass<3>;

}  // namespace shearwater
