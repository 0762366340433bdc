#include <shearwater/engine/block_glass.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// One source for each voxel, in the order of voxels: the sum of its strains in their order.
template <int Dim>
std::vector<BlockSource<Dim>> merged(std::vector<BlockSource<Dim>> sources)
{
    std::stable_sort(sources.begin(), sources.end(), [](const auto& a, const auto& b) { return a.voxel < b.voxel; });
    std::vector<BlockSource<Dim>> merged;
    for (const auto& source : sources) {
        if (merged.empty() || merged.back().voxel != source.voxel)
            merged.push_back(source);
        else
            for (int a = 0; a < deviator_size<Dim>; ++a) merged.back().strain[a] += source.strain[a];
    }
    return merged;
}

}  // namespace

template <int Dim>
BlockGlass<Dim>::BlockGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                            const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& blocks,
                            const Partition<Dim>& partition, FarUpdate far_update)
    : TileGlass<Dim>(tiles, catalogue, activation, softening, cell, loading, FarFrom::Cell, blocks.widest() + halo_width<Dim>, mean_reserve),
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
    for (int axis = 0; axis < Dim; ++axis) {
        const int from_edge = std::min(open_.at[axis] - block.box.begin[axis], block.box.end[axis] - 1 - open_.at[axis]);
        if (blocks_.parts()[axis] == 1 || from_edge >= halo_width<Dim>) continue;
        boundary_.push_back(source);
        break;
    }
    this->expect_near(std::sqrt(squared));
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
    const int slot = tiles_.slot(tiles_.grid().index(event.voxel));
    const auto* past = voxels_.history(slot / lane_count);
    const int lane = slot % lane_count;
    if (past == nullptr || past->generation[lane] == 0) return false;
    return event.time - PreciseTime(past->last_high[lane], past->last_low[lane]) < burst_age / scales_.relaxation_rate;
}

template <int Dim>
double BlockGlass<Dim>::rested_rate(int block) const noexcept
{
    double sum = 0.0;
    for (const int tile : blocks_here_[block].tiles) sum += state_[tile].rested;
    return sum;
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
        std::inplace_merge(block.arrivals.begin() + static_cast<std::ptrdiff_t>(block.arrived), block.arrivals.begin() + waiting, block.arrivals.end(),
                           [](const Source& a, const Source& b) { return a.time < b.time; });
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
typename BlockGlass<Dim>::Codes BlockGlass<Dim>::codes_of(const Event& event) const noexcept
{
    Codes codes{};
    for (int a = 0; a < n; ++a) codes[a] = std::llround(event.strain[a] / scales_.strain_unit);
    return codes;
}

template <int Dim>
void BlockGlass<Dim>::commit(std::span<const std::int64_t> codes)
{
    Deviator<Dim> total{};
    for (int a = 0; a < n; ++a) {
        codes_[a] += codes[a];
        total[a] = scales_.strain_unit * static_cast<double>(codes_[a]);
    }
    this->set_total_eigenstrain(total);
    this->update_mean();
    const auto mine = merged<Dim>(std::exchange(cycle_, {}));
    // Counts of work: a source is as dear as 128 voxels of a transform, and polynomials are renewed before their remainders add up to much.
    const auto voxels = tiles_.grid().count();
    auto count = static_cast<std::int64_t>(mine.size());
    reduce(cell_.communicator(), std::span(&count, 1), {}, traffic_);
    const bool expansions =
        far_update_ == FarUpdate::Expansions ||
        (far_update_ == FarUpdate::Automatic && 128 * count < voxels && expanded_ + count <= std::max<std::int64_t>(4096, voxels / 16));
    if (!expansions) return solve();
    const int level = moment_level(count);
    for (const Source& source : gathered(mine, level)) expand(source, level);
    if (level < far_->levels()) {
        FarMoments<Dim> moments(tiles_.grid(), FarField<Dim>::leaf_edge, level, far_->levels());
        for (const Source& source : mine) moments.add(tiles_.grid().index(source.voxel), source.strain.data());
        moments.reduce(cell_.communicator(), traffic_);
        far_->add_moments(moments);
        this->check_grown();
    }
    expanded_ += count;
    constexpr std::size_t most_entries = 4096;
    if (std::any_of(blocks_here_.begin(), blocks_here_.end(), [](const BlockHere& block) { return block.entries.size() > most_entries; })) {
        for (int tile = 0; tile < this->tile_count(); ++tile) catch_up(tile);
        forget_entries();
    }
}

/// The level from which on cells have more sources than nodes, so that moments stand for less work and fewer bytes.
template <int Dim>
int BlockGlass<Dim>::moment_level(std::int64_t sources) const noexcept
{
    for (int level = 0; level < far_->levels(); ++level) {
        std::int64_t cells = 1;
        for (const int size : tiles_.grid().size) cells *= (size - 1) / (FarField<Dim>::leaf_edge << level) + 1;
        if (cells * FarField<Dim>::nodes <= sources) return level;
    }
    return far_->levels();
}

/// The sources of all ranks that matter to cells of this rank below the level of moments, in the order of voxels. Collective.
template <int Dim>
std::vector<BlockSource<Dim>> BlockGlass<Dim>::gathered(const std::vector<Source>& mine, int moment_level)
{
    const auto less = [](const Source& a, const Source& b) { return a.voxel < b.voxel; };
    const auto& grid = tiles_.grid();
    // Of a cell's sources those matter whose cell of the level of moments is near to its own: they are within three edges of it.
    const int radius = 3 * (FarField<Dim>::leaf_edge << moment_level);
    const bool matter_everywhere =
        moment_level == far_->levels() || std::all_of(grid.size.begin(), grid.size.end(), [&](int size) { return 3 * radius >= size; });
    std::vector<Source> sources;
    if (matter_everywhere) {
        sources = gather_all(cell_.communicator(), mine, traffic_);
    } else {
        const auto& comm = cell_.communicator();
        auto& exchange = exchanges_.try_emplace(radius, comm, HaloPlan<Dim>(partition_, comm.rank(), radius)).first->second;
        sources = exchange.template spread<Source>(mine, [&](const Source& source) { return grid.index(source.voxel); }, less);
        sources.insert(sources.end(), mine.begin(), mine.end());
    }
    std::sort(sources.begin(), sources.end(), less);
    return sources;
}

template <int Dim>
Traffic BlockGlass<Dim>::traffic() const noexcept
{
    Traffic traffic = traffic_;
    for (const auto& [radius, exchange] : exchanges_) traffic += exchange.traffic();
    return traffic;
}

/// Takes a source in where the blocks have not seen it.
template <int Dim>
void BlockGlass<Dim>::expand(const Source& source, int moment_level)
{
    const auto at = tiles_.grid().index(source.voxel);
    const double norm = std::sqrt(dot(source.strain, source.strain));
    const Entry entry{{at, source.strain}, source.block, true};
    far_->set_source(at, moment_level);
    far_->add(source.strain.data());
    this->check_grown();
    // First the entries, since a tile that is charged may catch up.
    std::vector<std::pair<int, int>> takers;  // block, tile
    const auto consider = [&](int tile) {
        if (takes_in(tile, entry) != 0) takers.emplace_back(part_of_tile_[tile], tile);
    };
    for (const int leaf : far_->near())
        for (const int tile : tiles_of_leaf_[leaf]) consider(tile);
    for (const auto& block : blocks_here_)
        if (is_within(tiles_.grid(), at, block.box, halo_width<Dim>))
            for (const int tile : block.tiles)
                if (!far_->is_near(at, state_[tile].leaf)) consider(tile);
    std::sort(takers.begin(), takers.end());
    for (std::size_t i = 0; i < takers.size(); ++i)
        if (i == 0 || takers[i].first != takers[i - 1].first) blocks_here_[takers[i].first].entries.push_back(entry);
    for (const auto& [block, tile] : takers) charge(tile, at, norm);
}

/// Replaces all stresses by a solve of the whole field.
template <int Dim>
void BlockGlass<Dim>::solve()
{
    forget_entries();
    expanded_ = 0;
    this->replace_stress(far_update_ == FarUpdate::Petsc);
}

template <int Dim>
void BlockGlass<Dim>::forget_entries()
{
    for (auto& block : blocks_here_) block.entries.clear();
    for (auto& state : state_) state.near_added = 0;
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

namespace {

/// Terms of missed exponents are added up as integers of this many per GPa.
constexpr double terms_per_gpa = 0x1p44;

std::int64_t rounded(double value) noexcept
{
    return std::llround(value * terms_per_gpa);
}

std::int64_t rounded_up(double value) noexcept
{
    return static_cast<std::int64_t>(std::ceil(value * terms_per_gpa));
}

}  // namespace

/// Terms: far [n] and boundary stress [n] in GPa, sums of strain codes [n]; bounds of far and boundary stress in GPa, sum of the norms of strains.
template <int Dim>
void BlockGlass<Dim>::add_missed(const BlockEvent& target, std::span<const BlockEvent> events, std::int64_t* terms) const
{
    const auto& grid = tiles_.grid();
    const auto at = grid.index(target.event.voxel);
    Box<Dim> tile;  // the target's
    for (int axis = 0; axis < Dim; ++axis) {
        tile.begin[axis] = at[axis] / tile_edge<Dim>[axis] * tile_edge<Dim>[axis];
        tile.end[axis] = std::min(tile.begin[axis] + tile_edge<Dim>[axis], grid.size[axis]);
    }
    Index<Dim> one{};
    one.fill(1);
    for (const BlockEvent& other : events) {
        const bool comes_before = precedes(other, target);
        double squared = 0.0;
        for (int a = 0; a < n; ++a) squared += other.event.strain[a] * other.event.strain[a];
        const double norm = std::sqrt(squared);
        terms[3 * n + 2] += rounded_up(norm);
        if (comes_before) {
            const auto codes = codes_of(other.event);
            for (int a = 0; a < n; ++a) terms[2 * n + a] += codes[a];
        }
        if (other.block == target.block) continue;
        const auto from = grid.index(other.event.voxel);
        const bool is_near = is_within(grid, from, tile, halo_width<Dim>);
        terms[3 * n + (is_near ? 1 : 0)] += rounded_up(norm * far_->reach(from, at, one));
        if (!comes_before || (is_near && other.phase < target.phase)) continue;
        Index<Dim> apart{};
        for (int axis = 0; axis < Dim; ++axis) {
            apart[axis] = at[axis] - from[axis];
            if (apart[axis] < 0) apart[axis] += grid.size[axis];
        }
        double stress[n] = {};
        cell_.kernel()->add_one(apart, other.event.strain.data(), stress);
        for (int a = 0; a < n; ++a) terms[(is_near ? n : 0) + a] += rounded(stress[a]);
    }
}

template <int Dim>
Missed BlockGlass<Dim>::missed(const BlockEvent& target, const std::int64_t* terms) const
{
    const auto voxels = static_cast<double>(tiles_.grid().count());
    const double per_work = scales_.work / scales_.strain_unit;  // ½ V/k_B T [1/GPa]
    std::array<double, n> mean{};
    for (int b = 0; b < n; ++b) {
        const double strain = scales_.strain_unit * static_cast<double>(terms[2 * n + b]) / voxels;
        for (int a = 0; a < n; ++a) mean[a] += mean_response_[b][a] * strain;
    }
    Missed missed;
    double squared = 0.0;
    for (int a = 0; a < n; ++a) {
        const double strain = target.event.strain[a];
        missed.far += per_work * (static_cast<double>(terms[a]) / terms_per_gpa + mean[a]) * strain;
        missed.boundary += per_work * static_cast<double>(terms[n + a]) / terms_per_gpa * strain;
        squared += strain * strain;
    }
    const double scale = per_work * std::sqrt(squared) / terms_per_gpa * (1.0 + 1e-12);
    missed.far_bound = scale * (static_cast<double>(terms[3 * n]) + mean_response_norm_ * static_cast<double>(terms[3 * n + 2]) / voxels);
    missed.boundary_bound = scale * static_cast<double>(terms[3 * n + 1]);
    return missed;
}

template class BlockGlass<2>;
template class BlockGlass<3>;

}  // namespace shearwater
