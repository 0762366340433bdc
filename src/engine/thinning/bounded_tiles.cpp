#include <shearwater/engine/thinning/bounded_tiles.hpp>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

template <int Dim>
double norm_of_difference(const std::array<double, deviator_size<Dim>>& a, const std::array<double, deviator_size<Dim>>& b) noexcept
{
    double squared = 0.0;
    for (int i = 0; i < deviator_size<Dim>; ++i) squared += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(squared);
}

}  // namespace

template <int Dim>
BoundedTiles<Dim>::BoundedTiles(GlassState<Dim>& glass, NearAndFar<Dim>& response, double stress_scale, double mean_reserve, int parts,
                                std::span<const int> part_of_tile)
    : voxels_(glass, response),
      stress_scale_(stress_scale),
      mean_reserve_(mean_reserve * stress_scale),
      state_(glass.tiles().tiles().size()),
      expired_(static_cast<std::size_t>(parts)),
      part_of_tile_(part_of_tile)
{
    const auto& tiles = glass.tiles();
    for (int tile = 0; tile < glass.tile_count(); ++tile) {
        const Tile& here = tiles.tiles()[tile];
        for (int group = here.first_group; group < here.first_group + here.groups; ++group)
            for (int lane = 0; lane < tiles.groups()[group].lanes; ++lane) find_sensitivity(tile, lane_count * group + lane);
        if (response.has_kernel()) state_[tile].mark.leaf = response.far().leaf_of(response.tile_box(tile).begin);
        if (!glass.cell().is_uniform()) state_[tile].response = glass.mean().largest_response(here.first_group, here.groups);
    }
    for (const auto& state : state_) largest_response_ = std::max(largest_response_, state.response);
    largest_response_ = maximum(glass.cell().communicator(), largest_response_);
    for (int tile = 0; tile < glass.tile_count(); ++tile) expire(tile);
}

/// Raises the sensitivity of a tile to that of the modes of a voxel.
template <int Dim>
void BoundedTiles<Dim>::find_sensitivity(int tile, int slot)
{
    const RateScales& scales = glass().scales();
    double largest = 0.0;
    for (int mode = 0; mode < scales.modes; ++mode) {
        const auto code = glass().voxels().strain_code(slot, mode);
        double squared = 0.0;
        for (int a = 0; a < n; ++a) squared += static_cast<double>(code[a]) * code[a];
        largest = std::max(largest, squared);
    }
    state_[tile].sensitivity = std::max(state_[tile].sensitivity, scales.work * std::sqrt(largest));
}

template <int Dim>
void BoundedTiles<Dim>::expire(int tile)
{
    if (state_[tile].is_expired) return;
    state_[tile].is_expired = true;
    auto& expired = expired_[part_of_tile_.empty() ? 0 : part_of_tile_[tile]];
    expired.push_back(tile);
    // The first expired tile is refreshed first, and each refresh prefetches the data of the next tile.
    if (expired.size() == 1) voxels_.prefetch_groups_of(glass().tiles().tiles()[tile]);
}

template <int Dim>
void BoundedTiles<Dim>::has_transformed(int slot)
{
    if (slot < 0) return;
    const int tile = glass().tile_of(slot);
    find_sensitivity(tile, slot);
    expire(tile);
}

template <int Dim>
double BoundedTiles<Dim>::mean_distance(const TileState<Dim>& state, const MeanShift<Dim>& a, const MeanShift<Dim>& b) const noexcept
{
    if (glass().cell().is_uniform()) return norm_of_difference<Dim>(a.uniform, b.uniform);
    double squared = 0.0;
    for (int c = 0; c < tensor_size<Dim>; ++c) squared += (a.strain[c] - b.strain[c]) * (a.strain[c] - b.strain[c]);
    return state.response * std::sqrt(squared);
}

/// Measures the distance of the stress of a tile, which has caught up, from its reference. @param near  source to be added voxel by voxel, or null
template <int Dim>
void BoundedTiles<Dim>::measure_movement(int tile, const StrainedVoxel<Dim>* near)
{
    state_[tile].near_drift = std::sqrt(squared_movement(voxels_, tile, near));
    state_[tile].waiting = 0.0;
}

template <int Dim>
SavedBound BoundedTiles<Dim>::save(int tile) const
{
    const Tile& here = glass().tiles().tiles()[tile];
    const auto first = voxels_.rates.begin() + lane_count * here.first_group;
    return {{first, first + lane_count * here.groups}, state_[tile].total, state_[tile].since};
}

template <int Dim>
void BoundedTiles<Dim>::restore(int tile, SavedBound&& saved)
{
    std::copy(saved.rates.begin(), saved.rates.end(), voxels_.rates.begin() + lane_count * glass().tiles().tiles()[tile].first_group);
    state_[tile].total = saved.total;
    state_[tile].since = saved.since;
}

template <int Dim>
std::int64_t BoundedTiles<Dim>::broken_voxel(int tile) const noexcept
{
    const Tile& here = glass().tiles().tiles()[tile];
    for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
        if (!std::isfinite(rate_of(slot))) return glass().tiles().voxel_id(slot);
    return glass().tiles().voxel_id(lane_count * here.first_group);
}

template <int Dim>
double BoundedTiles<Dim>::bytes_per_voxel(const CatalogueOptions& options) noexcept
{
    constexpr double tile_bytes = sizeof(TileState<Dim>) + sizeof(int);
    double voxels = 1.0;
    for (const int edge : tile_edge<Dim>) voxels *= edge;
    return Voxels<Dim>::bytes_per_voxel(options) + n * (sizeof(double) + sizeof(float)) + sizeof(std::uint32_t) + tile_bytes / voxels;
}

template class BoundedTiles<2>;
template class BoundedTiles<3>;

}  // namespace shearwater
