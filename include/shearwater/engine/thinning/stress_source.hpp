#pragma once

#include <concepts>
#include <span>

#include <shearwater/engine/thinning/near_and_far.hpp>
#include <shearwater/engine/thinning/tile_state.hpp>

namespace shearwater {

// The formatter breaks every requirement over three lines.
// clang-format off

/// Requirements of bounds and thinning on the source of the stress of tiles. The source of the exact engine has all events of the lattice
/// (WholeLatticeStress), that of the sublattice engine those that a block sees (BlockStress).
///
/// What the compiler cannot check:
///  - Between two calls of `catch_up` for a tile, the norm of the stress that the source adds there is at most the drift counted for the tile
///    meanwhile (TileState::waiting) plus, for far events, FarField::moved and `far_uncertainty`.
///  - `seen` and `near` do not depend on whether a tile has caught up: the stress of the returned source is never included in that of the tile.
///  - After `forget` the stresses of all tiles must be complete: either tiles have caught up before, or a solve of the whole field replaces stresses
///    right afterwards.
template <class Stress, int Dim>
concept StressSource = requires(Stress& stress, const Stress& constant, int tile, StressMark& mark, Lanes* lanes)
{
    /// Adds the sources near to a tile that are not in its stress yet. The drift already counted for the tile remains, because it must not depend on
    /// when tiles catch up.
    { stress.catch_up(tile, mark) };
    /// The open source if a tile sees it, otherwise null.
    { constant.seen(tile) } -> std::same_as<const StrainedVoxel<Dim>*>;
    /// The open source if it is so near to a tile that its stress is added there voxel by voxel, otherwise null.
    { constant.near(tile, mark) } -> std::same_as<const StrainedVoxel<Dim>*>;
    /// Tiles near to the open source.
    { constant.near_tiles() } -> std::same_as<std::span<const NearTile>>;
    /// Bound of the error of the stress in a leaf for which decisions must allow [GPa].
    { constant.remainder(tile) } -> std::same_as<double>;
    /// Bound of the stress that the rates of a tile leave out [GPa].
    { constant.far_uncertainty(tile) } -> std::same_as<double>;
    /// Makes the stress of some lanes (one bit each) of a group exact, which otherwise has an error of up to `remainder`. Arguments: group, leaf,
    /// lanes, stress.
    { stress.make_exact(tile, tile, 1U, lanes) };
    /// Discards the sources that are kept for tiles to catch up with.
    { stress.forget() };
    /// The source that will enter the far field next, for which data are prefetched between computations; null if none will soon.
    { stress.next_in_far() } -> std::same_as<FarSource<Dim>*>;
};

// clang-format on

}  // namespace shearwater
