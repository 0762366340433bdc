#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/concepts.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/kmc/outcome.hpp>
#include <shearwater/loading/drive.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// The common part of the exact and the reference engine: time, clocks, and carrying out events. Derived classes find the next event in
/// `find_outcome`.
///
/// Model is the metallic glass or, in tests, a model with the same functions for which the result is known.
template <SteppingModel Model>
class SteppingEngine : public Engine {
  public:
    /// Keeps references to `model`, `comm` and `drive`. Collective on `comm`.
    SteppingEngine(Model& model, const Communicator& comm, const KmcOptions& options, const Drive& drive)
        : model_(model), comm_(comm), options_(options), drive_(drive), agreement_(comm)
    {
    }

    Step advance() override
    {
        switch (options_.clock) {
            case Clock::Continuous: return advance_in(continuous_window());
            case Clock::Increment: return advance_in(increment_window());
            case Clock::Bernoulli: return advance_bernoulli();
            case Clock::Published: return advance_published();
        }
        throw RunError("unknown clock");
    }

    [[nodiscard]] EngineCounters counters() const noexcept override
    {
        EngineCounters counters = counters_;
        counters.model = model_.counters();
        return counters;
    }

    void visit(Archive& archive) override
    {
        archive("now", now_);
        archive("decision", decision_);
        archive("intervals", intervals_);
        archive("drawn_in_interval", drawn_in_interval_);
        archive("counters", counters_);
    }

  protected:
    /// Searches for the next event in the window on this rank. @param window  window that begins now
    virtual Outcome find_outcome(const Window& window) = 0;

    /// Searches for vanished barriers only. @param certain_below  barriers that may be as low as this are computed without uncertainty [eV]
    virtual Outcome find_lowest(const Window& /*window*/, double /*certain_below*/) { return {}; }

    /// Receives the outcome of all ranks together.
    virtual void receive(const Outcome& /*all*/) {}

    virtual Step advance_published() { throw RunError("this engine does not serve the published clock"); }

    /// Carries out events whose barriers have vanished: the lowest of all, or all of them (and, with a threshold, all below it).
    Step transform_unstable(const Outcome& outcome, const Window& window, double threshold)
    {
        if (options_.athermal == Athermal::Sequential) return transform({outcome.event}, window.load_begin);
        const auto mine = model_.flips(threshold);
        const auto bytes = gather_all(comm_, std::as_bytes(std::span<const Event>(mine)));
        counters_.traffic.collectives += 2;
        counters_.traffic.bytes += static_cast<std::int64_t>(bytes.size());
        std::vector<Event> all(bytes.size() / sizeof(Event));
        std::memcpy(all.data(), bytes.data(), bytes.size());
        std::sort(all.begin(), all.end(), [](const Event& a, const Event& b) { return a.voxel < b.voxel; });
        return transform(std::move(all), window.load_begin);
    }

    [[nodiscard]] Outcome reach(const Outcome& mine)
    {
        ++counters_.traffic.collectives;
        counters_.traffic.bytes += static_cast<std::int64_t>(sizeof(Outcome));
        return agreement_.reach(mine);
    }

    Step transform(std::vector<Event> events, double load)
    {
        for (const Event& event : events) {
            try {
                require_generation(event, options_.max_generation);
            } catch (const RunError& error) {
                throw RunError(fmt::format("in step {}: {}", decision_, error.what()));
            }
        }
        if (this->requests().before_events) this->requests().before_events(load);
        try {
            model_.apply(events);
        } catch (const RunError& error) {
            throw RunError(fmt::format("in step {} (time {} s, load {:.6g}), after the event of voxel {}: {}", decision_, now_.seconds(), load,
                                       events.front().voxel, error.what()));
        }
        Step step{{}, now_, load};
        for (const Event& event : events) step.counts.add(event);
        step.events = std::move(events);
        return step;
    }

    /// The next outcome in the window, the same on every rank. Collective. @throws Interrupted if the time is up on any rank
    Outcome agree_on_outcome(const Window& window)
    {
        const double start = MPI_Wtime();
        Outcome mine = find_outcome(window);
        const double middle = MPI_Wtime();
        mine.interrupted = mine.interrupted || comm_.must_end();
        Outcome all = reach(mine);
        if (all.interrupted) throw Interrupted(true);
        if (!all.is_broken() && all.is_ambiguous()) all = reach(find_lowest(window, all.event.barrier + all.uncertainty));
        receive(all);
        ++decision_;
        counters_.rate_seconds += middle - start;
        counters_.communication_seconds += MPI_Wtime() - middle;
        if (all.is_broken())
            throw RunError(
                fmt::format("in step {} (time {} s, load {:.6g}): the rate of voxel {} is not a finite number, because its stress has "
                            "overflowed or is NaN; nothing was written for this step",
                            decision_, window.now.seconds(), window.load_begin, all.broken_voxel));
        return all;
    }

    Model& model_;
    const Communicator& comm_;
    KmcOptions options_;
    const Drive& drive_;
    PreciseTime now_;
    std::int64_t decision_ = 0;   ///< number of outcomes so far
    std::int64_t intervals_ = 0;  ///< number of complete intervals
    EngineCounters counters_;

  private:
    /// The window from now to the end of the interval, along the drive.
    [[nodiscard]] Window continuous_window() const
    {
        const DrivePoint end = drive_.interval_end(intervals_);
        return {now_, drive_.load(now_), end.load, end.time - now_, false};
    }

    /// The window from now to the end of the step, at the load of its end.
    [[nodiscard]] Window increment_window() const
    {
        const DrivePoint end = drive_.interval_end(intervals_);
        return {now_, end.load, end.load, end.time - now_, false};
    }

    /// Continuous and increment clocks: carries out the next event, or ends the window.
    Step advance_in(const Window& window)
    {
        const Outcome outcome = agree_on_outcome(window);
        if (outcome.unstable > 0) return transform_unstable(outcome, window, 0.0);
        if (outcome.kind == Outcome::Kind::Thermal) {
            now_ = outcome.event.time;
            return transform({outcome.event}, load_after(window, outcome.delay));
        }
        if (outcome.kind == Outcome::Kind::Critical) {
            now_ = window.now + outcome.delay;
            return {{}, now_, load_after(window, outcome.delay), false};
        }
        return end_interval({window.now + window.duration, window.load_end});
    }

    [[nodiscard]] static double load_after(const Window& window, double delay) noexcept
    {
        return window.load_begin + (window.load_end - window.load_begin) * (delay / window.duration);
    }

    Step end_interval(const DrivePoint& end)
    {
        ++intervals_;
        drawn_in_interval_ = false;
        now_ = end.time;
        return {{}, now_, end.load, true};
    }

    /// Carries out at most one thermal event per step, with rates that are constant from the draw on. The event happens at its own time within the
    /// step, so that its softening has decayed for the rest of the step when the next step begins.
    Step advance_bernoulli()
    {
        Window window = increment_window();
        window.frozen = true;
        if (drawn_in_interval_) window.duration = 0.0;  // no thermal event is drawn any more; only vanished barriers are carried out
        const Outcome outcome = agree_on_outcome(window);
        if (outcome.unstable > 0) return transform_unstable(outcome, window, 0.0);
        if (outcome.kind != Outcome::Kind::Thermal) return end_interval(drive_.interval_end(intervals_));
        drawn_in_interval_ = true;
        now_ = outcome.event.time;
        return transform({outcome.event}, window.load_end);
    }

    Agreement agreement_;
    bool drawn_in_interval_ = false;  ///< bernoulli clock: whether the step has had its draw
};

}  // namespace shearwater
