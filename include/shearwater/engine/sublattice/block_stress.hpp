#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/sublattice/block_sources.hpp>
#include <shearwater/engine/thinning/stress_source.hpp>

namespace shearwater {

/// Source of the stress of tiles in the sublattice engine. Events of the present cycle enter as far as a block sees them, events of earlier cycles
/// through the far field and voxel by voxel. Each block in progress has an object of its own, with the voxel that transformed last as open source,
/// whose strains enter the stresses of the block together. An object without a block is used between turns and has no open source.
template <int Dim>
class BlockStress {
  public:
    /// Keeps references to the first three arguments. @param block  number of the block on this rank, or `no_block`
    BlockStress(GlassState<Dim>& glass, NearAndFar<Dim>& response, BlocksHere<Dim>& blocks, int block)
        : glass_(glass), response_(response), blocks_(blocks), block_(block)
    {
    }
    static constexpr int no_block = -1;

    /// Whether this voxel is the open source.
    [[nodiscard]] bool is_open(std::int64_t voxel) const noexcept { return open_voxel_ == voxel; }
    /// Opens a source of the block, which has not strained yet, and closes the one before.
    void open(std::int64_t voxel);
    /// Adds an event to the open source.
    void strain(const Event& event) noexcept;
    /// Adds the stress of the open source, if there is one, to the tiles of its block.
    void close();

    // The following functions are required by BoundedTiles and ThinnedTiles (StressSource).
    void catch_up(int tile, StressMark& mark);
    [[nodiscard]] const StrainedVoxel<Dim>* seen(int tile) const noexcept
    {
        return open_voxel_ >= 0 && blocks_.block_of_tile()[tile] == block_ ? &open_ : nullptr;
    }
    [[nodiscard]] const StrainedVoxel<Dim>* near(int tile, const StressMark& /*mark*/) const noexcept { return seen(tile); }
    [[nodiscard]] std::span<const NearTile> near_tiles() const noexcept { return near_tiles_; }
    /// Zero: the error of the far field is measured (Missed::far), and decisions do not depend on it.
    [[nodiscard]] double remainder(int /*leaf*/) const noexcept { return 0.0; }
    [[nodiscard]] double far_uncertainty(int /*leaf*/) const noexcept { return response_.far().reserve(); }
    /// Null: sources enter the far field only at the end of a cycle.
    [[nodiscard]] FarSource<Dim>* next_in_far() noexcept { return nullptr; }
    void make_exact(int /*group*/, int /*leaf*/, unsigned /*lanes*/, Lanes* /*stress*/) noexcept {}
    void forget() noexcept { blocks_.forget_entries(); }

  private:
    GlassState<Dim>& glass_;
    NearAndFar<Dim>& response_;
    BlocksHere<Dim>& blocks_;
    int block_;
    std::int64_t open_voxel_ = -1;
    StrainedVoxel<Dim> open_;
    std::vector<NearTile> near_tiles_;             ///< tiles near to the open source: all tiles of its block
    std::vector<StrainedVoxel<Dim>> catching_up_;  ///< sources that a tile is catching up with
};

}  // namespace shearwater
