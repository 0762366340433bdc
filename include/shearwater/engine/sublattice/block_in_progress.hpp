#pragma once

#include <shearwater/engine/sublattice/block_stress.hpp>
#include <shearwater/engine/thinning/thinned_tiles.hpp>

namespace shearwater {

/// What the blocks of a rank have in common.
///
/// Several blocks may be in progress at once, as blocks of one colour do not touch. Each then reads and writes the stresses, rates and bounds of its
/// own tiles, the list of those of them that have expired, and its BlockHere; it only reads the far field. What it writes and others do too, so that
/// threads must take turns there:
///  - GlassState::counters;
///  - SettledBarriers, where groups of different blocks may share a place;
///  - Voxels, when a lane group begins to have a history;
///  - the bounds of all tiles, when the mean has moved by more than the reserve (BoundedTiles::follow_mean): not within a sweep, at whose beginning
///    it is followed, as the load moves by less than the reserve in it.
template <int Dim>
struct SharedGlass {
    /// Movement of the mean stress that every bound covers, and the ramp in one sweep, over thermal_stress_scale [GPa]. More makes bounds loose, less
    /// makes sweeps short where little happens, so that ranks wait for each other: work of |ε| = 0.14 changes by a quarter of k_B T. Half of it takes
    /// twice the sweeps before the peak, and saves a fifth of the candidates and a fifteenth of the refreshed voxels.
    static constexpr double mean_reserve = 0.032;

    /// Collective. Keeps references to all of them.
    SharedGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
                ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& all_blocks);

    GlassState<Dim> glass;
    NearAndFar<Dim> response;
    BlocksHere<Dim> blocks;
    BoundedTiles<Dim> bounds;

    /// Whether the last event of a voxel is so recent that the next belongs to the same burst.
    [[nodiscard]] bool is_fresh(int slot, const PreciseTime& now) const noexcept;
};

/// A block that has its turn: it is advanced as long as this object lives, and sees its own events at once.
template <int Dim>
class BlockInProgress {
  public:
    using Thinned = ThinnedTiles<Dim, BlockStress<Dim>>;

    /// Keeps a reference to `shared`. @param block  of this rank; not in progress already
    BlockInProgress(SharedGlass<Dim>& shared, int block);
    /// The turn ends: what the block has done is handed over to its tiles.
    ~BlockInProgress() { stress_.close(); }
    BlockInProgress(const BlockInProgress&) = delete;
    BlockInProgress& operator=(const BlockInProgress&) = delete;
    BlockInProgress(BlockInProgress&&) = delete;
    BlockInProgress& operator=(BlockInProgress&&) = delete;

    /// The tiles of the block.
    [[nodiscard]] Thinned& thinned() noexcept { return thinned_; }

    /// When the next source of another block is to be taken in; infinity if none is waiting.
    [[nodiscard]] PreciseTime next_arrival() const noexcept;
    /// Takes in sources of other blocks up to a time.
    void take_arrivals(const PreciseTime& until);

    /// Whether the last event of the voxel of an event is so recent that this one belongs to the same burst.
    [[nodiscard]] bool is_fresh(const Event& event) const noexcept;
    /// Carries out an event of the block. @throws RunError if the voxel has transformed too often to be summed up
    void carry_out(const Event& event);

  private:
    void take_arrival(const BlockSource<Dim>& source);
    [[nodiscard]] bool may_be_seen_outside(const Index<Dim>& voxel) const noexcept;

    SharedGlass<Dim>& shared_;
    BlockHere<Dim>& block_;
    BlockStress<Dim> stress_;
    Thinned thinned_;
};

extern template class ThinnedTiles<2, BlockStress<2>>;
extern template class ThinnedTiles<3, BlockStress<3>>;

}  // namespace shearwater
