#pragma once

#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include <shearwater/engine/concepts.hpp>
#include <shearwater/engine/stepping.hpp>
#include <shearwater/engine/thinning/candidate_queue.hpp>

namespace shearwater {

/// The exact engine: the statistics of the reference engine at a cost per event that does not grow with the cell.
///
/// Each rank searches the candidates of its tiles (engine/thinning/candidate_queue.hpp) up to the first that it accepts. The earliest accepted
/// candidate of all ranks becomes the next event, and decisions of other ranks at later times are taken back. There is thus one collective per event
/// and none per rejection. Draws are keyed by tile and number, and each is decided by the same state on any number of ranks.
template <ExactModel Model>
class ExactEngine final : public SteppingEngine<Model> {
  public:
    /// Keeps references to `model`, `comm` and `drive`. Collective on `comm`.
    /// @param tiles  number of tiles of the whole lattice
    ExactEngine(Model& model, const Communicator& comm, const KmcOptions& options, const Drive& drive, std::int64_t tiles)
        : SteppingEngine<Model>(model, comm, options, drive), tiles_(tiles), queue_(comm, options.seed, all_tiles(model.thinned()))
    {
    }

    /// Sets a function that is called on all ranks in every search as soon as all bounds hold. For tests.
    void watch_bounds(std::function<void()> watch) { watch_ = std::move(watch); }

    void visit(Archive& archive) override
    {
        SteppingEngine<Model>::visit(archive);
        archive("queue", queue_);
        archive("events_in_interval", events_in_interval_);
        archive("events_before", events_before_);
    }

  private:
    using SteppingEngine<Model>::counters_;
    using SteppingEngine<Model>::model_;
    using Thinned = typename Model::Thinned;

    [[nodiscard]] static std::vector<int> all_tiles(const Thinned& thinned)
    {
        std::vector<int> tiles(static_cast<std::size_t>(thinned.tile_count()));
        std::iota(tiles.begin(), tiles.end(), 0);
        return tiles;
    }

    Outcome find_outcome(const Window& asked) override
    {
        Window window = asked;
        window.idle_rate = idle_rate_for(events_before_, this->drive_.interval_seconds(this->intervals_), tiles_);
        Outcome mine = queue_.begin(model_.thinned(), window);
        if (mine.interrupted) return mine;
        if (watch_) watch_();
        queue_.search_critical(model_.thinned(), window, CandidateQueue<Thinned>::nothing, mine);
        if (mine.kind != Outcome::Kind::Athermal && !mine.is_broken()) queue_.search_candidates(model_.thinned(), window, true, mine);
        return mine;
    }

    Outcome find_lowest(const Window& window, double certain_below) override
    {
        Outcome mine;
        queue_.search_critical(model_.thinned(), window, certain_below, mine);
        return mine;
    }

    /// Takes back decisions at times after the outcome of all ranks, and counts those that remain.
    void receive(const Outcome& all) override
    {
        queue_.take_back(model_.thinned(), all.kind == Outcome::Kind::Athermal ? -1.0 : all.delay);
        const std::int64_t rejected = queue_.take_rejected();
        counters_.rejections += rejected;
        counters_.candidates += rejected;
        if (all.kind == Outcome::Kind::Thermal && this->comm_.is_root()) ++counters_.candidates;
        events_in_interval_ += all.kind == Outcome::Kind::Thermal ? 1 : 0;
        if (all.kind == Outcome::Kind::Elapsed) events_before_ = std::exchange(events_in_interval_, 0);
    }

    std::int64_t tiles_;
    CandidateQueue<Thinned> queue_;
    std::function<void()> watch_;
    std::int64_t events_in_interval_ = 0;
    std::int64_t events_before_ = 0;  ///< number of events in the last complete interval
};

}  // namespace shearwater
