#include <shearwater/engine/deferred_glass.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Movement of a leaf's far field that is not counted [GPa]. With the open source and the mean stress it doubles bounds or so.
constexpr double far_threshold = 0.015;
/// Drift that a bound is given at least [GPa].
constexpr double least_allowance = 0.05;
/// Drift that a bound is given at most [GPa].
constexpr double most_allowance = 1.0;

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
        if (far_->is_useful()) near_kernel_.emplace(cell.communicator().node(), *cell.kernel(), FarField<Dim>::near_radius);
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
    state.peak = peak_;
    state.since = window_.now;
    const double certain = state.total * exponential_function(state.sensitivity * state.uncertainty);
    const double wanted = certain > 0.0 ? logarithm(window_.idle_rate / certain) / state.sensitivity : most_allowance;
    const double to_vanishing = (-peak_ - 1e-9) / state.sensitivity - state.uncertainty;
    state.allowance = std::max(0.0, std::min(std::clamp(wanted, least_allowance, most_allowance), to_vanishing));
    state.inflation = (1.0 + 1e-5) * exponential_function(state.sensitivity * (state.uncertainty + state.allowance));
    // The exponential hides a NaN.
    if (!std::isfinite(state.uncertainty)) state.inflation = state.uncertainty;
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
std::int64_t DeferredGlass<Dim>::broken_voxel(int tile) const noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
        if (!std::isfinite(rate_of(slot))) return tiles_.voxel_id(slot);
    return tiles_.voxel_id(lane_count * here.first_group);
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
