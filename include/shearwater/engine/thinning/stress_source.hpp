#pragma once

#include <concepts>
#include <span>

#include <shearwater/engine/thinning/near_and_far.hpp>
#include <shearwater/engine/thinning/tile_state.hpp>

namespace shearwater {

// The formatter breaks every requirement over three lines.
// clang-format off

/// How the events of other voxels come to the stress of a tile: what the bookkeeping of bounds asks of whoever advances tiles. The exact engine's
/// knows all events of the lattice (WholeLatticeStress), the sublattice engine's those that a block sees (BlockStress).
///
/// What the compiler cannot check:
///  - Between two calls of `catch_up` for a tile, the stress that its source adds there has a norm of at most what the tile has been charged with
///    meanwhile (TileState::waiting) and, for what is far, what FarField::moved and `far_uncertainty` say.
///  - `seen` and `near` do not depend on whether a tile has caught up: what they return is never in the stress of the tile.
///  - After `forget` the stresses of all tiles must be complete: they have caught up before, or a solve of the whole field replaces them right
///    afterwards.
template <class Stress, int Dim>
concept StressSource = requires(Stress& stress, const Stress& constant, int tile, StressMark& mark, Lanes* lanes)
{
    /// Adds the sources near to a tile that are not in its stress yet. What drift the tile has been charged with stays, as it must not depend on who
    /// looks when.
    { stress.catch_up(tile, mark) };
    /// The open source if its stress counts in a tile, else null.
    { constant.seen(tile) } -> std::same_as<const StrainedVoxel<Dim>*>;
    /// The open source if it is so near to a tile that its stress is added there voxel by voxel, else null.
    { constant.near(tile, mark) } -> std::same_as<const StrainedVoxel<Dim>*>;
    /// Tiles near to the open source.
    { constant.near_tiles() } -> std::same_as<std::span<const NearTile>>;
    /// Bound of the error of the stress in a leaf that decisions must allow for [GPa].
    { constant.remainder(tile) } -> std::same_as<double>;
    /// What the rates of a tile leave out of its stress, at most [GPa].
    { constant.far_uncertainty(tile) } -> std::same_as<double>;
    /// Makes the stress of some lanes (a bit each) of a group exact, which may be wrong by `remainder`. Arguments: group, leaf, lanes, stress.
    { stress.make_exact(tile, tile, 1U, lanes) };
    /// Forgets the sources that are kept for tiles to catch up with.
    { stress.forget() };
    /// The source that will enter the far field next, so that what this will read is prefetched between computations; null if that is not soon.
    { stress.next_in_far() } -> std::same_as<FarSource<Dim>*>;
};

// clang-format on

}  // namespace shearwater
