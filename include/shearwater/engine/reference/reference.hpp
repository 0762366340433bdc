#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include <shearwater/core/random.hpp>
#include <shearwater/engine/concepts.hpp>
#include <shearwater/engine/stepping.hpp>

namespace shearwater {

/// The reference engine, which computes the rates of all voxels anew after every event. It is slow and simple; the other engines are compared with
/// it.
///
/// Time-dependent rates are treated exactly by thinning (Lewis and Shedler 1979, cited in full in engine/thinning/candidate_queue.hpp): each tile
/// draws candidates from a Poisson process whose constant rate bounds its rates, and accepts one with probability rate/bound at the candidate's own
/// time. Each rank searches its tiles up to its first accepted candidate. The earliest of all ranks becomes the next event, and all later draws are
/// discarded, which the absence of memory of a Poisson process allows. There is thus one collective per event and none per rejection. Draws are keyed
/// by (tile, decision, number of the draw).
///
/// Model is ReferenceGlass or, in tests, a model with the same functions for which the result is known.
template <ReferenceModel Model>
class ReferenceEngine final : public SteppingEngine<Model> {
  public:
    /// Keeps references to `model`, `comm` and `drive`. Collective on `comm`.
    ReferenceEngine(Model& model, const Communicator& comm, const KmcOptions& options, const Drive& drive)
        : SteppingEngine<Model>(model, comm, options, drive)
    {
    }

  private:
    using SteppingEngine<Model>::model_;
    using SteppingEngine<Model>::options_;
    using SteppingEngine<Model>::drive_;
    using SteppingEngine<Model>::now_;
    using SteppingEngine<Model>::decision_;
    using SteppingEngine<Model>::counters_;

    /// The rule of the published code: an event and t_res = 1/Σ rates if that is less than the time of a step, otherwise an elastic step.
    Step advance_published() override
    {
        const double load = drive_.load(now_);
        const Window window{now_, load, load, std::numeric_limits<double>::infinity(), true};
        const Outcome outcome = this->agree_on_outcome(window);
        if (outcome.unstable > 0) return this->transform_unstable(outcome, window, options_.athermal_threshold);
        const double residence = 1.0 / exact_sum(this->comm_, tile_rates_);
        ++counters_.traffic.collectives;
        // The last step is shortened to the end of the drive.
        const DrivePoint end = drive_.end();
        const double seconds = drive_.interval_seconds(this->intervals_);
        const bool is_last = end.time < now_ + seconds;
        const double longest = is_last ? end.time - now_ : seconds;
        if (outcome.kind != Outcome::Kind::Thermal || residence >= longest) {
            now_ = is_last ? end.time : now_ + longest;
            return {{}, now_, is_last ? end.load : drive_.load(now_), true};
        }
        now_ = now_ + residence;
        Event event = outcome.event;
        event.time = now_;
        return this->transform({event}, drive_.load(now_));
    }

    /// Finds the next event of this rank in one pass over all voxels.
    Outcome find_outcome(const Window& window) override
    {
        model_.begin(window);
        Outcome mine;
        tile_rates_.clear();
        constexpr int tiles_between = 64;  // number of tiles between checks of the time limit
        for (int tile = 0; tile < model_.tile_count() && !mine.interrupted; ++tile) {
            search_tile(tile, window, mine);
            mine.interrupted = mine.interrupted || (tile % tiles_between == tiles_between - 1 && this->comm_.must_leave());
        }
        return mine;
    }

    void search_tile(int tile, const Window& window, Outcome& outcome)
    {
        const TileBounds bounds = model_.evaluate(tile);
        if (!std::isfinite(bounds.rate)) {
            outcome.report_broken(model_.broken_voxel(tile), 0.0);
            return;
        }
        if (options_.clock == Clock::Published) tile_rates_.push_back(bounds.rate);
        if (bounds.critical) {
            const TileInstability found = model_.instability(tile);
            Outcome candidate;
            candidate.unstable = found.count;
            if (found.count > 0) {
                candidate.kind = Outcome::Kind::Athermal;
                candidate.event = model_.event(found.lowest, 0.0, true);
            } else if (found.delay < window.duration) {
                candidate.kind = Outcome::Kind::Critical;
                candidate.delay = found.delay;
            }
            merge(outcome, candidate);
        }
        if (outcome.kind != Outcome::Kind::Athermal) draw(tile, bounds, window, outcome);
    }

    /// Searches for the tile's first accepted candidate before the earliest outcome so far. At a rejection softening has decayed since the bound was
    /// computed, so that the tile is bounded anew from that time on (Ogata 1981).
    void draw(int tile, TileBounds bounds, const Window& window, Outcome& outcome)
    {
        const auto id = static_cast<std::uint64_t>(model_.tile_id(tile));
        double delay = 0.0;
        for (std::uint32_t number = 0;; ++number) {
            // Sixteen bits of the key count draws within an epoch; the other bits of the number enter the high bits of the epoch.
            if (number % 64 == 63 && this->comm_.must_leave()) {
                outcome.interrupted = true;
                return;
            }
            const std::uint64_t epoch = static_cast<std::uint64_t>(decision_) | static_cast<std::uint64_t>(number >> 16) << 40;
            const auto [wait, place] = uniform_pair({options_.seed, Purpose::Waiting, id, number & 0xffff, epoch});
            if (bounds.rate <= 0.0) return;
            delay += exponential(wait) / bounds.rate;
            if (delay >= std::min(outcome.delay, window.duration)) return;
            ++counters_.candidates;
            const Candidate candidate = model_.pick(tile, place);
            if (!window.frozen) {
                const double rate = model_.rate(candidate.place, delay);
                // The margin covers the rounding between two ways to compute one rate; it does not excuse a wrong bound.
                SHEARWATER_EXPECTS(rate <= candidate.bound * (1.0 + 1e-9));
                const double acceptance = uniform_pair({options_.seed, Purpose::Acceptance, id, number & 0xffff, epoch})[0];
                if (acceptance * candidate.bound > rate) {
                    bounds = model_.tighten(tile, delay);
                    continue;
                }
            }
            Outcome thermal;
            thermal.kind = Outcome::Kind::Thermal;
            thermal.delay = delay;
            thermal.event = model_.event(candidate.place, delay, false);
            merge(outcome, thermal);
            return;
        }
    }

    std::vector<double> tile_rates_;  ///< published clock: sums of rates of the tiles of this rank [1/s]
};

}  // namespace shearwater
