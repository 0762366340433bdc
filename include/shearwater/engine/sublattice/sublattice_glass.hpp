#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <shearwater/engine/sublattice/block_in_progress.hpp>
#include <shearwater/engine/sublattice/burst_forecast.hpp>
#include <shearwater/engine/sublattice/cycle_commit.hpp>
#include <shearwater/glass/glass.hpp>

namespace shearwater {

/// The metallic glass as the sublattice engine needs it: blocks that take turns, in each of which stresses are those of the beginning of the cycle,
/// and events of the block itself and, as far as they have been announced, of its neighbours (BlocksHere).
template <int Dim>
class SublatticeGlass final : public Glass<Dim> {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int dimension = Dim;
    using Source = BlockSource<Dim>;
    using Block = BlockInProgress<Dim>;
    using Thinned = typename Block::Thinned;
    using Commit = CycleCommit<Dim>;

    /// Movement of the mean stress that every bound covers, and the ramp in one sweep, over thermal_stress_scale [GPa].
    static constexpr double mean_reserve = SharedGlass<Dim>::mean_reserve;
    /// Bytes that a block holds of sources that its tiles have yet to take in, about and at most.
    static constexpr double bytes_of_entries = 4096.0 * (sizeof(Index<Dim>) + sizeof(Deviator<Dim>) + 16.0);

    /// Collective. Keeps references to all of them. @param tiles  of this rank's box of the partition, which consists of whole blocks
    SublatticeGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
                    ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& blocks, const Partition<Dim>& partition,
                    FarUpdate far_update);

    [[nodiscard]] const GlassState<Dim>& state() const noexcept override { return shared_.glass; }
    [[nodiscard]] GlassState<Dim>& state() noexcept override { return shared_.glass; }
    /// The stress by a solve of the whole field, after a check that what was accumulated lies within its remainder. Changes nothing. Collective.
    /// @throws RunError if it does not
    [[nodiscard]] Fields accumulated_stress() override;
    /// What voxels of this rank were at a time in the last cycle, of those that have transformed since, by slot.
    [[nodiscard]] std::unordered_map<int, VoxelState<Dim>> past_at(const PreciseTime& time) const override;

    /// Blocks of this rank; numbered from 0 here, `block_id` says which they are.
    [[nodiscard]] int block_count() const noexcept { return shared_.blocks.count(); }
    [[nodiscard]] std::int64_t block_id(int block) const noexcept { return shared_.blocks[block].id; }
    [[nodiscard]] const std::vector<int>& tiles_of(int block) const noexcept { return shared_.blocks[block].tiles; }

    /// Begins a cycle: forgets what voxels were in the last. @param keeps  whether to remember what those are that will transform (past_at)
    void keep_past(bool keeps) { shared_.blocks.keep_past(keeps); }

    /// Has the bounds of all tiles cover what the load does in a window.
    void follow_load(const Window& window);

    /// A block has its turn, as long as what this returns lives.
    [[nodiscard]] Block start(int block) { return Block(shared_, block); }

    /// What blocks have done since this was asked last and other blocks may see, in any order.
    [[nodiscard]] std::vector<Source> take_boundary();
    /// Announces to blocks of this rank what happened in others in the last phase. @param sources  in order, those of this rank included
    void announce(std::span<const Source> sources);

    /// Adds the voxels of a block that are not in a burst to a forecast, with their rates as computed when their tiles were refreshed.
    void forecast(int block, BurstForecast& bursts) const noexcept;

    /// Voxels of this rank that have strained in the cycle.
    [[nodiscard]] std::int64_t source_count() const noexcept;

    /// Ends a cycle. @param sources, events  voxels that strained in it, and how often, of all ranks
    [[nodiscard]] Commit end_cycle(std::int64_t sources, std::int64_t events) { return Commit(shared_, ends_, sources, events); }

    /// What this rank has exchanged with others to bring stresses up to date with cycles.
    [[nodiscard]] Traffic traffic() const noexcept { return ends_.exchange.traffic(); }

    /// Strain codes of an event.
    using Codes = CodeSums<Dim>;
    [[nodiscard]] Codes codes_of(const Event& event) const noexcept { return strain_codes<Dim>(event.strain, state().scales().strain_unit); }

    void visit(Archive& archive) override
    {
        archive("state", shared_.glass);
        archive("response", shared_.response);
        archive("blocks", shared_.blocks);
        archive("bounds", shared_.bounds);
        archive("committed", ends_.committed);
    }

  private:
    SharedGlass<Dim> shared_;
    CycleEnds<Dim> ends_;
};

}  // namespace shearwater
