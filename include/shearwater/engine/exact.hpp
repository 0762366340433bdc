#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include <shearwater/core/random.hpp>
#include <shearwater/engine/stepping.hpp>
#include <shearwater/kmc/candidate_clocks.hpp>

namespace shearwater {

/// The exact engine: the statistics of the reference engine at a cost per event that does not grow with the cell.
///
/// The model keeps for every tile a bound B of the sum of its rates that outlasts many events elsewhere, and tells when one no longer holds.
/// A tile draws candidates from a Poisson process of rate B; at a candidate's own time t a voxel v is drawn with its share of the bound, and
/// mode m of it is accepted with probability k_m(t)/B_v. So accepted candidates are a Poisson process of the true rates (thinning: Lewis and
/// Shedler 1979; Ogata 1981): given the past, an event of mode m comes up in dt with probability B dt × B_v/B × k_m/B_v = k_m dt, whatever
/// the bounds are as long as they hold. As a Poisson process forgets, the candidates after the present may be thrown away and drawn anew
/// when a bound changes for reasons that lie in the past, and otherwise stand.
///
/// A rank looks ahead in its tiles' candidates to its first acceptance; the earliest of all ranks happens, and what the others decided for later times
/// is taken back. So there is one collective per event and none per rejection, and every draw, keyed by tile and number, is decided
/// by the same state on any number of ranks.
template <class Model>
class ExactEngine final : public SteppingEngine<Model> {
  public:
    /// Keeps references to both. Collective on `comm`.
    /// @param tiles  of the whole lattice
    ExactEngine(Model& model, const Communicator& comm, const KmcOptions& options, std::int64_t tiles)
        : SteppingEngine<Model>(model, comm, options), tiles_(tiles), clocks_(model.tile_count()), draws_(model.tile_count())
    {
    }

    /// Has `watch` called in every look as soon as all bounds hold, on all ranks. For tests.
    void watch_bounds(std::function<void()> watch) { watch_ = std::move(watch); }

  private:
    using SteppingEngine<Model>::model_;
    using SteppingEngine<Model>::options_;
    using SteppingEngine<Model>::now_;
    using SteppingEngine<Model>::counters_;
    using SavedBound = typename Model::SavedBound;

    /// A rejection that may have to be taken back.
    struct Rejection {
        int tile;
        double delay;  ///< of the candidate [s]
        PreciseTime time;
        std::uint64_t draws;
        bool tightened;
        SavedBound bound;  ///< before it was tightened
    };

    Verdict look_here(const Window& asked) override
    {
        Window window = asked;
        window.idle_rate = idle_rate();
        model_.begin(window);
        Verdict mine;
        refresh(mine);
        drop_missed();
        if (watch_) watch_();
        look_at_critical(window, nothing, mine);
        rejections_.clear();
        if (mine.kind != Verdict::Kind::Athermal && !mine.is_broken()) look_ahead(window, mine);
        return mine;
    }

    Verdict look_closer(const Window& window, double certain_below) override
    {
        Verdict mine;
        look_at_critical(window, certain_below, mine);
        return mine;
    }

    /// Takes back what was decided for times after the one that all have agreed on, and counts what stays.
    void hear(const Verdict& all) override
    {
        const double until = all.kind == Verdict::Kind::Athermal ? -1.0 : all.delay;
        for (; !rejections_.empty() && rejections_.back().delay > until; rejections_.pop_back()) {
            Rejection& last = rejections_.back();
            if (last.tightened) model_.restore(last.tile, std::move(last.bound));
            clocks_.set(last.tile, last.time);
            draws_[last.tile] = last.draws;
        }
        const auto rejected = static_cast<std::int64_t>(rejections_.size());
        counters_.rejections += rejected;
        counters_.candidates += rejected;
        if (all.kind == Verdict::Kind::Thermal && this->comm_.is_root()) ++counters_.candidates;
        events_in_interval_ += all.kind == Verdict::Kind::Thermal ? 1 : 0;
        if (all.kind == Verdict::Kind::Elapsed) events_before_ = std::exchange(events_in_interval_, 0);
    }

    /// A tile may draw candidates in vain as long as all tiles together do not draw more of them than there are events.
    [[nodiscard]] double idle_rate() const noexcept
    {
        constexpr double candidates_per_event = 4.0;
        return candidates_per_event * static_cast<double>(events_before_ + 1) / (this->interval_seconds() * static_cast<double>(tiles_));
    }

    /// Bounds anew the tiles whose bounds no longer hold, and finds out which of them are critical now.
    void refresh(Verdict& verdict)
    {
        const auto expired = model_.take_expired();
        for (const int tile : expired) clocks_.prefetch(tile);
        for (std::size_t i = 0; i < expired.size(); ++i) {
            const int tile = expired[i];
            const TileBounds bounds = model_.refresh(tile, i + 1 < expired.size() ? expired[i + 1] : -1);
            const auto place = std::lower_bound(critical_.begin(), critical_.end(), tile);
            const bool was_critical = place != critical_.end() && *place == tile;
            if (bounds.critical && !was_critical) critical_.insert(place, tile);
            if (!bounds.critical && was_critical) critical_.erase(place);
            if (std::isfinite(bounds.rate))
                schedule(tile, bounds.rate, now_);
            else
                verdict.report_broken(model_.broken_voxel(tile), 0.0);
        }
    }

    /// Merges what critical tiles say. As soon as a barrier is known to have vanished, only tiles that may have one as low matter: in an avalanche thousands
    /// of them are critical. The first that is looked at is the one that may have the lowest of all. What is left out could not even be a runner-up that
    /// calls for a closer look, so that on any number of ranks the same is looked at more closely.
    void look_at_critical(const Window& window, double certain_below, Verdict& verdict)
    {
        possible_.clear();
        for (const int tile : critical_) possible_.push_back(model_.lowest_possible(tile));
        if (possible_.empty()) return;
        const auto first = std::min_element(possible_.begin(), possible_.end()) - possible_.begin();
        merge(verdict, instability(critical_[first], window, certain_below));
        for (std::ptrdiff_t i = 0; i < std::ssize(critical_); ++i) {
            const bool has_vanished = verdict.kind == Verdict::Kind::Athermal;
            if (i == first || (has_vanished && possible_[i] > std::max(certain_below, verdict.event.barrier + verdict.uncertainty))) continue;
            merge(verdict, instability(critical_[i], window, certain_below));
        }
    }

    [[nodiscard]] Verdict instability(int tile, const Window& window, double certain_below)
    {
        const TileInstability found = model_.instability(tile, certain_below);
        Verdict verdict;
        verdict.unstable = found.count;
        if (found.count > 0) {
            verdict.kind = Verdict::Kind::Athermal;
            verdict.event = model_.event(found.lowest, 0.0, true);
            verdict.event.barrier = found.barrier;
            verdict.uncertainty = found.uncertainty;
            verdict.runner_up = found.runner_up;
        } else if (found.delay < window.duration) {
            verdict.kind = Verdict::Kind::Critical;
            verdict.delay = found.delay;
        }
        return verdict;
    }

    /// Draws the tile's next candidate after a time.
    void schedule(int tile, double rate, const PreciseTime& after)
    {
        const double wait = uniform_pair(key(tile, Purpose::Waiting, draws_[tile]++))[0];
        clocks_.set(tile, rate > 0.0 ? after + exponential(wait) / rate : PreciseTime(std::numeric_limits<double>::infinity()));
    }

    [[nodiscard]] DrawKey key(int tile, Purpose purpose, std::uint64_t draw) const noexcept
    {
        return {options_.seed, purpose, static_cast<std::uint64_t>(model_.tile_id(tile)), 0, draw};
    }

    /// Draws anew the candidates of a stretch of time that was skipped. At every look, also when barriers have vanished here, so that how many a
    /// tile draws does not depend on what else its rank has found.
    void drop_missed()
    {
        for (int tile = clocks_.first(); tile >= 0 && clocks_.time(tile) < now_; tile = clocks_.first()) schedule(tile, model_.bound(tile), now_);
    }

    /// Decides the candidates of this rank in the order of time, to the first that is accepted or beyond what is known to come first.
    void look_ahead(const Window& window, Verdict& verdict)
    {
        for (int tile = clocks_.first(); tile >= 0; tile = clocks_.first()) {
            const PreciseTime time = clocks_.time(tile);
            if (std::isinf(time.high())) return;
            const double delay = time - now_;
            if (delay >= std::min(verdict.delay, window.duration)) return;
            const std::uint64_t draw = draws_[tile] - 1;
            const double share = uniform_pair(key(tile, Purpose::Waiting, draw))[1];
            const double acceptance = uniform_pair(key(tile, Purpose::Acceptance, draw))[0];
            const Decision decision = model_.decide(tile, delay, share, acceptance);
            if (decision.broken) {
                verdict.report_broken(model_.voxel_id(decision.place), delay);
                return;
            }
            if (decision.accepted) {
                Verdict thermal;
                thermal.kind = Verdict::Kind::Thermal;
                thermal.delay = delay;
                thermal.event = model_.event(decision.place, delay, false);
                merge(verdict, thermal);
                return;
            }
            rejections_.push_back({tile, delay, time, draws_[tile], decision.fading, {}});
            if (decision.fading) {
                rejections_.back().bound = model_.save(tile);
                model_.tighten(tile, delay);
                if (!std::isfinite(model_.bound(tile))) {
                    verdict.report_broken(model_.broken_voxel(tile), delay);
                    return;
                }
            }
            schedule(tile, model_.bound(tile), time);
        }
    }

    /// Below this no barrier needs to be certain.
    static constexpr double nothing = -std::numeric_limits<double>::infinity();

    std::int64_t tiles_;
    CandidateClocks clocks_;
    std::vector<std::uint64_t> draws_;   ///< candidates drawn by each tile
    std::vector<int> critical_;          ///< tiles where a barrier may vanish while their bounds hold, in order
    std::vector<double> possible_;       ///< lower bounds of their barriers [eV]
    std::vector<Rejection> rejections_;  ///< of this look, in the order of time
    std::function<void()> watch_;
    std::int64_t events_in_interval_ = 0;
    std::int64_t events_before_ = 0;  ///< in the last complete interval
};

}  // namespace shearwater
