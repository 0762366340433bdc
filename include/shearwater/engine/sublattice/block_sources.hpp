#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_set>
#include <utility>
#include <vector>

#include <shearwater/engine/thinning/near_and_far.hpp>
#include <shearwater/lattice/blocks.hpp>

namespace shearwater {

/// A voxel that has strained, as sent between blocks and ranks. Plain data.
template <int Dim>
struct BlockSource {
    PreciseTime time;  ///< time of the event
    std::int64_t voxel = -1;
    std::int64_t block = -1;  ///< block of the voxel
    std::int64_t number = 0;  ///< increasing number of the sources of a block
    Deviator<Dim> strain{};
};

/// Order of the sources of one phase.
template <int Dim>
[[nodiscard]] bool precedes(const BlockSource<Dim>& a, const BlockSource<Dim>& b) noexcept
{
    if (a.time < b.time || b.time < a.time) return a.time < b.time;
    return std::pair(a.block, a.number) < std::pair(b.block, b.number);
}

/// A voxel that has strained in a cycle, as sent between ranks at its end. Plain data.
template <int Dim>
struct CycleSource {
    std::int64_t voxel = -1;
    std::array<std::int32_t, deviator_size<Dim>> codes{};  ///< sums of the strain codes of its events
};

/// Sums of strain codes.
template <int Dim>
using CodeSums = std::array<std::int64_t, deviator_size<Dim>>;

/// Strain codes of a strain. @param strain  strain, of which the first coefficients are used  @param unit  Catalogue::strain_unit
template <int Dim, class Strain>
[[nodiscard]] CodeSums<Dim> strain_codes(const Strain& strain, double unit) noexcept
{
    CodeSums<Dim> codes{};
    for (int a = 0; a < deviator_size<Dim>; ++a) codes[a] = std::llround(strain[a] / unit);
    return codes;
}

/// A source that tiles of a block take in.
template <int Dim>
struct SourceEntry {
    StrainedVoxel<Dim> source;
    std::int64_t block;  ///< block of the source
    bool is_committed;   ///< whether near tiles take it in that have not seen it, after its commit; otherwise tiles that see it do

    void visit(Archive& archive)
    {
        archive("source", source);
        archive("block", block);
        archive("is_committed", is_committed);
    }
};

/// The state of a voxel before an event.
template <int Dim>
struct PastVoxel {
    PreciseTime time;  ///< time of the event
    int slot;
    VoxelState<Dim> state;
};

/// The state of a block of this rank. While the block is in progress, nothing else writes to it.
template <int Dim>
struct BlockHere {
    std::int64_t id;
    Box<Dim> box;
    std::vector<int> tiles{};
    std::vector<SourceEntry<Dim>> entries{};   ///< sources that its tiles have yet to take in, in order
    std::vector<BlockSource<Dim>> arrivals{};  ///< sources of other blocks, to be taken in at their times, in order
    std::size_t arrived = 0;                   ///< number of arrivals that have been taken in
    // The following members belong to the present cycle.
    std::vector<BlockSource<Dim>> cycle{};        ///< sources of this block, one for each event
    std::vector<BlockSource<Dim>> boundary{};     ///< sources of the present phase that other blocks may see
    std::unordered_set<std::int64_t> strained{};  ///< voxels of the block that have strained
    std::vector<PastVoxel<Dim>> past{};           ///< states of these voxels before each event, if they are recorded

    /// Lists the state between two cycles, after all arrivals have been taken in and the cycle has been committed.
    void visit(Archive& archive)
    {
        archive("entries", entries);
        if (!archive.reads()) return;
        arrivals.clear();
        arrived = 0;
        cycle.clear();
        boundary.clear();
        strained.clear();
        past.clear();
    }
};

/// The blocks of this rank, and the rule of which tiles see a source.
///
/// Within a cycle, the tiles of its own block *see* an event at once. Tiles of other blocks see it if they are within `halo_width` of it: at its own
/// time if their turn comes later in the sweep, otherwise from the beginning of their next turn. When the cycle is committed, the event enters the
/// far field. The far field of a leaf leaves out events near to the leaf: tiles of such leaves that have not seen the event then take it in voxel by
/// voxel, and tiles of other leaves that have seen it subtract what they took in.
template <int Dim>
class BlocksHere {
  public:
    /// Keeps references to all arguments.
    BlocksHere(const Blocks<Dim>& blocks, const Tiles<Dim>& tiles, const NearAndFar<Dim>& response);

    [[nodiscard]] const Blocks<Dim>& all() const noexcept { return all_; }
    [[nodiscard]] int count() const noexcept { return static_cast<int>(here_.size()); }
    [[nodiscard]] BlockHere<Dim>& operator[](int block) noexcept { return here_[block]; }
    [[nodiscard]] const BlockHere<Dim>& operator[](int block) const noexcept { return here_[block]; }
    [[nodiscard]] auto begin() noexcept { return here_.begin(); }
    [[nodiscard]] auto end() noexcept { return here_.end(); }
    [[nodiscard]] auto begin() const noexcept { return here_.begin(); }
    [[nodiscard]] auto end() const noexcept { return here_.end(); }

    /// The block of each tile, by its number on this rank.
    [[nodiscard]] const std::vector<int>& block_of_tile() const noexcept { return block_of_tile_; }

    /// Whether a tile sees a source within the cycle.
    [[nodiscard]] bool sees(int tile, std::int64_t source_block, const Index<Dim>& source) const noexcept;
    /// 1 if a tile adds the stress of a source voxel by voxel, −1 if it subtracts it again, 0 if neither. @param leaf  leaf of the tile
    [[nodiscard]] int takes_in(int tile, int leaf, const SourceEntry<Dim>& entry) const noexcept;

    /// Whether blocks record the states of voxels before events.
    [[nodiscard]] bool keeps_past() const noexcept { return keeps_past_; }
    /// Discards the recorded states of voxels. @param keeps  whether states are recorded from now on
    void keep_past(bool keeps);

    /// Lists the state between two cycles.
    void visit(Archive& archive) { archive.each("here", here_); }

    /// Discards the entries of all blocks.
    void forget_entries() noexcept;

  private:
    const Blocks<Dim>& all_;
    const Grid<Dim>& grid_;
    const NearAndFar<Dim>& response_;
    std::vector<BlockHere<Dim>> here_;
    std::vector<int> block_of_tile_;
    bool keeps_past_ = false;
};

}  // namespace shearwater
