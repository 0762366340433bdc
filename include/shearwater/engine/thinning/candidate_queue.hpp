#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include <shearwater/core/random.hpp>
#include <shearwater/engine/concepts.hpp>
#include <shearwater/kmc/candidate_clocks.hpp>
#include <shearwater/kmc/outcome.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// Rate at which a tile may draw rejected candidates, such that all tiles together draw no more of them than there are events [1/s].
/// @param events  number of events of all tiles in the last `seconds`
[[nodiscard]] inline double idle_rate_for(std::int64_t events, double seconds, std::int64_t tiles) noexcept
{
    constexpr double candidates_per_event = 4.0;
    return candidates_per_event * static_cast<double>(events + 1) / (seconds * static_cast<double>(tiles));
}

/// Tiles whose next event is searched for together: all tiles of a rank (exact engine), or those of a block (sublattice engine).
///
/// For every tile the model keeps a bound B of the sum of its rates, which remains valid during many events elsewhere, and reports when the bound has
/// expired. Each tile draws candidates from a Poisson process of rate B. At the time t of a candidate, a voxel v is drawn with its share of the
/// bound, and its mode m is accepted with probability k_m(t)/B_v. Accepted candidates are then a Poisson process of the true rates (thinning: P. A.
/// W. Lewis, G. S. Shedler, Simulation of nonhomogeneous Poisson processes by thinning, Nav. Res. Logist. Q. 26 (1979) 403-413; Y. Ogata, On Lewis'
/// simulation method for point processes, IEEE Trans. Inf. Theory 27 (1981) 23-31): given the past, the probability of an event of mode m in dt is B
/// dt × B_v/B × k_m/B_v = k_m dt, whatever the bounds are as long as they hold. Because a Poisson process has no memory, future candidates may be
/// discarded and drawn anew when a bound changes for reasons in the past; otherwise they remain. Draws are keyed by tile and number.
template <ThinnedModel Model>
class CandidateQueue {
  public:
    /// Keeps a reference to `comm`, whose time limit interrupts long searches. @param tiles  numbers of the tiles in the model, in order
    CandidateQueue(const Communicator& comm, std::uint64_t seed, std::vector<int> tiles)
        : comm_(comm), seed_(seed), tiles_(std::move(tiles)), clocks_(static_cast<int>(tiles_.size())), draws_(tiles_.size())
    {
    }

    [[nodiscard]] const std::vector<int>& tiles() const noexcept { return tiles_; }

    /// Begins a search. Afterwards bounds hold from now to the end of the window, and no candidate is in the past. The outcome states whether a rate
    /// is not finite or the time is up; in these cases some bounds may not hold, and the run must end.
    Outcome begin(Model& model, const Window& window)
    {
        rejections_.clear();
        model.begin(window);
        Outcome mine;
        refresh(model, window.now, mine);
        drop_missed(model, window.now);
        return mine;
    }

    /// Merges the instabilities of critical tiles. Once a vanished barrier is found, only tiles that may have one as low are evaluated, because
    /// thousands of tiles are critical in an avalanche. The tile that may have the lowest barrier of all is evaluated first. The tiles left out could
    /// not even have a runner-up that requires more accuracy, so that the same barriers are computed exactly on any number of ranks.
    /// @param certain_below  barriers that may be as low as this are computed without uncertainty [eV]
    void search_critical(Model& model, const Window& window, double certain_below, Outcome& outcome)
    {
        possible_.clear();
        for (const int tile : critical_) possible_.push_back(model.lowest_possible(tile));
        if (possible_.empty()) return;
        const auto first = std::min_element(possible_.begin(), possible_.end()) - possible_.begin();
        merge(outcome, instability(model, critical_[first], window, certain_below));
        for (std::ptrdiff_t i = 0; i < std::ssize(critical_); ++i) {
            const bool has_vanished = outcome.kind == Outcome::Kind::Athermal;
            if (i == first || (has_vanished && possible_[i] > std::max(certain_below, outcome.event.barrier + outcome.uncertainty))) continue;
            merge(outcome, instability(model, critical_[i], window, certain_below));
        }
    }

    /// Decides candidates in the order of time, up to the first that is accepted or to the earliest outcome found so far.
    /// @param may_be_taken_back  whether decisions may be undone because an earlier event is found elsewhere (take_back)
    void search_candidates(Model& model, const Window& window, bool may_be_taken_back, Outcome& outcome)
    {
        constexpr std::int64_t looks_between = 64;  // number of decisions between checks of the time limit
        std::int64_t looks = 0;
        for (int first = clocks_.first(); first >= 0; first = clocks_.first()) {
            if (++looks % looks_between == 0 && comm_.must_leave()) {
                outcome.interrupted = true;
                return;
            }
            const PreciseTime time = clocks_.time(first);
            if (std::isinf(time.high())) return;
            const double delay = time - window.now;
            if (delay >= std::min(outcome.delay, window.duration)) return;
            const int tile = tiles_[first];
            const std::uint64_t draw = draws_[first] - 1;
            const double share = uniform_pair(key(model, first, Purpose::Waiting, draw))[1];
            const double acceptance = uniform_pair(key(model, first, Purpose::Acceptance, draw))[0];
            const Decision decision = model.decide(tile, delay, share, acceptance);
            if (decision.broken) {
                outcome.report_broken(model.voxel_id(decision.place), delay);
                return;
            }
            if (decision.accepted) {
                Outcome thermal;
                thermal.kind = Outcome::Kind::Thermal;
                thermal.delay = delay;
                thermal.event = model.event(decision.place, delay, false);
                merge(outcome, thermal);
                return;
            }
            ++rejected_;
            if (may_be_taken_back) rejections_.push_back({first, delay, time, draws_[first], decision.fading, {}});
            if (decision.fading) {
                if (may_be_taken_back) rejections_.back().bound = model.save(tile);
                model.tighten(tile, delay);
                if (!std::isfinite(model.bound(tile))) {
                    outcome.report_broken(model.broken_voxel(tile), delay);
                    return;
                }
            }
            schedule(model, first, model.bound(tile), time);
        }
    }

    /// Takes back decisions of this search at times later than `until`, counted from its beginning [s].
    void take_back(Model& model, double until)
    {
        for (; !rejections_.empty() && rejections_.back().delay > until; rejections_.pop_back(), --rejected_) {
            Rejection& last = rejections_.back();
            if (last.tightened) model.restore(tiles_[last.tile], std::move(last.bound));
            clocks_.set(last.tile, last.time);
            draws_[last.tile] = last.draws;
        }
    }

    /// Number of candidates rejected since the last call.
    [[nodiscard]] std::int64_t take_rejected() noexcept { return std::exchange(rejected_, 0); }

    /// Lists the state. It is complete between two searches.
    void visit(Archive& archive)
    {
        archive("clocks", clocks_);
        archive("draws", draws_);
        archive("critical", critical_);
        if (archive.reads()) rejections_.clear();
    }

    /// Threshold for search_critical with which no barrier needs to be certain [eV].
    static constexpr double nothing = -std::numeric_limits<double>::infinity();

  private:
    using SavedBound = typename Model::SavedBound;

    /// A rejection that may be taken back.
    struct Rejection {
        int tile;      ///< index of the tile in `tiles_`
        double delay;  ///< delay of the candidate [s]
        PreciseTime time;
        std::uint64_t draws;
        bool tightened;
        SavedBound bound;  ///< bound before it was tightened
    };

    /// Index of a tile in `tiles_`.
    [[nodiscard]] int place_of(int tile) const noexcept
    {
        // On a rank with all tiles in the queue, the index is the number of the tile; the tiles of a block are few.
        if (tile < static_cast<int>(tiles_.size()) && tiles_[tile] == tile) return tile;
        return static_cast<int>(std::lower_bound(tiles_.begin(), tiles_.end(), tile) - tiles_.begin());
    }

    /// Refreshes the tiles whose bounds have expired, and records which of them are critical.
    void refresh(Model& model, const PreciseTime& now, Outcome& outcome)
    {
        const auto expired = model.take_expired();
        for (const int tile : expired) clocks_.prefetch(place_of(tile));
        constexpr std::size_t tiles_between = 64;  // number of tiles between checks of the time limit
        for (std::size_t i = 0; i < expired.size(); ++i) {
            const int tile = expired[i];
            if (i % tiles_between == tiles_between - 1 && comm_.must_leave()) {
                outcome.interrupted = true;
                return;
            }
            const TileBounds bounds = model.refresh(tile, i + 1 < expired.size() ? expired[i + 1] : -1);
            const auto place = std::lower_bound(critical_.begin(), critical_.end(), tile);
            const bool was_critical = place != critical_.end() && *place == tile;
            if (bounds.critical && !was_critical) critical_.insert(place, tile);
            if (!bounds.critical && was_critical) critical_.erase(place);
            if (std::isfinite(bounds.rate))
                schedule(model, place_of(tile), bounds.rate, now);
            else
                outcome.report_broken(model.broken_voxel(tile), 0.0);
        }
    }

    [[nodiscard]] Outcome instability(Model& model, int tile, const Window& window, double certain_below)
    {
        const TileInstability found = model.instability(tile, certain_below);
        Outcome outcome;
        outcome.unstable = found.count;
        if (found.count > 0) {
            outcome.kind = Outcome::Kind::Athermal;
            outcome.event = model.event(found.lowest, 0.0, true);
            outcome.event.barrier = found.barrier;
            outcome.uncertainty = found.uncertainty;
            outcome.runner_up = found.runner_up;
        } else if (found.delay < window.duration) {
            outcome.kind = Outcome::Kind::Critical;
            outcome.delay = found.delay;
        }
        return outcome;
    }

    /// Draws a tile's next candidate after a time. @param place  index of the tile in `tiles_`
    void schedule(const Model& model, int place, double rate, const PreciseTime& after)
    {
        const double wait = uniform_pair(key(model, place, Purpose::Waiting, draws_[place]++))[0];
        clocks_.set(place, rate > 0.0 ? after + exponential(wait) / rate : PreciseTime(std::numeric_limits<double>::infinity()));
    }

    [[nodiscard]] DrawKey key(const Model& model, int place, Purpose purpose, std::uint64_t draw) const noexcept
    {
        return {seed_, purpose, static_cast<std::uint64_t>(model.tile_id(tiles_[place])), 0, draw};
    }

    /// Draws candidates anew where time has passed them. This is done in every search, also when barriers have vanished on this rank, so that the
    /// number of draws of a tile does not depend on what else its rank has found.
    void drop_missed(Model& model, const PreciseTime& now)
    {
        for (int first = clocks_.first(); first >= 0 && clocks_.time(first) < now; first = clocks_.first())
            schedule(model, first, model.bound(tiles_[first]), now);
    }

    const Communicator& comm_;
    std::uint64_t seed_;
    std::vector<int> tiles_;
    CandidateClocks clocks_;             ///< times of the next candidates, by index in `tiles_`
    std::vector<std::uint64_t> draws_;   ///< number of candidates drawn, by index in `tiles_`
    std::vector<int> critical_;          ///< tiles where a barrier may vanish while their bounds hold, in order
    std::vector<double> possible_;       ///< lower bounds of their barriers [eV]
    std::vector<Rejection> rejections_;  ///< rejections of this search, in the order of time
    std::int64_t rejected_ = 0;
};

}  // namespace shearwater
