#pragma once

#include <shearwater/engine/sublattice/block_stress.hpp>
#include <shearwater/engine/thinning/thinned_tiles.hpp>

namespace shearwater {

/// Data that the blocks of a rank share.
///
/// Blocks of one colour do not touch, so that several could be in progress at once. Each would read and write the stresses, rates and bounds of its
/// own tiles, its list of expired tiles, and its BlockHere, and would only read the far field. The following data, however, are written by one block
/// while others use them:
///  - GlassState::counters, which are written in the innermost loops;
///  - SettledBarriers, which hands out pointers into places that another block may overwrite while they are read;
///  - Voxels, whose table of histories may grow, when a lane group transforms for the first time, while other blocks read it;
///  - the bounds of all tiles, when the mean stress has moved by more than the reserve (BoundedTiles::follow_mean). This does not happen within a
///    sweep: the mean stress is followed at its beginning, and the load moves by less than the reserve during it.
/// Until the first three are held per block, blocks may be interleaved but not advanced concurrently by threads.
template <int Dim>
struct SharedGlass {
    /// Movement of the mean stress that every bound covers, and of the ramp in one sweep, over thermal_stress_scale [GPa]. A larger reserve loosens
    /// bounds; a smaller one shortens sweeps where few events happen, so that ranks wait for each other. Over this movement the work on |ε| = 0.14
    /// changes by a quarter of k_B T. With half of it, there are twice as many sweeps before the peak, a fifth fewer candidates and a fifteenth fewer
    /// refreshed voxels.
    static constexpr double mean_reserve = 0.032;

    /// Collective. Keeps references to all arguments.
    SharedGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
                ElasticCell<Dim>& cell, const Loading<Dim>& loading, const Blocks<Dim>& all_blocks);

    GlassState<Dim> glass;
    NearAndFar<Dim> response;
    BlocksHere<Dim> blocks;
    BoundedTiles<Dim> bounds;

    /// Whether the last event of a voxel is so recent that the next event belongs to the same burst.
    [[nodiscard]] bool is_fresh(int slot, const PreciseTime& now) const noexcept;
};

/// A block that has its turn. It is in progress for the lifetime of this object, and sees its own events at once.
template <int Dim>
class BlockInProgress {
  public:
    using Thinned = ThinnedTiles<Dim, BlockStress<Dim>>;

    /// Keeps a reference to `shared`. @param block  number of the block on this rank; it must not be in progress already
    BlockInProgress(SharedGlass<Dim>& shared, int block);
    /// Ends the turn: the open source enters the stresses of the tiles of the block.
    ~BlockInProgress() { stress_.close(); }
    BlockInProgress(const BlockInProgress&) = delete;
    BlockInProgress& operator=(const BlockInProgress&) = delete;
    BlockInProgress(BlockInProgress&&) = delete;
    BlockInProgress& operator=(BlockInProgress&&) = delete;

    /// The tiles of the block.
    [[nodiscard]] Thinned& thinned() noexcept { return thinned_; }

    /// Time of the next source of another block that is to be taken in; infinity if none is waiting.
    [[nodiscard]] PreciseTime next_arrival() const noexcept;
    /// Takes in sources of other blocks up to and including a time.
    void take_arrivals(const PreciseTime& until);

    /// Whether the last event of the event's voxel is so recent that this event belongs to the same burst.
    [[nodiscard]] bool is_fresh(const Event& event) const noexcept;
    /// Carries out an event of the block. @throws RunError if the eigenstrain of the voxel would overflow because it has transformed too often
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
