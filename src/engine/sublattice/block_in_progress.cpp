#include <shearwater/engine/sublattice/block_in_progress.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

/// Movement of a leaf's far field that is not counted, over thermal_stress_scale [GPa].
constexpr double far_threshold = 0.015;

}  // namespace

template <int Dim>
SharedGlass<Dim>::SharedGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                              const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& all_blocks)
    : glass(tiles, catalogue, activation, softening, cell, loading, BoundedTiles<Dim>::settled_at_hand),
      response(tiles, cell, Separation::CellToCell, all_blocks.widest() + halo_width<Dim>,
               far_threshold * thermal_stress_scale(activation, catalogue.options())),
      blocks(all_blocks, tiles, response),
      bounds(glass, response, thermal_stress_scale(activation, catalogue.options()), mean_reserve, blocks.count(), blocks.block_of_tile())
{
    SHEARWATER_EXPECTS(cell.kernel() != nullptr);
}

template <int Dim>
bool SharedGlass<Dim>::is_fresh(int slot, const PreciseTime& now) const noexcept
{
    const auto* past = glass.voxels().history(slot / lane_count);
    const int lane = slot % lane_count;
    // A voxel whose softening has no temporary part has no bursts.
    if (past == nullptr || past->generation[lane] == 0 || !(glass.softening().temporary > 0.0)) return false;
    return now - PreciseTime(past->last_high[lane], past->last_low[lane]) < burst_age / glass.scales().relaxation_rate;
}

template <int Dim>
BlockInProgress<Dim>::BlockInProgress(SharedGlass<Dim>& shared, int block)
    : shared_(shared),
      block_(shared.blocks[block]),
      stress_(shared.glass, shared.response, shared.blocks, block),
      thinned_(shared.bounds, stress_, block)
{
}

template <int Dim>
PreciseTime BlockInProgress<Dim>::next_arrival() const noexcept
{
    return block_.arrived < block_.arrivals.size() ? block_.arrivals[block_.arrived].time : PreciseTime(HUGE_VAL);
}

template <int Dim>
void BlockInProgress<Dim>::take_arrivals(const PreciseTime& until)
{
    while (block_.arrived < block_.arrivals.size() && !(until < block_.arrivals[block_.arrived].time))
        take_arrival(block_.arrivals[block_.arrived++]);
    if (block_.arrived < block_.arrivals.size()) return;
    block_.arrivals.clear();
    block_.arrived = 0;
}

template <int Dim>
void BlockInProgress<Dim>::take_arrival(const BlockSource<Dim>& source)
{
    const auto at = shared_.glass.tiles().grid().index(source.voxel);
    const double norm = std::sqrt(dot(source.strain, source.strain));
    block_.entries.push_back({{at, source.strain}, source.block, false});
    for (const int tile : block_.tiles)
        if (shared_.blocks.sees(tile, source.block, at)) shared_.bounds.charge(tile, at, norm, stress_);
}

template <int Dim>
bool BlockInProgress<Dim>::is_fresh(const Event& event) const noexcept
{
    const auto& tiles = shared_.glass.tiles();
    return shared_.is_fresh(tiles.slot(tiles.grid().index(event.voxel)), event.time);
}

template <int Dim>
void BlockInProgress<Dim>::carry_out(const Event& event)
{
    const auto& tiles = shared_.glass.tiles();
    const auto at = tiles.grid().index(event.voxel);
    if (shared_.blocks.keeps_past()) {
        const int slot = tiles.slot(at);
        block_.past.push_back({event.time, slot, shared_.glass.voxels().state(slot)});
    }
    shared_.bounds.has_transformed(shared_.glass.transform(event));
    if (!stress_.is_open(event.voxel)) stress_.open(event.voxel);
    stress_.strain(event);
    BlockSource<Dim> source{event.time, event.voxel, block_.id, static_cast<std::int64_t>(block_.cycle.size()), {}};
    double squared = 0.0;
    for (int a = 0; a < deviator_size<Dim>; ++a) {
        source.strain[a] = event.strain[a];
        squared += event.strain[a] * event.strain[a];
    }
    block_.cycle.push_back(source);
    block_.strained.insert(event.voxel);
    if (may_be_seen_outside(at)) block_.boundary.push_back(source);
    thinned_.expect_near(std::sqrt(squared));
}

/// Whether other blocks see a source of this one within the cycle.
template <int Dim>
bool BlockInProgress<Dim>::may_be_seen_outside(const Index<Dim>& voxel) const noexcept
{
    for (int axis = 0; axis < Dim; ++axis) {
        const int from_edge = std::min(voxel[axis] - block_.box.begin[axis], block_.box.end[axis] - 1 - voxel[axis]);
        if (shared_.blocks.all().parts()[axis] > 1 && from_edge < halo_width<Dim>) return true;
    }
    return false;
}

template struct SharedGlass<2>;
template struct SharedGlass<3>;
template class ThinnedTiles<2, BlockStress<2>>;
template class ThinnedTiles<3, BlockStress<3>>;
template class BlockInProgress<2>;
template class BlockInProgress<3>;

}  // namespace shearwater
