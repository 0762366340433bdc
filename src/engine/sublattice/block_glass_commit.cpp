/// How a cycle enters the stresses of all blocks.

#include <shearwater/engine/sublattice/block_glass.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/core/error.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// What strained in the cycle: one source for each voxel, in the order of voxels.
template <int Dim>
std::vector<CycleSource<Dim>> BlockGlass<Dim>::take_cycle()
{
    auto events = std::exchange(cycle_, {});
    strained_.clear();
    std::sort(events.begin(), events.end(), [](const Source& a, const Source& b) { return a.voxel < b.voxel; });
    std::vector<CycleSource<Dim>> sources;
    for (auto event = events.begin(); event != events.end();) {
        CycleSource<Dim> source{event->voxel, {}};
        Codes codes{};
        for (; event != events.end() && event->voxel == source.voxel; ++event) {
            const auto more = codes_of(event->strain);
            for (int a = 0; a < n; ++a) codes[a] += more[a];
        }
        for (int a = 0; a < n; ++a) {
            source.codes[a] = static_cast<std::int32_t>(codes[a]);
            SHEARWATER_EXPECTS(source.codes[a] == codes[a]);
        }
        sources.push_back(source);
    }
    return sources;
}

template <int Dim>
typename TileGlass<Dim>::Source BlockGlass<Dim>::near_source(const CycleSource<Dim>& source) const noexcept
{
    NearSource near{tiles_.grid().index(source.voxel), {}};
    for (int a = 0; a < n; ++a) near.strain[a] = scales_.strain_unit * source.codes[a];
    return near;
}

template <int Dim>
std::span<const std::int64_t> BlockGlass<Dim>::begin_commit(std::int64_t sources, std::int64_t events)
{
    choose_terms(events);
    // Counts of work: a source is as dear as 128 voxels of a transform, and polynomials are renewed before their remainders add up to much.
    const auto voxels = tiles_.grid().count();
    // Remainders matter as much as stresses do.
    const double scaled = std::cbrt(this->stress_scale_);
    const std::int64_t most_expanded =
        std::max(static_cast<std::int64_t>(1024.0 * scaled), static_cast<std::int64_t>(static_cast<double>(voxels / 64) * scaled));
    const bool expands = (far_update_ == FarUpdate::Expansions && expanded_ + sources <= 16 * most_expanded) ||
                         (far_update_ == FarUpdate::Automatic && 128 * sources < voxels && expanded_ + sources <= most_expanded);
    ending_ = {expands && sources <= MultipoleExpansions<Dim>::most_sources, sources, far_->levels(), nullptr, take_cycle()};
    if (!ending_.expands) return {};
    ending_.level = moment_level(sources);
    if (ending_.level == far_->levels()) return {};
    ending_.moments = &moments_
                           .try_emplace(ending_.level, tiles_.grid(), FarField<Dim>::leaf_edge, ending_.level,
                                        far_->tree().first_larger_level(partition_), far_->levels())
                           .first->second;
    ending_.moments->clear();
    for (const auto& source : ending_.mine) {
        const auto near = near_source(source);
        ending_.moments->add(near.at, near.strain.data());
    }
    return ending_.moments->reduced();
}

template <int Dim>
void BlockGlass<Dim>::commit(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums)
{
    Deviator<Dim> total{};
    for (int a = 0; a < n; ++a) {
        codes_[a] += codes[a];
        total[a] = scales_.strain_unit * static_cast<double>(codes_[a]);
    }
    left_out_.clear();
    this->set_total_eigenstrain(total);
    this->update_mean();
    if (!ending_.expands) {
        ending_ = {};
        return solve();
    }
    for (const auto& source : ending_.mine) far_sources_.push_back(near_source(source));
    for (const auto& source : gathered(ending_.mine, ending_.level)) expand(near_source(source), ending_.level);
    if (ending_.moments != nullptr) {
        std::copy(sums.begin(), sums.end(), ending_.moments->reduced().begin());
        traffic_.bytes += static_cast<std::int64_t>(sums.size_bytes());
        hear_moments();
        this->counters_.far_moments += far_->add_multipoles(*ending_.moments);
        this->check_grown();
    }
    expanded_ += ending_.sources;
    ending_ = {};
    if (std::any_of(blocks_here_.begin(), blocks_here_.end(), [](const BlockHere& block) { return block.entries.size() > most_entries; })) {
        for (int tile = 0; tile < this->tile_count(); ++tile) catch_up(tile);
        forget_entries();
    }
}

/// Completes the moments of the smaller cells by what neighbours have. Collective.
template <int Dim>
void BlockGlass<Dim>::hear_moments()
{
    const int first_reduced = far_->tree().first_larger_level(partition_);
    if (ending_.level >= first_reduced) return;
    auto& exchange =
        exchange_of(moment_exchanges_, ending_.level, [&] { return far_->tree().radius_of_multipoles(partition_, ending_.level, first_reduced); });
    ending_.moments->exchange(cell_.communicator().rank(), exchange);
}

/// That of a level, which is made when it is first asked for. @param radius  radius() up to which ranks tell each other
template <int Dim>
template <class Radius>
HaloExchange<Dim>& BlockGlass<Dim>::exchange_of(std::map<int, HaloExchange<Dim>>& exchanges, int level, Radius&& radius)
{
    const auto found = exchanges.find(level);
    if (found != exchanges.end()) return found->second;
    const auto& comm = cell_.communicator();
    return exchanges.try_emplace(level, comm, HaloPlan<Dim>(partition_, comm.rank(), radius())).first->second;
}

/// The level from which on moments are less work: cells hold half as many sources as they have nodes, and on the next level four or eight times as
/// many.
template <int Dim>
int BlockGlass<Dim>::moment_level(std::int64_t sources) const noexcept
{
    // Leaves must know each source, to tell it from those that are near to them.
    for (int level = 1; level < far_->levels() && far_->is_useful(); ++level) {
        const auto cells = tiles_.grid().cells(FarField<Dim>::leaf_edge << level).count();
        if (cells * MultipoleExpansions<Dim>::nodes <= 2 * sources) return level;
    }
    return far_->levels();
}

/// The sources of all ranks that matter to cells of this rank below the level of moments, in the order of voxels. Collective.
template <int Dim>
std::vector<CycleSource<Dim>> BlockGlass<Dim>::gathered(const std::vector<CycleSource<Dim>>& mine, int moment_level)
{
    const auto& comm = cell_.communicator();
    const auto less = [](const CycleSource<Dim>& a, const CycleSource<Dim>& b) { return a.voxel < b.voxel; };
    auto& exchange = exchange_of(exchanges_, moment_level, [&] { return far_->tree().radius_below(partition_, moment_level); });
    // Sources that all ranks must know are so few that one collective is less than handing them on from rank to rank.
    std::vector<CycleSource<Dim>> sources;
    if (moment_level == far_->levels() && exchange.plan().hands_on()) {
        sources = gather_all(comm, mine, traffic_);
    } else {
        sources = exchange.template spread<CycleSource<Dim>>(
            mine, [this](const CycleSource<Dim>& source) { return tiles_.grid().index(source.voxel); }, less);
        sources.insert(sources.end(), mine.begin(), mine.end());
    }
    std::sort(sources.begin(), sources.end(), less);
    return sources;
}

template <int Dim>
Traffic BlockGlass<Dim>::traffic() const noexcept
{
    Traffic traffic = traffic_;
    for (const auto* exchanges : {&exchanges_, &moment_exchanges_})
        for (const auto& [level, exchange] : *exchanges) traffic += exchange.traffic();
    return traffic;
}

/// Takes a source in where the blocks have not seen it.
template <int Dim>
void BlockGlass<Dim>::expand(const NearSource& source, int moment_level)
{
    const auto& at = source.at;
    const double norm = std::sqrt(dot(source.strain, source.strain));
    const Entry entry{source, blocks_.block_of(at), true};
    ++this->counters_.far_sources;
    far_->find_interactions(at, moment_level, far_source_);
    far_->add(far_source_, source.strain.data());
    this->check_grown();
    // First the entries, since a tile that is charged may catch up.
    std::vector<std::pair<int, int>> takers;  // block, tile
    const auto consider = [&](int tile) {
        if (takes_in(tile, entry) != 0) takers.emplace_back(part_of_tile_[tile], tile);
    };
    for (const int leaf : far_source_.near_leaves())
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

template std::span<const std::int64_t> BlockGlass<2>::begin_commit(std::int64_t sources, std::int64_t events);
template void BlockGlass<2>::commit(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums);
template std::span<const std::int64_t> BlockGlass<3>::begin_commit(std::int64_t sources, std::int64_t events);
template void BlockGlass<3>::commit(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums);
template Traffic BlockGlass<2>::traffic() const noexcept;
template Traffic BlockGlass<3>::traffic() const noexcept;

}  // namespace shearwater
