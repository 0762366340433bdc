#include <shearwater/engine/sublattice/block_glass.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

template <int Dim>
BlockGlass<Dim>::BlockGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                            const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& blocks,
                            const Partition<Dim>& partition, FarUpdate far_update)
    : TileGlass<Dim>(tiles, catalogue, activation, softening, cell, loading, Separation::CellToCell, blocks.widest() + halo_width<Dim>, mean_reserve),
      blocks_(blocks),
      partition_(partition),
      far_update_(far_update)
{
    SHEARWATER_EXPECTS(cell.kernel() != nullptr);
    std::vector<int> place(static_cast<std::size_t>(blocks.count()), -1);
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const auto box = blocks.box(block);
        if (!tiles.box().contains(box.begin)) continue;
        place[block] = block_count();
        blocks_here_.push_back({block, box, {}, {}, {}, 0});
    }
    part_of_tile_.resize(static_cast<std::size_t>(this->tile_count()));
    for (int tile = 0; tile < this->tile_count(); ++tile) {
        part_of_tile_[tile] = place[blocks.block_of(tile_box(tile).begin)];
        blocks_here_[part_of_tile_[tile]].tiles.push_back(tile);
    }
    this->expired_.resize(blocks_here_.size());
    double squared = 0.0;
    for (int b = 0; b < n; ++b) {
        Deviator<Dim> unit{};
        unit[b] = 1.0;
        mean_response_[b] = this->mean_shift_of(unit);
        for (const double value : mean_response_[b]) squared += value * value;
    }
    mean_response_norm_ = std::sqrt(squared);
    this->expire_all();
}

template <int Dim>
Box<Dim> BlockGlass<Dim>::tile_box(int tile) const noexcept
{
    const auto& begin = tiles_.groups()[tiles_.tiles()[tile].first_group].first;
    Box<Dim> box{begin, begin};
    for (int axis = 0; axis < Dim; ++axis) box.end[axis] = std::min(begin[axis] + tile_edge<Dim>[axis], tiles_.grid().size[axis]);
    return box;
}

template <int Dim>
bool BlockGlass<Dim>::sees(int tile, std::int64_t source_block, const Index<Dim>& source) const noexcept
{
    return source_block == blocks_here_[part_of_tile_[tile]].id || is_within(tiles_.grid(), source, tile_box(tile), halo_width<Dim>);
}

/// 1 if a tile takes in a source voxel by voxel, −1 if it gives it back, 0 if it is none of its business.
template <int Dim>
int BlockGlass<Dim>::takes_in(int tile, const Entry& entry) const noexcept
{
    const bool seen = sees(tile, entry.block, entry.source.at);
    if (!entry.is_committed) return seen ? 1 : 0;
    return (far_->is_near(entry.source.at, state_[tile].leaf) ? 1 : 0) - (seen ? 1 : 0);
}

template <int Dim>
void BlockGlass<Dim>::catch_up(int tile)
{
    auto& state = state_[tile];
    const auto& entries = blocks_here_[part_of_tile_[tile]].entries;
    catching_up_.clear();
    for (std::size_t i = state.near_added; i < entries.size(); ++i) {
        const int sign = takes_in(tile, entries[i]);
        if (sign == 0) continue;
        catching_up_.push_back(entries[i].source);
        if (sign < 0)
            for (double& strain : catching_up_.back().strain) strain = -strain;
    }
    state.near_added = static_cast<int>(entries.size());
    if (!catching_up_.empty()) this->add_near(tile, catching_up_);
}

/// Carries out an event in the running block.
template <int Dim>
void BlockGlass<Dim>::carry_out(const Event& event)
{
    if (keeps_past_) {
        const int slot = tiles_.slot(tiles_.grid().index(event.voxel));
        past_.push_back({event.time, slot, voxels_.state(slot)});
    }
    this->transform_here(event);
    const auto& block = blocks_here_[running_];
    if (event.voxel != open_.voxel) {
        close_source();
        open_ = {event.voxel, tiles_.grid().index(event.voxel), {}};
        near_tiles_.clear();
        for (const int tile : block.tiles) near_tiles_.push_back({tile, far_->reach(open_.at, tile_box(tile).begin, tile_edge<Dim>)});
    }
    Source source{event.time, event.voxel, block.id, static_cast<std::int64_t>(cycle_.size()), {}};
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        source.strain[a] = event.strain[a];
        open_.strain[a] += event.strain[a];
        squared += event.strain[a] * event.strain[a];
    }
    cycle_.push_back(source);
    strained_.insert(event.voxel);
    for (int axis = 0; axis < Dim; ++axis) {
        const int from_edge = std::min(open_.at[axis] - block.box.begin[axis], block.box.end[axis] - 1 - open_.at[axis]);
        if (blocks_.parts()[axis] == 1 || from_edge >= halo_width<Dim>) continue;
        boundary_.push_back(source);
        break;
    }
    this->expect_near(std::sqrt(squared));
}

template <int Dim>
std::unordered_map<int, VoxelState<Dim>> BlockGlass<Dim>::past_at(const PreciseTime& time) const
{
    std::unordered_map<int, VoxelState<Dim>> states;
    // Events of a voxel are in the order of time: the first of the later ones tells.
    for (const Past& past : past_)
        if (time < past.time) states.try_emplace(past.slot, past.state);
    return states;
}

template <int Dim>
void BlockGlass<Dim>::leave()
{
    close_source();
    running_ = -1;
}

/// Hands the open source over to the tiles of its block.
template <int Dim>
void BlockGlass<Dim>::close_source()
{
    if (open_.voxel < 0) return;
    auto& block = blocks_here_[running_];
    block.entries.push_back({{open_.at, open_.strain}, block.id, false});
    open_.voxel = -1;
}

template <int Dim>
bool BlockGlass<Dim>::is_fresh(const Event& event) const noexcept
{
    return is_fresh(tiles_.slot(tiles_.grid().index(event.voxel)), event.time);
}

template <int Dim>
bool BlockGlass<Dim>::is_fresh(int slot, const PreciseTime& now) const noexcept
{
    const auto* past = voxels_.history(slot / lane_count);
    const int lane = slot % lane_count;
    // What is not softened for a while has no bursts.
    if (past == nullptr || past->generation[lane] == 0 || !(this->softening_.temporary > 0.0)) return false;
    return now - PreciseTime(past->last_high[lane], past->last_low[lane]) < burst_age / scales_.relaxation_rate;
}

template <int Dim>
void BlockGlass<Dim>::forecast(int block, BurstForecast& bursts) const noexcept
{
    for (const int tile : blocks_here_[block].tiles) {
        const auto& state = state_[tile];
        if (bursts.is_slow(state.rested)) {
            bursts.add_slow(state.rested);
            continue;
        }
        const Tile& here = tiles_.tiles()[tile];
        for (int slot = lane_count * here.first_group; slot < lane_count * (here.first_group + here.groups); ++slot)
            if (!is_fresh(slot, state.since)) bursts.add(this->rate_of(slot));
    }
}

template <int Dim>
std::vector<BlockSource<Dim>> BlockGlass<Dim>::take_boundary()
{
    return std::exchange(boundary_, {});
}

template <int Dim>
void BlockGlass<Dim>::charge(int tile, const Index<Dim>& source, double norm)
{
    state_[tile].waiting += norm * far_->reach(source, tile_box(tile).begin, tile_edge<Dim>);
    this->check(tile);
}

template <int Dim>
void BlockGlass<Dim>::announce(std::span<const Source> sources)
{
    for (auto& block : blocks_here_) {
        const auto waiting = static_cast<std::ptrdiff_t>(block.arrivals.size());
        for (const Source& source : sources)
            if (block.id != source.block && is_within(tiles_.grid(), tiles_.grid().index(source.voxel), block.box, halo_width<Dim>))
                block.arrivals.push_back(source);
        // Of one time, those of earlier phases come first.
        std::inplace_merge(block.arrivals.begin() + static_cast<std::ptrdiff_t>(block.arrived), block.arrivals.begin() + waiting,
                           block.arrivals.end(), [](const Source& a, const Source& b) { return a.time < b.time; });
    }
}

template <int Dim>
PreciseTime BlockGlass<Dim>::next_arrival(int block) const noexcept
{
    const auto& here = blocks_here_[block];
    return here.arrived < here.arrivals.size() ? here.arrivals[here.arrived].time : PreciseTime(HUGE_VAL);
}

template <int Dim>
void BlockGlass<Dim>::take_arrivals(int block, const PreciseTime& until)
{
    auto& here = blocks_here_[block];
    while (here.arrived < here.arrivals.size() && !(until < here.arrivals[here.arrived].time)) take_arrival(here, here.arrivals[here.arrived++]);
    if (here.arrived < here.arrivals.size()) return;
    here.arrivals.clear();
    here.arrived = 0;
}

template <int Dim>
void BlockGlass<Dim>::take_arrival(BlockHere& block, const Source& source)
{
    const auto at = tiles_.grid().index(source.voxel);
    const double norm = std::sqrt(dot(source.strain, source.strain));
    block.entries.push_back({{at, source.strain}, source.block, false});
    for (const int tile : block.tiles)
        if (sees(tile, source.block, at)) charge(tile, at, norm);
}

template <int Dim>
Fields BlockGlass<Dim>::accumulated_stress()
{
    // PETSc's stresses differ from those of transforms by its tolerance; they are judged by PETSc again.
    if (far_update_ == FarUpdate::Petsc) return this->stress_in_box_order();
    auto solved = cell_.stress(this->eigenstrain());
    // Sums of thousands of events differ from one solve by their rounding.
    constexpr double rounding = 1e-9;
    if (any(cell_.communicator(), this->excess_over_remainder(solved) > rounding))
        throw RunError(
            "the accumulated stress differs from a solve of the whole field by more than the bound of its remainder: this is an error of the "
            "program");
    return solved;
}

template class BlockGlass<2>;
template class BlockGlass<3>;

}  // namespace shearwater
