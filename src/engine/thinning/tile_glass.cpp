#include <shearwater/engine/thinning/tile_glass.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

// Multiples of thermal_stress_scale.

/// Movement of a leaf's far field that is not counted [GPa]. With the open source and the mean stress it doubles bounds or so.
constexpr double far_threshold = 0.015;
/// Drift that a bound is given at least [GPa].
constexpr double least_allowance = 0.05;
/// Drift that a bound is given at most [GPa].
constexpr double most_allowance = 1.0;

template <int Dim>
double norm_of_difference(const std::array<double, deviator_size<Dim>>& a, const std::array<double, deviator_size<Dim>>& b) noexcept
{
    double squared = 0.0;
    for (int i = 0; i < deviator_size<Dim>; ++i) squared += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(squared);
}

}  // namespace

template <int Dim>
TileGlass<Dim>::TileGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                          const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading, Separation separation,
                          int near_radius, double mean_reserve)
    : GlassState<Dim>(tiles, catalogue, activation, softening, cell, loading, TileGlass<Dim>::settled_at_hand),
      stress_scale_(thermal_stress_scale(activation, catalogue.options())),
      mean_reserve_(mean_reserve * stress_scale_),
      state_(tiles.tiles().size()),
      rates_(tiles.slots()),
      expired_(1),
      exponents_(std::size_t{2} * scales_.modes * lane_count),
      lane_rates_(static_cast<std::size_t>((scales_.modes + lane_count - 1) / lane_count * lane_count))
{
    for (auto& coefficient : reference_) coefficient.resize(tiles.slots());
    if (cell.kernel() != nullptr) {
        leave_if_due(cell.communicator());
        far_.emplace(cell.communicator().node(), *cell.kernel(), tiles.box(), far_threshold * stress_scale_, separation);
        tiles_of_leaf_.resize(static_cast<std::size_t>(far_->leaves().count()));
        const int radius = std::max(near_radius, CellTree<Dim>::near_radius(tiles.grid(), separation));
        leave_if_due(cell.communicator());
        if (far_->is_useful()) near_kernel_.emplace(cell.communicator().node(), *cell.kernel(), radius);
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
    }
    for (const TileState& state : state_) largest_response_ = std::max(largest_response_, state.response);
    largest_response_ = maximum(cell.communicator(), largest_response_);
}

template <int Dim>
void TileGlass<Dim>::expire_all()
{
    for (int tile = 0; tile < this->tile_count(); ++tile) expire(tile);
}

/// Raises the sensitivity of a tile to that of the modes of a voxel.
template <int Dim>
void TileGlass<Dim>::find_sensitivity(int tile, int slot)
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
void TileGlass<Dim>::expire(int tile)
{
    if (state_[tile].is_expired) return;
    state_[tile].is_expired = true;
    auto& expired = expired_[part_of_tile_.empty() ? 0 : part_of_tile_[tile]];
    expired.push_back(tile);
    // The first to be computed; it asks for the next.
    if (expired.size() > 1) return;
    const Tile& here = tiles_.tiles()[tile];
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) prefetch_group(group);
}

/// Asks for all that the rates of a group are computed from, ahead of time.
template <int Dim>
void TileGlass<Dim>::prefetch_group(int group) const noexcept
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
std::vector<int> TileGlass<Dim>::take_expired(int part)
{
    return std::exchange(expired_[part], {});
}

template <int Dim>
void TileGlass<Dim>::begin(const Window& window)
{
    window_ = window;
    begin_shift_ = this->mean_shift(this->mean_state(window.load_begin));
    end_shift_ = window.load_end == window.load_begin ? begin_shift_ : this->mean_shift(this->mean_state(window.load_end));
    follow_mean();
}

/// Distance of two mean stresses in a tile [GPa].
template <int Dim>
double TileGlass<Dim>::mean_distance(const TileState& state, const MeanShift& a, const MeanShift& b) const noexcept
{
    if (cell_.is_uniform()) return norm_of_difference<Dim>(a.uniform, b.uniform);
    double squared = 0.0;
    for (int c = 0; c < tensor_size<Dim>; ++c) squared += (a.strain[c] - b.strain[c]) * (a.strain[c] - b.strain[c]);
    return state.response * std::sqrt(squared);
}

/// Counts the movement of the mean stress in the drift of all tiles, once it is more than the reserve.
template <int Dim>
void TileGlass<Dim>::follow_mean()
{
    const auto off = [&](const TileState& state, const MeanShift& from) {
        return std::max(mean_distance(state, begin_shift_, from), mean_distance(state, end_shift_, from));
    };
    TileState stiffest;
    stiffest.response = largest_response_;
    if (off(stiffest, followed_) <= mean_reserve_) return;
    followed_ = end_shift_;
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        TileState& state = state_[tile];
        const double cover = std::max(mean_reserve_, off(state, followed_));
        state.mean_drift = std::max(0.0, mean_distance(state, followed_, state.mean) + cover - state.mean_cover);
        check(tile);
    }
}

template <int Dim>
void TileGlass<Dim>::check(int tile)
{
    TileState& state = state_[tile];
    if (state.is_expired || drift(state) <= state.allowance) return;
    if (state.waiting > 0.0) {
        catch_up(tile);
        measure_movement(tile);
    }
    // Written so that NaN expires a tile.
    if (!(drift(state) <= state.allowance)) expire(tile);
}

/// Looks at the tiles of leaves whose far field has moved.
template <int Dim>
void TileGlass<Dim>::check_grown()
{
    for (const int leaf : far_->grown())
        for (const int tile : tiles_of_leaf_[leaf]) check(tile);
    far_->forget_grown();
}

/// Finds out how far the stress of a tile, which has caught up, is from its reference.
template <int Dim>
void TileGlass<Dim>::measure_movement(int tile)
{
    state_[tile].near_drift = std::sqrt(squared_movement(tile));
    state_[tile].waiting = 0.0;
}

/// Carries out an event in its voxel, if that is one of this rank.
template <int Dim>
void TileGlass<Dim>::transform_here(const Event& event)
{
    const int slot = this->transform(event);
    if (slot < 0) return;
    find_sensitivity(tile_of(slot), slot);
    expire(tile_of(slot));
}

/// Charges the tiles near to the open source with an event there. @param norm  of its strain
template <int Dim>
void TileGlass<Dim>::expect_near(double norm)
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
void TileGlass<Dim>::prefetch_stress(int group) const noexcept
{
    for (int a = 0; a < n; ++a) {
        __builtin_prefetch(stress_[a].data() + lane_count * group, 1);
        __builtin_prefetch(reference_[a].data() + lane_count * group, 1);
    }
}

/// Replaces all stresses by a solve of the whole field, which everything that was kept apart from them is part of.
template <int Dim>
void TileGlass<Dim>::replace_stress(bool by_petsc)
{
    ++counters_.flushes;
    // The rates of a tile rest on its reference stress and what of the far field had settled by then; that is about to move to the voxels.
    if (far_) {
        for (int tile = 0; tile < this->tile_count(); ++tile) settle_reference(tile);
        far_->clear();
    }
    this->solve_for_stress(by_petsc);
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        measure_movement(tile);
        if (far_) state_[tile].rounding += reference_rounding;
        check(tile);
    }
}

template <int Dim>
TileBounds TileGlass<Dim>::refresh(int tile, int next)
{
    TileState& state = state_[tile];
    state.is_expired = false;
    catch_up(tile);
    state.near_drift = state.waiting = state.mean_drift = state.rounding = 0.0;
    state.far_mark = far_ ? far_->moved(state.leaf) : 0.0;
    state.mean = followed_;
    state.mean_cover = std::max({mean_reserve_, mean_distance(state, begin_shift_, followed_), mean_distance(state, end_shift_, followed_)});
    state.uncertainty = state.mean_cover + reference_rounding + (far_ ? far_uncertainty(state.leaf) : 0.0);
    state.total = rates(tile, window_.now, false, next);
    state.peak = peak_;
    state.since = window_.now;
    const double certain = state.total * exponential_function(state.sensitivity * state.uncertainty);
    const double least = least_allowance * stress_scale_;
    const double most = most_allowance * stress_scale_;
    const double wanted = certain > 0.0 ? logarithm(window_.idle_rate / certain) / state.sensitivity : most;
    const double to_vanishing = (-peak_ - 1e-9) / state.sensitivity - state.uncertainty;
    state.allowance = std::max(0.0, std::min(std::clamp(wanted, least, most), to_vanishing));
    state.inflation = (1.0 + 1e-5) * exponential_function(state.sensitivity * (state.uncertainty + state.allowance));
    // The exponential hides a NaN.
    if (!std::isfinite(state.uncertainty)) state.inflation = state.uncertainty;
    return {state.total * state.inflation, state.critical_groups != 0};
}

template <int Dim>
void TileGlass<Dim>::tighten(int tile, double since)
{
    // At the stress that the bound rests on: only softening has changed, and what the tile has drifted stays counted from there.
    state_[tile].total = rates(tile, when(since), true, -1);
    state_[tile].since = when(since);
}

template <int Dim>
typename TileGlass<Dim>::SavedBound TileGlass<Dim>::save(int tile) const
{
    const Tile& here = tiles_.tiles()[tile];
    const auto first = rates_.begin() + lane_count * here.first_group;
    return {{first, first + lane_count * here.groups}, state_[tile].total, state_[tile].since};
}

template <int Dim>
void TileGlass<Dim>::restore(int tile, SavedBound&& saved)
{
    std::copy(saved.rates.begin(), saved.rates.end(), rates_.begin() + lane_count * tiles_.tiles()[tile].first_group);
    state_[tile].total = saved.total;
    state_[tile].since = saved.since;
}

template <int Dim>
std::int64_t TileGlass<Dim>::broken_voxel(int tile) const noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
        if (!std::isfinite(rate_of(slot))) return tiles_.voxel_id(slot);
    return tiles_.voxel_id(lane_count * here.first_group);
}

template <int Dim>
double TileGlass<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    constexpr double tile_bytes = sizeof(TileState) + sizeof(int);
    double voxels = 1.0;
    for (const int edge : tile_edge<Dim>) voxels *= edge;
    return Voxels<Dim>::bytes_per_voxel(options) + n * (sizeof(double) + sizeof(float)) + sizeof(std::uint32_t) + tile_bytes / voxels;
}

template class TileGlass<2>;
template class TileGlass<3>;

}  // namespace shearwater
