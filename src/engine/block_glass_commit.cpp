/// How a cycle enters the stresses of all blocks.

#include <shearwater/engine/block_glass.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

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
void BlockGlass<Dim>::commit(std::span<const std::int64_t> codes)
{
    Deviator<Dim> total{};
    for (int a = 0; a < n; ++a) {
        codes_[a] += codes[a];
        total[a] = scales_.strain_unit * static_cast<double>(codes_[a]);
    }
    left_out_.clear();
    this->set_total_eigenstrain(total);
    this->update_mean();
    const auto mine = merged<Dim>(std::exchange(cycle_, {}));
    // Counts of work: a source is as dear as 128 voxels of a transform, and polynomials are renewed before their remainders add up to much.
    const auto voxels = tiles_.grid().count();
    auto count = static_cast<std::int64_t>(mine.size());
    reduce(cell_.communicator(), std::span(&count, 1), {}, traffic_);
    const std::int64_t most_expanded = std::max<std::int64_t>(1024, voxels / 64);
    const bool expansions = (far_update_ == FarUpdate::Expansions && expanded_ + count <= 16 * most_expanded) ||
                            (far_update_ == FarUpdate::Automatic && 128 * count < voxels && expanded_ + count <= most_expanded);
    if (!expansions) return solve();
    for (const Source& source : mine) far_sources_.push_back({tiles_.grid().index(source.voxel), source.strain});
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
    // Leaves must know each source, to tell it from those that are near to them.
    for (int level = 1; level < far_->levels() && far_->is_useful(); ++level) {
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
        sources = exchange.template spread<Source>(
            mine, [&](const Source& source) { return grid.index(source.voxel); }, less);
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
    ++this->counters_.far_sources;
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
    far_sources_.clear();
    this->replace_stress(far_update_ == FarUpdate::Petsc);
}

template <int Dim>
void BlockGlass<Dim>::forget_entries()
{
    for (auto& block : blocks_here_) block.entries.clear();
    for (auto& state : state_) state.near_added = 0;
}

template void BlockGlass<2>::commit(std::span<const std::int64_t> codes);
template void BlockGlass<3>::commit(std::span<const std::int64_t> codes);
template Traffic BlockGlass<2>::traffic() const noexcept;
template Traffic BlockGlass<3>::traffic() const noexcept;

}  // namespace shearwater
