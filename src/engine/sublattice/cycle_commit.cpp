#include <shearwater/engine/sublattice/cycle_commit.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
CycleEnds<Dim>::CycleEnds(const SharedGlass<Dim>& shared, const Partition<Dim>& partition, FarUpdate update)
    : far_update(update), mean(shared.glass), exchange(shared.glass.cell().communicator(), partition, shared.glass.tiles().grid(), shared.response)
{
}

template <int Dim>
CycleCommit<Dim>::CycleCommit(SharedGlass<Dim>& shared, CycleEnds<Dim>& ends, std::int64_t sources, std::int64_t events)
    : shared_(shared),
      ends_(ends),
      missed_(shared, ends.committed, ends.mean, events),
      stress_(shared.glass, shared.response, shared.blocks, BlockStress<Dim>::no_block),
      mine_(take_cycle()),
      sources_(sources),
      expands_(expands(sources)),
      level_(shared.response.far().levels())
{
    if (!expands_) return;
    level_ = ends.exchange.moment_level(sources);
    if (level_ == shared.response.far().levels()) return;
    moments_ = &ends.exchange.moments(level_);
    for (const auto& source : mine_) {
        const auto strained = strained_voxel(source);
        moments_->add(strained.at, strained.strain.data());
    }
}

/// The sources of the cycle, summed for each voxel.
template <int Dim>
std::vector<CycleSource<Dim>> CycleCommit<Dim>::take_cycle()
{
    std::vector<BlockSource<Dim>> events;
    for (auto& block : shared_.blocks) {
        events.insert(events.end(), block.cycle.begin(), block.cycle.end());
        block.cycle.clear();
        block.strained.clear();
    }
    std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.voxel < b.voxel; });
    std::vector<CycleSource<Dim>> sources;
    for (auto event = events.begin(); event != events.end();) {
        CycleSource<Dim> source{event->voxel, {}};
        CodeSums<Dim> codes{};
        for (; event != events.end() && event->voxel == source.voxel; ++event) {
            const auto more = strain_codes<Dim>(event->strain, shared_.glass.scales().strain_unit);
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

/// Whether sources are taken in one by one. The choice depends only on counts of work: a source costs as much as 128 voxels of a transform.
/// Polynomials are renewed before their remainders become too large.
template <int Dim>
bool CycleCommit<Dim>::expands(std::int64_t sources) const noexcept
{
    const auto voxels = shared_.glass.tiles().grid().count();
    // Remainders are compared with the thermal stress.
    const double scaled = std::cbrt(shared_.bounds.stress_scale());
    const std::int64_t most_expanded =
        std::max(static_cast<std::int64_t>(1024.0 * scaled), static_cast<std::int64_t>(static_cast<double>(voxels / 64) * scaled));
    const std::int64_t expanded = ends_.committed.expanded + sources;
    const bool is_wanted = (ends_.far_update == FarUpdate::Expansions && expanded <= 16 * most_expanded) ||
                           (ends_.far_update == FarUpdate::Automatic && 128 * sources < voxels && expanded <= most_expanded);
    return is_wanted && sources <= MultipoleExpansions<Dim>::most_sources;
}

template <int Dim>
StrainedVoxel<Dim> CycleCommit<Dim>::strained_voxel(const CycleSource<Dim>& source) const noexcept
{
    StrainedVoxel<Dim> strained{shared_.glass.tiles().grid().index(source.voxel), {}};
    for (int a = 0; a < n; ++a) strained.strain[a] = shared_.glass.scales().strain_unit * source.codes[a];
    return strained;
}

template <int Dim>
std::span<const std::int64_t> CycleCommit<Dim>::numbers() const noexcept
{
    return moments_ != nullptr ? std::span<const std::int64_t>(moments_->reduced()) : std::span<const std::int64_t>();
}

template <int Dim>
void CycleCommit<Dim>::carry_out(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums) &&
{
    auto& committed = ends_.committed;
    Deviator<Dim> total{};
    for (int a = 0; a < n; ++a) {
        committed.codes[a] += codes[a];
        total[a] = shared_.glass.scales().strain_unit * static_cast<double>(committed.codes[a]);
    }
    shared_.glass.mean().set_total_eigenstrain(total);
    if (!expands_) return solve();
    for (const auto& source : mine_) committed.mine.push_back(strained_voxel(source));
    for (const auto& source : ends_.exchange.gathered(mine_, level_)) expand(strained_voxel(source));
    if (moments_ != nullptr) {
        std::copy(sums.begin(), sums.end(), moments_->reduced().begin());
        ends_.exchange.complete(*moments_);
        shared_.glass.counters().far_moments += shared_.response.far().add_multipoles(*moments_);
        shared_.bounds.check_grown(stress_);
    }
    committed.expanded += sources_;
    if (std::any_of(shared_.blocks.begin(), shared_.blocks.end(), [](const auto& block) { return block.entries.size() > most_entries; }))
        shared_.bounds.catch_up(stress_);
}

/// Takes in a source where the blocks have not seen it.
template <int Dim>
void CycleCommit<Dim>::expand(const StrainedVoxel<Dim>& source)
{
    auto& far = shared_.response.far();
    auto& blocks = shared_.blocks;
    const double norm = std::sqrt(dot(source.strain, source.strain));
    const SourceEntry<Dim> entry{source, blocks.all().block_of(source.at), true};
    ++shared_.glass.counters().far_sources;
    far.find_interactions(source.at, level_, interactions_);
    far.add(interactions_, source.strain.data());
    shared_.bounds.check_grown(stress_);
    // Entries are made first, because a tile may catch up when the source is counted in its drift.
    std::vector<std::pair<int, int>> takers;  // block, tile
    const auto consider = [&](int tile) {
        if (blocks.takes_in(tile, shared_.bounds.state(tile).mark.leaf, entry) != 0) takers.emplace_back(blocks.block_of_tile()[tile], tile);
    };
    for (const int leaf : interactions_.near_leaves())
        for (const int tile : shared_.response.tiles_of_leaf(leaf)) consider(tile);
    for (const auto& block : blocks)
        if (is_within(shared_.glass.tiles().grid(), source.at, block.box, halo_width<Dim>))
            for (const int tile : block.tiles)
                if (!far.is_near(source.at, shared_.bounds.state(tile).mark.leaf)) consider(tile);
    std::sort(takers.begin(), takers.end());
    for (std::size_t i = 0; i < takers.size(); ++i)
        if (i == 0 || takers[i].first != takers[i - 1].first) blocks[takers[i].first].entries.push_back(entry);
    for (const auto& [block, tile] : takers) shared_.bounds.charge(tile, source.at, norm, stress_);
}

/// Replaces all stresses by a solve of the whole field.
template <int Dim>
void CycleCommit<Dim>::solve()
{
    ends_.committed.expanded = 0;
    ends_.committed.mine.clear();
    shared_.bounds.replace_stress(stress_, ends_.far_update == FarUpdate::Petsc);
}

template struct CycleEnds<2>;
template struct CycleEnds<3>;
template class CycleCommit<2>;
template class CycleCommit<3>;

}  // namespace shearwater
