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

/// What engines ask of the models that they advance: the metallic glass or, in tests, something with the same functions whose answer is known. All
/// functions are local to a rank unless they are said to be collective. Places and tiles are numbers of the rank.
namespace shearwater {

// The formatter breaks every requirement over three lines.
// clang-format off

/// Tiles of a model, and where places lie.
template <class Model>
concept TiledModel = requires(const Model& model, int tile, const Place& place)
{
    /// Tiles of this rank.
    { model.tile_count() } -> std::same_as<int>;
    /// Number of a tile in the whole lattice, by which draws are keyed: it does not depend on the number of ranks.
    { model.tile_id(tile) } -> std::same_as<std::int64_t>;
    /// Number of a voxel in the whole lattice.
    { model.voxel_id(place) } -> std::same_as<std::int64_t>;
};

/// A model that carries out events of the whole lattice, whose engine goes from event to event (SteppingEngine).
template <class Model>
concept SteppingModel = requires(Model& model, const Model& constant, std::span<const Event> events)
{
    /// Carries out events of all ranks at one time, in the order of voxels; the same on all ranks. Collective.
    { model.apply(events) };
    /// The lowest mode of every voxel of this rank whose barrier at the beginning of the window is below (or at, if it is 0) a threshold [eV], in any
    /// order.
    { model.flips(0.0) } -> std::same_as<std::vector<Event>>;
    { constant.counters() } -> std::convertible_to<ModelCounters>;
};

/// What ReferenceEngine asks: rates that are computed anew in every window.
///
/// What the compiler cannot check:
///  - After `begin` every tile is evaluated once, before anything else is asked of it.
///  - The bounds of `evaluate` hold from now to the end of the window, those of `tighten` from `since` to its end; `Candidate::bound` is the
///    mode's share of the bound that was made last.
///  - `critical` is true whenever a barrier of the tile vanishes anywhere in the window.
///  - All answers of one window are about the same state: nothing but `apply` changes it.
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
    /// Barriers of an evaluated tile that have vanished or may within the window.
    { model.instability(tile) } -> std::same_as<TileInstability>;
    /// A mode of the tile that was bounded last, by its share of the bound, in (0, 1].
    { model.pick(tile, share) } -> std::same_as<Candidate>;
    /// Rate of a mode a delay after the beginning of the window [1/s].
    { model.rate(place, delay) } -> std::same_as<double>;
    /// The event in which a mode transforms then.
    { model.event(place, delay, true) } -> std::same_as<Event>;
    /// A voxel of an evaluated tile whose rate is not finite, if the bound of the tile is not.
    { model.broken_voxel(tile) } -> std::same_as<std::int64_t>;
};

/// What CandidateQueue asks of tiles whose next event is found together by thinning: bounds that outlast many events elsewhere.
///
/// What the compiler cannot check:
///  - The bound of a tile holds from when it was refreshed, or tightened, until `take_expired` names the tile, in the window that was begun last and
///    at all times in it: the sum of the rates of its voxels is at most `bound`. It is named once, and again only after it has been refreshed.
///  - `begin` looks for bounds that do not hold to the end of the new window; between two windows events may be carried out.
///  - A tile that `refresh` did not call critical has no barrier that vanishes while its bound holds.
///  - `decide` accepts a mode m of voxel v with probability k_m/B_v if v is drawn by its share of the bound: of one state, the answer depends on its
///    arguments only, whatever has been asked before. It may bring stresses up to date, but changes no bound.
///  - `tighten` bounds the tile from a delay on. It is taken back by `restore` with what `save` has returned before, bit for bit.
///  - `instability` says at least that a barrier may vanish from `delay` on. `lowest_possible` is at most any barrier that it can name in a refreshed
///    tile.
template <class Model>
concept ThinnedModel = TiledModel<Model> &&
    requires(Model& model, const Model& constant, int tile, double value, const Place& place, const Window& window, typename Model::SavedBound saved)
{
    /// Begins a window, which begins now: from now on bounds must hold to its end.
    { model.begin(window) };
    /// Tiles whose bounds no longer hold.
    { model.take_expired() } -> std::same_as<std::vector<int>>;
    /// Bounds a tile for a while. The second argument is the tile that will be refreshed next, or −1.
    { model.refresh(tile, tile) } -> std::same_as<TileBounds>;
    /// The present bound of a tile [1/s].
    { constant.bound(tile) } -> std::same_as<double>;
    /// Decides a candidate: tile, delay after the beginning of the window [s], share of the bound in (0, 1] and acceptance in (0, 1].
    { model.decide(tile, value, value, value) } -> std::same_as<Decision>;
    /// Bounds a tile anew from a delay after the beginning of the window on [s], at the same state.
    { model.tighten(tile, value) };
    { constant.save(tile) } -> std::same_as<typename Model::SavedBound>;
    { model.restore(tile, std::move(saved)) };
    /// A bound from below of the barriers of a tile anywhere in the window [eV].
    { constant.lowest_possible(tile) } -> std::same_as<double>;
    /// Barriers that have vanished or may within the window, without uncertainty where they may be as low as the second argument [eV].
    { model.instability(tile, value) } -> std::same_as<TileInstability>;
    /// The event in which a mode transforms a delay after the beginning of the window.
    { model.event(place, value, true) } -> std::same_as<Event>;
    /// A voxel of a refreshed tile whose rate is not finite, if the bound of the tile is not.
    { constant.broken_voxel(tile) } -> std::same_as<std::int64_t>;
};

/// What ExactEngine asks: all tiles of the rank in progress together, and events of the whole lattice.
///
/// What the compiler cannot check: `apply` lets every tile expire whose bound an event may have made wrong, on whatever rank the event was.
template <class Model>
concept ExactModel = SteppingModel<Model> && requires(Model& model)
{
    requires ThinnedModel<typename Model::Thinned>;
    /// The tiles of this rank.
    { model.thinned() } -> std::same_as<typename Model::Thinned&>;
};

/// A block of the sublattice engine that has its turn: from when it is made until it is destroyed.
///
/// What the compiler cannot check: the block sees its own events at once, and those of other blocks when it takes them in, in the order of time. What
/// it does changes nothing for other blocks until it is announced to them or committed, so that blocks that do not touch may be in progress at once.
template <class Block>
concept BlockWithTurn = requires(Block& block, const PreciseTime& time, const Event& event)
{
    requires ThinnedModel<typename Block::Thinned>;
    /// The tiles of the block.
    { block.thinned() } -> std::same_as<typename Block::Thinned&>;
    /// When the next source of another block is to be taken in; infinity if none is waiting.
    { block.next_arrival() } -> std::same_as<PreciseTime>;
    /// Takes in sources of other blocks up to a time, this included.
    { block.take_arrivals(time) };
    /// Whether the last event of the event's voxel is so recent that this one belongs to the same burst. Asked before it is carried out.
    { block.is_fresh(event) } -> std::same_as<bool>;
    /// Carries out an event of the block.
    { block.carry_out(event) };
};

/// The end of a cycle of the sublattice engine, carried out once by `std::move(commit).carry_out(codes, sums)`.
///
/// What the compiler cannot check: as long as it has not been carried out, stresses are those that the events of the cycle have had.
template <class Commit>
concept CommitOfCycle = requires(Commit& commit, const Commit& constant, const BlockEvent& target, std::span<const BlockEvent> events,
                                 typename Commit::Terms terms, std::span<const std::int64_t> sums)
{
    /// What `carry_out` needs the sums of, over all ranks; as many on each.
    { constant.numbers() } -> std::same_as<std::span<const std::int64_t>>;
    /// Adds what events of this rank mean for the missed exponent of a target of whatever rank to its terms, whatever the order of the events. The
    /// third argument: seconds by which events must have come before the target for shorter intervals to help.
    { commit.add_missed(target, events, 0.0, terms) };
    /// What an event has missed, by the sums of its terms over all ranks.
    { constant.missed(target, terms) } -> std::same_as<Missed>;
    /// Terms are integers, which are added up over ranks as an array of a fixed size.
    { terms.numbers() } -> std::same_as<typename Commit::Terms::Numbers>;
    { Commit::Terms::from(terms.numbers()) } -> std::same_as<typename Commit::Terms>;
    /// Brings all blocks up to date with the cycle. Arguments: sums over all ranks of the strain codes of its events, and of `numbers`. Collective.
    { std::move(commit).carry_out(sums, sums) };
};

/// What SublatticeEngine asks: blocks that have their turns in a cycle, and its end.
///
/// What the compiler cannot check:
///  - Answers depend on blocks and voxels only: not on the number of ranks, nor on the order in which blocks that do not touch have their turns.
///  - The bounds of a block's tiles hold at its turn also for what was announced, committed, or followed of the load since its last one.
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
    /// Begins a cycle. The argument: whether to remember what voxels were before its events.
    { model.keep_past(true) };
    /// Has the bounds of all tiles cover what the load does in a window, before blocks have their turns in it.
    { model.follow_load(window) };
    /// A block has its turn, as long as what this returns lives.
    { model.start(block) } -> std::same_as<typename Model::Block>;
    /// What blocks of this rank have done since this was asked last and other blocks may see, in any order; `precedes` puts it in order.
    { model.take_boundary() } -> std::same_as<std::vector<typename Model::Source>>;
    /// Announces what happened in blocks of all ranks in one phase, in order.
    { model.announce(sources) };
    /// Adds the voxels of a block that are not in a burst to a forecast, with their rates now. All tiles of the block have been refreshed.
    { constant.forecast(block, bursts) };
    /// Voxels of this rank that have strained in the cycle.
    { constant.source_count() } -> std::same_as<std::int64_t>;
    /// Integers that say what an event strains, to be added up over events.
    { constant.codes_of(event) } -> std::same_as<typename Model::Codes>;
    /// Ends a cycle. Arguments: voxels that strained in it, and how often, of all ranks.
    { model.end_cycle(count, count) } -> std::same_as<typename Model::Commit>;
    { constant.counters() } -> std::convertible_to<ModelCounters>;
    /// What this rank has exchanged with others when cycles were committed.
    { constant.traffic() } -> std::convertible_to<Traffic>;
};

// clang-format on

}  // namespace shearwater
