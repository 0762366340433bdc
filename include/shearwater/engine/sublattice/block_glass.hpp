#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <shearwater/engine/sublattice/burst_forecast.hpp>
#include <shearwater/engine/thinning/tile_glass.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/lattice/halo.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// A voxel that has strained, as blocks and ranks tell each other. Plain data.
template <int Dim>
struct BlockSource {
    PreciseTime time;  ///< when
    std::int64_t voxel = -1;
    std::int64_t block = -1;  ///< it lies in
    std::int64_t number = 0;  ///< rises with every source of a block
    Deviator<Dim> strain{};
};

/// A voxel that has strained in a cycle, as ranks tell each other at its end. Plain data.
template <int Dim>
struct CycleSource {
    std::int64_t voxel = -1;
    std::array<std::int32_t, deviator_size<Dim>> codes{};  ///< sums of the strain codes of its events
};

/// Order of sources of one phase.
template <int Dim>
[[nodiscard]] bool precedes(const BlockSource<Dim>& a, const BlockSource<Dim>& b) noexcept
{
    if (a.time < b.time || b.time < a.time) return a.time < b.time;
    return std::pair(a.block, a.number) < std::pair(b.block, b.number);
}

/// The metallic glass as the sublattice engine sees it: blocks that take turns, in each of which stresses are those of the beginning of the cycle,
/// and events of the block itself and, as far as they have been told of, of its neighbours.
///
/// An event is *seen* within a cycle by the tiles of its own block at once, and by tiles of other blocks within `halo_width` of it at its own time if
/// those have their turn later in the sweep, else when they have their next turn. When the cycle is committed it enters the far field; tiles of
/// leaves that are near to it, for which the far field leaves it out, and that have not seen it, take it in voxel by voxel; and those far from it
/// that have seen it give back what they took in.
template <int Dim>
class BlockGlass final : public TileGlass<Dim> {
  public:
    using GlassState<Dim>::n;
    using Source = BlockSource<Dim>;
    static constexpr int dimension = Dim;
    /// Movement of the mean stress that every bound covers, and the ramp in one sweep, over thermal_stress_scale [GPa]. More makes bounds loose, less makes sweeps short where
    /// little happens, so that ranks wait for each other: work of |ε| = 0.14 changes by a quarter of k_B T. Half of it takes twice the sweeps before
    /// the peak, and saves a fifth of the candidates and a fifteenth of the refreshed voxels.
    static constexpr double mean_reserve = 0.032;
    /// Bytes that a block holds of sources that its tiles have yet to take in, about and at most.
    static constexpr double bytes_of_entries = 4096.0 * (sizeof(Index<Dim>) + sizeof(Deviator<Dim>) + 16.0);

    /// Keeps references to all of them. @param tiles  of this rank's box of the partition, which consists of whole blocks
    BlockGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& blocks, const Partition<Dim>& partition, FarUpdate far_update);

    /// Blocks of this rank; numbered from 0 here, `block_id` says which they are.
    [[nodiscard]] int block_count() const noexcept { return static_cast<int>(blocks_here_.size()); }
    [[nodiscard]] std::int64_t block_id(int block) const noexcept { return blocks_here_[block].id; }
    [[nodiscard]] const std::vector<int>& tiles_of(int block) const noexcept { return blocks_here_[block].tiles; }

    /// From now on events are carried out in this block, which sees them at once.
    void enter(int block) noexcept { running_ = block; }
    /// When the next source of another block is to be taken in by a block; infinity if none is waiting.
    [[nodiscard]] PreciseTime next_arrival(int block) const noexcept;
    /// Takes in sources of other blocks up to a time.
    void take_arrivals(int block, const PreciseTime& until);
    void carry_out(const Event& event);

    /// Begins a cycle: forgets what voxels were in the last. @param keeps  whether to remember what those are that will transform (past_at)
    void keep_past(bool keeps)
    {
        keeps_past_ = keeps;
        past_.clear();
    }
    /// What voxels of this rank were at a time in the last cycle, of those that have transformed since, by slot.
    [[nodiscard]] std::unordered_map<int, VoxelState<Dim>> past_at(const PreciseTime& time) const override;
    /// The block's turn ends.
    void leave();

    /// Whether the last event of a voxel is so recent that the next belongs to the same burst.
    [[nodiscard]] bool is_fresh(const Event& event) const noexcept;

    /// Adds the voxels of a block that are not in a burst to a forecast, with their rates as computed when their tiles were refreshed.
    void forecast(int block, BurstForecast& bursts) const noexcept;

    /// What happened since this was asked last and other blocks may see, in the order of execution.
    [[nodiscard]] std::vector<Source> take_boundary();
    /// Announces to blocks of this rank what happened in others in the last phase. @param sources  in order, those of this rank included
    void announce(std::span<const Source> sources);

    /// Begins to end a cycle. @param sources, events  voxels that strained in it, and how often, of all ranks
    /// @return what `commit` needs the sums of, over all ranks
    [[nodiscard]] std::span<const std::int64_t> begin_commit(std::int64_t sources, std::int64_t events);
    /// Ends it: brings the stresses of all blocks up to date with what has been carried out. Collective.
    /// @param codes  sums over all ranks of the strain codes of the cycle's events  @param sums  of what `begin_commit` has returned
    void commit(std::span<const std::int64_t> codes, std::span<const std::int64_t> sums);

    /// Voxels of this rank that have strained in the cycle.
    [[nodiscard]] std::int64_t source_count() const noexcept { return static_cast<std::int64_t>(strained_.size()); }

    /// What this rank has exchanged with others in that.
    [[nodiscard]] Traffic traffic() const noexcept;

    /// Numbers that `add_missed` adds up for one event.
    static constexpr int missed_terms = 5 * n + 3;
    /// Adds what events mean for the missed exponent of another (target) to its terms: integers, so that the order of events does not matter.
    /// @param curable  seconds by which events must have come before the target for shorter intervals to help
    void add_missed(const BlockEvent& target, std::span<const BlockEvent> events, double curable, std::int64_t* terms);
    [[nodiscard]] Missed missed(const BlockEvent& target, const std::int64_t* terms) const;

    /// Strain codes of an event.
    using Codes = std::array<std::int64_t, n>;
    [[nodiscard]] Codes codes_of(const Event& event) const noexcept { return codes_of(event.strain); }

    /// The stress by a solve of the whole field, after a check that what was accumulated lies within its remainder. Changes nothing.
    /// @throws RunError if it does not
    [[nodiscard]] Fields accumulated_stress() override;

  private:
    using GlassState<Dim>::tiles_;
    using GlassState<Dim>::cell_;
    using GlassState<Dim>::voxels_;
    using GlassState<Dim>::scales_;
    using GlassState<Dim>::stress_;
    using TileGlass<Dim>::far_;
    using TileGlass<Dim>::far_source_;
    using TileGlass<Dim>::state_;
    using TileGlass<Dim>::open_;
    using TileGlass<Dim>::near_tiles_;
    using TileGlass<Dim>::tiles_of_leaf_;
    using TileGlass<Dim>::part_of_tile_;
    using NearSource = typename TileGlass<Dim>::Source;

    /// How stresses are brought up to date with a cycle.
    struct Ending {
        bool expands = false;      ///< sources one by one and by moments; otherwise by a solve of the whole field
        std::int64_t sources = 0;  ///< of all ranks
        int level = 0;             ///< from which on moments stand for them
        MultipoleExpansions<Dim>* moments = nullptr;
        std::vector<CycleSource<Dim>> mine;
    };

    /// A voxel before an event.
    struct Past {
        PreciseTime time;  ///< of the event
        int slot;
        VoxelState<Dim> state;
    };

    /// A source that some tiles of a block take in.
    struct Entry {
        NearSource source;
        std::int64_t block;  ///< the source's
        bool is_committed;   ///< taken in by tiles near to it that have not seen it; otherwise, by those that see it
    };

    /// Entries of a block from which on all tiles take in theirs after a cycle, so that they need no longer be kept.
    static constexpr std::size_t most_entries = 4096;

    struct BlockHere {
        std::int64_t id;
        Box<Dim> box;
        std::vector<int> tiles;
        std::vector<Entry> entries;    ///< in order
        std::vector<Source> arrivals;  ///< of other blocks, to be taken in at their time, in order
        std::size_t arrived = 0;       ///< of them have been
    };

    /// @param strain  whose first n coefficients are used
    template <class Strain>
    [[nodiscard]] Codes codes_of(const Strain& strain) const noexcept
    {
        Codes codes{};
        for (int a = 0; a < n; ++a) codes[a] = std::llround(strain[a] / scales_.strain_unit);
        return codes;
    }

    void catch_up(int tile) override;
    [[nodiscard]] bool sees_source(int tile) const noexcept override { return open_.voxel >= 0 && part_of_tile_[tile] == running_; }
    [[nodiscard]] bool is_near_source(int tile) const noexcept override { return sees_source(tile); }
    [[nodiscard]] double far_uncertainty(int /*leaf*/) const noexcept override { return far_->reserve(); }

    [[nodiscard]] Box<Dim> tile_box(int tile) const noexcept;
    /// Whether a tile is told of an event within the cycle.
    [[nodiscard]] bool sees(int tile, std::int64_t source_block, const Index<Dim>& source) const noexcept;
    [[nodiscard]] int takes_in(int tile, const Entry& entry) const noexcept;
    void close_source();
    void charge(int tile, const Index<Dim>& source, double norm);
    [[nodiscard]] std::vector<CycleSource<Dim>> take_cycle();
    [[nodiscard]] NearSource near_source(const CycleSource<Dim>& source) const noexcept;
    void choose_terms(std::int64_t events);
    [[nodiscard]] int moment_level(std::int64_t sources) const noexcept;
    void hear_moments();
    template <class Radius>
    [[nodiscard]] HaloExchange<Dim>& exchange_of(std::map<int, HaloExchange<Dim>>& exchanges, int level, Radius&& radius);
    [[nodiscard]] std::vector<CycleSource<Dim>> gathered(const std::vector<CycleSource<Dim>>& mine, int moment_level);
    void expand(const NearSource& source, int moment_level);
    void solve();
    void forget_entries();
    [[nodiscard]] Index<Dim> apart(const Index<Dim>& source, const Index<Dim>& voxel) const noexcept;
    [[nodiscard]] bool is_fresh(int slot, const PreciseTime& now) const noexcept;
    [[nodiscard]] Deviator<Dim> mean_shift_by(const double* strain) const noexcept;
    void add_response(const Index<Dim>& source, const double* strain, const Index<Dim>& voxel, std::int64_t* terms) const;
    /// A stress in whole numbers, so that sums do not depend on their order.
    using Terms = std::array<std::int64_t, n>;
    [[nodiscard]] const Terms& left_out(std::int64_t id);
    void take_arrival(BlockHere& block, const Source& source);

    const Blocks<Dim>& blocks_;
    const Partition<Dim>& partition_;
    FarUpdate far_update_;
    std::vector<BlockHere> blocks_here_;
    int running_ = -1;
    std::vector<Source> boundary_;               ///< of this phase, event by event
    std::vector<Source> cycle_;                  ///< the same of the cycle
    std::unordered_set<std::int64_t> strained_;  ///< voxels of it
    bool keeps_past_ = false;
    std::vector<Past> past_;  ///< of the events of the cycle, in the order of execution
    std::vector<NearSource> catching_up_;
    Codes codes_{};                                 ///< sums of strain codes of all events of all ranks
    std::array<Deviator<Dim>, n> mean_response_{};  ///< stress of a mean eigenstrain [b][a] [GPa]
    double mean_response_norm_ = 0.0;
    double terms_per_gpa_ = 0x1p44;                      ///< in which what events of a cycle have missed is added up
    std::int64_t expanded_ = 0;                          ///< sources since the last solve
    std::vector<NearSource> far_sources_;                ///< those of this rank
    std::map<int, HaloExchange<Dim>> exchanges_;         ///< of sources, by the level from which on moments stand for them
    std::map<int, HaloExchange<Dim>> moment_exchanges_;  ///< of moments, by their first level
    Ending ending_;
    std::map<int, MultipoleExpansions<Dim>> moments_;  ///< by their first level
    Traffic traffic_;
    std::unordered_map<std::int64_t, Terms> left_out_;  ///< of the voxels of this cycle's targets, as terms
};

}  // namespace shearwater
