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

/// A voxel that has strained, as blocks and ranks report it to each other. Plain data.
template <int Dim>
struct BlockSource {
    PreciseTime time;  ///< when
    std::int64_t voxel = -1;
    std::int64_t block = -1;  ///< it lies in
    std::int64_t number = 0;  ///< rises with every source of a block
    Deviator<Dim> strain{};
};

/// Order of sources of one phase.
template <int Dim>
[[nodiscard]] bool precedes(const BlockSource<Dim>& a, const BlockSource<Dim>& b) noexcept
{
    if (a.time < b.time || b.time < a.time) return a.time < b.time;
    return std::pair(a.block, a.number) < std::pair(b.block, b.number);
}

/// A voxel that has strained in a cycle, as ranks report it to each other at its end. Plain data.
template <int Dim>
struct CycleSource {
    std::int64_t voxel = -1;
    std::array<std::int32_t, deviator_size<Dim>> codes{};  ///< sums of the strain codes of its events
};

/// Sums of strain codes.
template <int Dim>
using CodeSums = std::array<std::int64_t, deviator_size<Dim>>;

/// Strain codes of a strain. @param strain  whose first coefficients are used  @param unit  Catalogue::strain_unit
template <int Dim, class Strain>
[[nodiscard]] CodeSums<Dim> strain_codes(const Strain& strain, double unit) noexcept
{
    CodeSums<Dim> codes{};
    for (int a = 0; a < deviator_size<Dim>; ++a) codes[a] = std::llround(strain[a] / unit);
    return codes;
}

/// A source that some tiles of a block take in.
template <int Dim>
struct SourceEntry {
    StrainedVoxel<Dim> source;
    std::int64_t block;  ///< the source's
    bool is_committed;   ///< taken in by tiles near to it that have not seen it; otherwise, by those that see it

    void visit(Archive& archive)
    {
        archive("source", source);
        archive("block", block);
        archive("is_committed", is_committed);
    }
};

/// A voxel before an event.
template <int Dim>
struct PastVoxel {
    PreciseTime time;  ///< of the event
    int slot;
    VoxelState<Dim> state;
};

/// A block of this rank. While it is in progress nothing else writes to it.
template <int Dim>
struct BlockHere {
    std::int64_t id;
    Box<Dim> box;
    std::vector<int> tiles{};
    std::vector<SourceEntry<Dim>> entries{};   ///< that its tiles have yet to take in, in order
    std::vector<BlockSource<Dim>> arrivals{};  ///< sources of other blocks, to be taken in at their time, in order
    std::size_t arrived = 0;                   ///< of them have been
    // Of the present cycle:
    std::vector<BlockSource<Dim>> cycle{};        ///< its own sources, event by event
    std::vector<BlockSource<Dim>> boundary{};     ///< those of the present phase that other blocks may see
    std::unordered_set<std::int64_t> strained{};  ///< their voxels
    std::vector<PastVoxel<Dim>> past{};           ///< what these were before each event, if that is asked for

    /// Lists the state between two cycles, when all arrivals have been taken in and the cycle has been committed.
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

/// The blocks of this rank, and which of them see a source.
///
/// An event is *seen* within a cycle by the tiles of its own block at once, and by tiles of other blocks within `halo_width` of it at its own time if
/// those have their turn later in the sweep, else when they have their next turn. When the cycle is committed it enters the far field; tiles of
/// leaves that are near to it, for which the far field leaves it out, and that have not seen it, take it in voxel by voxel; and those far from it
/// that have seen it give back what they took in.
template <int Dim>
class BlocksHere {
  public:
    /// Keeps references to all of them.
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
    /// 1 if a tile takes in a source voxel by voxel, −1 if it gives it back, 0 if neither. @param leaf  of the tile
    [[nodiscard]] int takes_in(int tile, int leaf, const SourceEntry<Dim>& entry) const noexcept;

    /// Whether blocks keep what voxels were before events.
    [[nodiscard]] bool keeps_past() const noexcept { return keeps_past_; }
    /// Forgets what voxels were. @param keeps  whether to remember it from now on
    void keep_past(bool keeps);

    /// Lists the state between two cycles.
    void visit(Archive& archive) { archive.each("here", here_); }

    /// Forgets the entries of all blocks.
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
