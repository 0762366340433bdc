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

/// The metallic glass for the sublattice engine. Blocks take turns; the stress that a block sees is the one at the beginning of the cycle plus the
/// stress of its own events and of those events of its neighbours that have been announced (BlocksHere).
template <int Dim>
class SublatticeGlass final : public Glass<Dim> {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int dimension = Dim;
    using Source = BlockSource<Dim>;
    using Block = BlockInProgress<Dim>;
    using Thinned = typename Block::Thinned;
    using Commit = CycleCommit<Dim>;

    /// Movement of the mean stress that every bound covers, and of the ramp in one sweep, over thermal_stress_scale [GPa].
    static constexpr double mean_reserve = SharedGlass<Dim>::mean_reserve;
    /// Approximate upper limit of the bytes that a block needs for sources that its tiles have yet to take in.
    static constexpr double bytes_of_entries = 4096.0 * (sizeof(Index<Dim>) + sizeof(Deviator<Dim>) + 16.0);

    /// Collective. Keeps references to all arguments. @param tiles  tiles of this rank's box of the partition, which consists of whole blocks
    SublatticeGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
                    ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& blocks, const Partition<Dim>& partition,
                    FarUpdate far_update);

    [[nodiscard]] const GlassState<Dim>& state() const noexcept override { return shared_.glass; }
    [[nodiscard]] GlassState<Dim>& state() noexcept override { return shared_.glass; }
    /// The stress by a solve of the whole field, after a check that the accumulated stress differs from it by its remainder at most. Does not change
    /// the state. Collective.
    /// @throws RunError if the difference is larger
    [[nodiscard]] Fields accumulated_stress() override;
    /// States, at a time in the last cycle, of those voxels of this rank that have transformed since, by slot.
    [[nodiscard]] std::unordered_map<int, VoxelState<Dim>> past_at(const PreciseTime& time) const override;

    /// Number of blocks of this rank. They are numbered from 0 on the rank; `block_id` returns their numbers in the whole lattice.
    [[nodiscard]] int block_count() const noexcept { return shared_.blocks.count(); }
    [[nodiscard]] std::int64_t block_id(int block) const noexcept { return shared_.blocks[block].id; }
    [[nodiscard]] const std::vector<int>& tiles_of(int block) const noexcept { return shared_.blocks[block].tiles; }

    /// Begins a cycle and discards the states recorded in the last one. @param keeps  whether to record states of voxels before events (past_at)
    void keep_past(bool keeps) { shared_.blocks.keep_past(keeps); }

    /// Extends the bounds of all tiles to the change of the load in a window.
    void follow_load(const Window& window);

    /// Begins the turn of a block, which lasts for the lifetime of the returned object.
    [[nodiscard]] Block start(int block) { return Block(shared_, block); }

    /// Sources of blocks of this rank since the last call that other blocks may see, in any order.
    [[nodiscard]] std::vector<Source> take_boundary();
    /// Announces the sources of the last phase to blocks of this rank. @param sources  sources of all blocks, in order, those of this rank included
    void announce(std::span<const Source> sources);

    /// Adds the voxels of a block that are not in a burst to a forecast, with the rates computed when their tiles were refreshed.
    void forecast(int block, BurstForecast& bursts) const noexcept;

    /// Number of voxels of this rank that have strained in the cycle.
    [[nodiscard]] std::int64_t source_count() const noexcept;

    /// Ends a cycle. @param sources, events  numbers of voxels that strained in the cycle and of events, of all ranks
    [[nodiscard]] Commit end_cycle(std::int64_t sources, std::int64_t events) { return Commit(shared_, ends_, sources, events); }

    /// Traffic of this rank with others in updates of stresses after cycles.
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
