#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/engine/sublattice/burst_forecast.hpp>
#include <shearwater/kmc/counters.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/traffic.hpp>

/// Requirements of engines on the models that they advance: the metallic glass or, in tests, a model with the same functions for which the result is
/// known. Functions are local to a rank unless they are said to be collective. Places and tiles are numbers on the rank.
namespace shearwater {

// The formatter breaks every requirement over three lines.
// clang-format off

/// Tiles of a model, and the numbers of places in the whole lattice.
template <class Model>
concept TiledModel = requires(const Model& model, int tile, const Place& place)
{
    /// Number of tiles of this rank.
    { model.tile_count() } -> std::same_as<int>;
    /// Number of a tile in the whole lattice, by which draws are keyed. It does not depend on the number of ranks.
    { model.tile_id(tile) } -> std::same_as<std::int64_t>;
    /// Number of a voxel in the whole lattice.
    { model.voxel_id(place) } -> std::same_as<std::int64_t>;
};

/// A model that carries out events of the whole lattice, and whose engine advances from event to event (SteppingEngine).
template <class Model>
concept SteppingModel = requires(Model& model, const Model& constant, std::span<const Event> events)
{
    /// Carries out events of all ranks at one time, in the order of voxels; the argument is the same on all ranks. Collective.
    { model.apply(events) };
    /// The lowest mode of every voxel of this rank whose barrier at the beginning of the window is below (or at, if it is 0) a threshold [eV], in any
    /// order.
    { model.flips(0.0) } -> std::same_as<std::vector<Event>>;
    { constant.counters() } -> std::convertible_to<ModelCounters>;
};

/// Requirements of ReferenceEngine: rates that are computed anew in every window.
///
/// What the compiler cannot check:
///  - After `begin` every tile is evaluated once, before any other function is called.
///  - The bounds of `evaluate` hold from now to the end of the window, those of `tighten` from `since` to its end. `Candidate::bound` is the share of
///    the mode in the bound that was computed last.
///  - `critical` is true whenever a barrier of the tile vanishes anywhere in the window.
///  - All results within one window are of the same state, which only `apply` changes.
template <class Model>
concept ReferenceModel = TiledModel<Model> && SteppingModel<Model> &&
    requires(Model& model, int tile, double delay, double share, const Place& place, const Window& window)
{
    /// Begins a pass over all tiles for a window, which begins now.
    { model.begin(window) };
    /// Bounds the rates of a tile.
    { model.evaluate(tile) } -> std::same_as<TileBounds>;
    /// Bounds the rates of an evaluated tile from a delay after the beginning of the window on [s].
    { model.tighten(tile, delay) } -> std::same_as<TileBounds>;
    /// Barriers of an evaluated tile that have vanished or may vanish within the window.
    { model.instability(tile) } -> std::same_as<TileInstability>;
    /// A mode of the tile that was bounded last, selected by its share of the bound, in (0, 1].
    { model.pick(tile, share) } -> std::same_as<Candidate>;
    /// Rate of a mode at a delay after the beginning of the window [1/s].
    { model.rate(place, delay) } -> std::same_as<double>;
    /// The event in which a mode transforms at a delay after the beginning of the window [s].
    { model.event(place, delay, true) } -> std::same_as<Event>;
    /// A voxel of an evaluated tile whose rate is not finite, if the bound of the tile is not.
    { model.broken_voxel(tile) } -> std::same_as<std::int64_t>;
};

/// Requirements of CandidateQueue on tiles whose next event is found together by thinning, with bounds that remain valid during many events
/// elsewhere.
///
/// What the compiler cannot check:
///  - The bound of a tile holds from its refresh, or tightening, until `take_expired` returns the tile, at all times in the window that was begun
///    last: the sum of the rates of its voxels is at most `bound`. A tile is returned once, and again only after it has been refreshed.
///  - `begin` expires bounds that do not hold to the end of the new window. Events may be carried out between two windows.
///  - A tile that `refresh` did not call critical has no barrier that vanishes while its bound holds.
///  - `decide` accepts a mode m of voxel v with probability k_m/B_v if v is drawn by its share of the bound. In a given state the result depends on
///    the arguments only, and not on earlier calls. The function may update stresses, but changes no bound.
///  - `tighten` bounds the tile from a delay on. `restore` undoes this, bit for bit, with what `save` has returned before.
///  - `instability` reports at least whether a barrier may vanish from `delay` on. `lowest_possible` is at most any barrier that `instability` can
///    report in a refreshed tile.
template <class Model>
concept ThinnedModel = TiledModel<Model> &&
    requires(Model& model, const Model& constant, int tile, double value, const Place& place, const Window& window, typename Model::SavedBound saved)
{
    /// Begins a window at the present time. From then on bounds must hold to its end.
    { model.begin(window) };
    /// Tiles whose bounds no longer hold.
    { model.take_expired() } -> std::same_as<std::vector<int>>;
    /// Computes the rates of a tile and bounds them. The second argument is the tile that will be refreshed next, or −1.
    { model.refresh(tile, tile) } -> std::same_as<TileBounds>;
    /// The present bound of a tile [1/s].
    { constant.bound(tile) } -> std::same_as<double>;
    /// Decides a candidate: tile, delay after the beginning of the window [s], share of the bound in (0, 1] and acceptance in (0, 1].
    { model.decide(tile, value, value, value) } -> std::same_as<Decision>;
    /// Bounds a tile anew from a delay after the beginning of the window on [s], in the same state.
    { model.tighten(tile, value) };
    { constant.save(tile) } -> std::same_as<typename Model::SavedBound>;
    { model.restore(tile, std::move(saved)) };
    /// A lower bound of the barriers of a tile anywhere in the window [eV].
    { constant.lowest_possible(tile) } -> std::same_as<double>;
    /// Barriers that have vanished or may vanish within the window, without uncertainty where they may be as low as the second argument [eV].
    { model.instability(tile, value) } -> std::same_as<TileInstability>;
    /// The event in which a mode transforms at a delay after the beginning of the window [s].
    { model.event(place, value, true) } -> std::same_as<Event>;
    /// A voxel of a refreshed tile whose rate is not finite, if the bound of the tile is not.
    { constant.broken_voxel(tile) } -> std::same_as<std::int64_t>;
};

/// Requirements of ExactEngine: all tiles of the rank in progress together, and events of the whole lattice.
///
/// What the compiler cannot check: `apply` expires every tile whose bound an event may have invalidated, on whatever rank the event was.
template <class Model>
concept ExactModel = SteppingModel<Model> && requires(Model& model)
{
    requires ThinnedModel<typename Model::Thinned>;
    /// The tiles of this rank.
    { model.thinned() } -> std::same_as<typename Model::Thinned&>;
};

/// A block of the sublattice engine that has its turn, from its construction to its destruction.
///
/// What the compiler cannot check: the block sees its own events at once, and those of other blocks when it takes them in, in the order of time. Its
/// events change nothing for other blocks until they are announced to them or committed, so that blocks that do not touch may be in progress at once.
template <class Block>
concept BlockWithTurn = requires(Block& block, const PreciseTime& time, const Event& event)
{
    requires ThinnedModel<typename Block::Thinned>;
    /// The tiles of the block.
    { block.thinned() } -> std::same_as<typename Block::Thinned&>;
    /// Time of the next source of another block that is to be taken in; infinity if none is waiting.
    { block.next_arrival() } -> std::same_as<PreciseTime>;
    /// Takes in sources of other blocks up to and including a time.
    { block.take_arrivals(time) };
    /// Whether the last event of the event's voxel is so recent that this event belongs to the same burst. To be called before the event is carried
    /// out.
    { block.is_fresh(event) } -> std::same_as<bool>;
    /// Carries out an event of the block.
    { block.carry_out(event) };
};

/// The end of a cycle of the sublattice engine, carried out once by `std::move(commit).carry_out(codes, sums)`.
///
/// What the compiler cannot check: until it is carried out, stresses are those that the events of the cycle have seen. Before it is carried out, all
/// sources of the cycle must have been announced to the blocks that see them, and these blocks must have taken them in.
template <class Commit>
concept CommitOfCycle = requires(Commit& commit, const Commit& constant, const BlockEvent& target, std::span<const BlockEvent> events,
                                 typename Commit::Terms terms, std::span<const std::int64_t> sums)
{
    /// The numbers of this rank whose sums over all ranks `carry_out` needs. Every rank has the same number of them.
    { constant.numbers() } -> std::same_as<std::span<const std::int64_t>>;
    /// Adds the contributions of events of this rank to the terms of the missed exponent of a target, which may be an event of any rank. The result
    /// does not depend on the order of the events. The third argument is the smallest lag of the target behind an event at which shorter intervals
    /// would reduce the missed exponent [s].
    { commit.add_missed(target, events, 0.0, terms) };
    /// The missed exponent of an event, from the sums of its terms over all ranks.
    { constant.missed(target, terms) } -> std::same_as<Missed>;
    /// Terms are integers, which are summed over ranks as an array of a fixed size.
    { terms.numbers() } -> std::same_as<typename Commit::Terms::Numbers>;
    { Commit::Terms::from(terms.numbers()) } -> std::same_as<typename Commit::Terms>;
    /// Updates all blocks by the events of the cycle. Arguments: sums over all ranks of the strain codes of its events, and of `numbers`. Collective.
    { std::move(commit).carry_out(sums, sums) };
};

/// Requirements of SublatticeEngine: blocks that have their turns in a cycle, and the end of the cycle.
///
/// What the compiler cannot check:
///  - Results depend on blocks and voxels only: not on the number of ranks, nor on the order in which blocks that do not touch have their turns.
///  - At its turn, the bounds of a block's tiles also cover what was announced or committed, and how the load was followed, since its last turn.
///  - No block is in progress when sources are announced, the load is followed, or a cycle ends.
template <class Model>
concept SublatticeModel = requires(Model& model, const Model& constant, int block, std::int64_t count, const Event& event, const Window& window,
                                   BurstForecast& bursts, std::span<const typename Model::Source> sources)
{
    requires BlockWithTurn<typename Model::Block>;
    requires std::same_as<typename Model::Thinned, typename Model::Block::Thinned>;
    requires CommitOfCycle<typename Model::Commit>;
    { Model::dimension } -> std::convertible_to<int>;
    /// Blocks of this rank, their numbers in the whole lattice, and their tiles, in order.
    { constant.block_count() } -> std::same_as<int>;
    { constant.block_id(block) } -> std::same_as<std::int64_t>;
    { constant.tiles_of(block) } -> std::convertible_to<std::vector<int>>;
    /// Begins a cycle. The argument: whether to record the states of voxels before events of the cycle.
    { model.keep_past(true) };
    /// Extends the bounds of all tiles to the change of the load in a window, before blocks have their turns in it.
    { model.follow_load(window) };
    /// Begins the turn of a block, which lasts for the lifetime of the returned object.
    { model.start(block) } -> std::same_as<typename Model::Block>;
    /// Sources of blocks of this rank since the last call that other blocks may see, in any order; `precedes` puts them in order.
    { model.take_boundary() } -> std::same_as<std::vector<typename Model::Source>>;
    /// Announces the sources of blocks of all ranks in one phase, in order.
    { model.announce(sources) };
    /// Adds the voxels of a block that are not in a burst to a forecast, with their present rates. All tiles of the block have been refreshed.
    { constant.forecast(block, bursts) };
    /// Number of voxels of this rank that have strained in the cycle.
    { constant.source_count() } -> std::same_as<std::int64_t>;
    /// Integer codes of the strain of an event, to be summed over events.
    { constant.codes_of(event) } -> std::same_as<typename Model::Codes>;
    /// Ends a cycle. Arguments: numbers of voxels that strained in it and of events, of all ranks.
    { model.end_cycle(count, count) } -> std::same_as<typename Model::Commit>;
    { constant.counters() } -> std::convertible_to<ModelCounters>;
    /// Traffic of this rank with others in commits of cycles.
    { constant.traffic() } -> std::convertible_to<Traffic>;
};

// clang-format on

}  // namespace shearwater
