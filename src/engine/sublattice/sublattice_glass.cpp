#include <shearwater/engine/sublattice/sublattice_glass.hpp>

#include <algorithm>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

template <int Dim>
SublatticeGlass<Dim>::SublatticeGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                                      const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading,
                                      const Blocks<Dim>& blocks, const Partition<Dim>& partition, FarUpdate far_update)
    : shared_(tiles, catalogue, activation, softening, cell, loading, blocks), ends_(shared_, partition, far_update)
{
}

template <int Dim>
void SublatticeGlass<Dim>::follow_load(const Window& window)
{
    const auto begin = shared_.glass.mean().shift(window.load_begin);
    const auto end = window.load_end == window.load_begin ? begin : shared_.glass.mean().shift(window.load_end);
    BlockStress<Dim> between_turns(shared_.glass, shared_.response, shared_.blocks, BlockStress<Dim>::no_block);
    shared_.bounds.follow_mean(begin, end, between_turns);
}

template <int Dim>
std::unordered_map<int, VoxelState<Dim>> SublatticeGlass<Dim>::past_at(const PreciseTime& time) const
{
    std::unordered_map<int, VoxelState<Dim>> states;
    // The events of a voxel are in the order of time, so that the first event after a time has recorded the state at this time.
    for (const auto& block : shared_.blocks)
        for (const auto& past : block.past)
            if (time < past.time) states.try_emplace(past.slot, past.state);
    return states;
}

template <int Dim>
void SublatticeGlass<Dim>::forecast(int block, BurstForecast& bursts) const noexcept
{
    for (const int tile : shared_.blocks[block].tiles) {
        const auto& state = shared_.bounds.state(tile);
        if (bursts.is_slow(state.rested)) {
            bursts.add_slow(state.rested);
            continue;
        }
        const Tile& here = shared_.glass.tiles().tiles()[tile];
        for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
            if (!shared_.is_fresh(slot, state.since)) bursts.add(shared_.bounds.rate_of(slot));
    }
}

template <int Dim>
std::vector<BlockSource<Dim>> SublatticeGlass<Dim>::take_boundary()
{
    std::vector<Source> sources;
    for (auto& block : shared_.blocks) {
        sources.insert(sources.end(), block.boundary.begin(), block.boundary.end());
        block.boundary.clear();
    }
    return sources;
}

template <int Dim>
void SublatticeGlass<Dim>::announce(std::span<const Source> sources)
{
    const auto& grid = shared_.glass.tiles().grid();
    for (auto& block : shared_.blocks) {
        const auto waiting = static_cast<std::ptrdiff_t>(block.arrivals.size());
        for (const Source& source : sources)
            if (block.id != source.block && is_within(grid, grid.index(source.voxel), block.box, halo_width<Dim>)) block.arrivals.push_back(source);
        // Among arrivals at one time, those of earlier phases come first.
        std::inplace_merge(block.arrivals.begin() + static_cast<std::ptrdiff_t>(block.arrived), block.arrivals.begin() + waiting,
                           block.arrivals.end(), [](const Source& a, const Source& b) { return a.time < b.time; });
    }
}

template <int Dim>
std::int64_t SublatticeGlass<Dim>::source_count() const noexcept
{
    std::int64_t count = 0;
    for (const auto& block : shared_.blocks) count += static_cast<std::int64_t>(block.strained.size());
    return count;
}

template <int Dim>
Fields SublatticeGlass<Dim>::accumulated_stress()
{
    // Stresses from PETSc differ from those from transforms by the tolerance of the solver; the stress check compares them with PETSc.
    if (ends_.far_update == FarUpdate::Petsc) return shared_.glass.stress_in_box_order();
    auto& cell = shared_.glass.cell();
    auto solved = cell.stress(shared_.glass.eigenstrain());
    BlockStress<Dim> between_turns(shared_.glass, shared_.response, shared_.blocks, BlockStress<Dim>::no_block);
    Thinned all_tiles(shared_.bounds, between_turns, BlockStress<Dim>::no_block);
    // Sums of thousands of events differ from the result of one solve by rounding.
    constexpr double rounding = 1e-9;
    if (any(cell.communicator(), all_tiles.excess_over_remainder(solved) > rounding))
        throw RunError(
            "the accumulated stress differs from a solve of the whole field by more than the bound of its remainder: this is an error of the "
            "program");
    return solved;
}

template class SublatticeGlass<2>;
template class SublatticeGlass<3>;

}  // namespace shearwater
