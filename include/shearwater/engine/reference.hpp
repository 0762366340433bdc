#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/random.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/kmc/verdict.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// The reference engine: after every event the rates of all voxels are computed anew. Slow, simple, the judge of the others.
///
/// Time-dependent rates are treated exactly by thinning (Lewis and Shedler 1979): each tile draws candidates from a Poisson process with
/// a constant bound of its rates and accepts one with probability rate/bound at the candidate's own time. A rank looks ahead in its tiles
/// to its first acceptance; the earliest of all ranks happens, and everything drawn beyond it is forgotten, which a Poisson process
/// allows. So there is one collective per event and none per rejection. Draws are keyed by (tile, decision, number of the draw).
///
/// Model is GlassModel or, in tests, something with the same functions whose answer is known.
template <class Model>
class ReferenceEngine final : public Engine {
  public:
    /// Keeps references to both. Collective on `comm`.
    ReferenceEngine(Model& model, const Communicator& comm, const KmcOptions& options)
        : model_(model), comm_(comm), options_(options), agreement_(comm)
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

    [[nodiscard]] const EngineCounters& counters() const noexcept override { return counters_; }

  private:
    /// Strain over which the ramp is bounded at once, or by which it steps.
    [[nodiscard]] double interval() const noexcept { return options_.clock == Clock::Continuous ? options_.horizon : options_.strain_increment; }
    [[nodiscard]] double interval_seconds() const noexcept { return interval() / options_.strain_rate; }

    /// The time at which interval number `count` begins.
    [[nodiscard]] PreciseTime interval_begin(std::int64_t count) const noexcept { return multiply(interval_seconds(), static_cast<double>(count)); }

    /// From now to the end of the horizon or of the ramp, along the ramp.
    [[nodiscard]] Window continuous_window() const noexcept
    {
        const double horizon_end = interval() * static_cast<double>(intervals_ + 1);
        const bool last = horizon_end >= options_.max_strain;
        const PreciseTime end = last ? PreciseTime(options_.max_strain / options_.strain_rate) : interval_begin(intervals_ + 1);
        return {now_, options_.strain_rate * now_.seconds(), last ? options_.max_strain : horizon_end, end - now_, false};
    }

    /// From now to the end of the step, at the strain that it began with.
    [[nodiscard]] Window increment_window() const noexcept
    {
        const double strain = interval() * static_cast<double>(intervals_ + 1);
        return {now_, strain, strain, interval_begin(intervals_ + 1) - now_, false};
    }

    /// Continuous and increment: the next event, or the end of the window.
    Step advance_in(const Window& window)
    {
        const Verdict verdict = look(window);
        if (verdict.unstable > 0) return transform_unstable(verdict, window, 0.0);
        if (verdict.kind == Verdict::Kind::Thermal) {
            now_ = verdict.event.time;
            return transform({verdict.event}, strain_after(window, verdict.delay));
        }
        if (verdict.kind == Verdict::Kind::Critical) {
            now_ = window.now + verdict.delay;
            return {{}, now_, strain_after(window, verdict.delay), false};
        }
        return end_interval(window.strain_end, window.now + window.duration);
    }

    [[nodiscard]] static double strain_after(const Window& window, double delay) noexcept
    {
        return window.strain_begin + (window.strain_end - window.strain_begin) * (delay / window.duration);
    }

    Step end_interval(double strain, const PreciseTime& end)
    {
        ++intervals_;
        drawn_in_interval_ = false;
        now_ = end;
        return {{}, now_, strain, true};
    }

    /// At most one thermal event per step, from rates frozen when it is drawn; it happens at the time it would have in the step, so that
    /// softening has decayed by the rest of the step when the next begins.
    Step advance_bernoulli()
    {
        Window window = increment_window();
        window.frozen = true;
        if (drawn_in_interval_) window.duration = 0.0;  // nothing more is drawn, only what has become unstable counts
        const Verdict verdict = look(window);
        if (verdict.unstable > 0) return transform_unstable(verdict, window, 0.0);
        if (verdict.kind != Verdict::Kind::Thermal) return end_interval(window.strain_end, interval_begin(intervals_ + 1));
        drawn_in_interval_ = true;
        now_ = verdict.event.time;
        return transform({verdict.event}, window.strain_end);
    }

    /// The published code's rule: an event and t_res = 1/Σ rates if that is less than a step's time, otherwise an elastic step.
    Step advance_published()
    {
        const double strain = options_.strain_rate * now_.seconds();
        const Window window{now_, strain, strain, std::numeric_limits<double>::infinity(), true};
        const Verdict verdict = look(window);
        if (verdict.unstable > 0) return transform_unstable(verdict, window, options_.athermal_threshold);
        const double residence = 1.0 / ExactSum(verdict.total_rate).value();
        if (verdict.kind != Verdict::Kind::Thermal || residence >= interval_seconds()) {
            now_ = now_ + interval_seconds();
            return {{}, now_, options_.strain_rate * now_.seconds(), true};
        }
        now_ = now_ + residence;
        Event event = verdict.event;
        event.time = now_;
        return transform({event}, options_.strain_rate * now_.seconds());
    }

    /// Barriers have vanished: the lowest of all transforms, or all of them (and, with a threshold, all below it).
    Step transform_unstable(const Verdict& verdict, const Window& window, double threshold)
    {
        if (options_.athermal == Athermal::Sequential) return transform({verdict.event}, window.strain_begin);
        const auto mine = model_.flips(threshold);
        const auto bytes = gather_all(comm_, std::as_bytes(std::span<const Event>(mine)));
        counters_.traffic.collectives += 2;
        counters_.traffic.bytes += static_cast<std::int64_t>(bytes.size());
        std::vector<Event> all(bytes.size() / sizeof(Event));
        std::memcpy(all.data(), bytes.data(), bytes.size());
        std::sort(all.begin(), all.end(), [](const Event& a, const Event& b) { return a.voxel < b.voxel; });
        return transform(std::move(all), window.strain_begin);
    }

    Step transform(std::vector<Event> events, double strain)
    {
        for (const Event& event : events) {
            if (event.generation < options_.max_generation) continue;
            throw RunError(
                fmt::format("in step {}: voxel {} would transform more than kmc.max_generation = {} times: it flickers between states; "
                            "set softening.directional = true, check the softening, or raise kmc.max_generation",
                            decision_, event.voxel, options_.max_generation));
        }
        try {
            model_.apply(events);
        } catch (const RunError& error) {
            throw RunError(fmt::format("in step {} (time {} s, strain {:.6f}), after the event of voxel {}: {}", decision_, now_.seconds(), strain,
                                       events.front().voxel, error.what()));
        }
        return {std::move(events), now_, strain, false};
    }

    /// One pass over all voxels and one collective: what happens next in the window. Collective.
    Verdict look(const Window& window)
    {
        const double start = MPI_Wtime();
        model_.begin(window);
        Verdict mine;
        ExactSum total;
        for (int tile = 0; tile < model_.tile_count(); ++tile) look_at(tile, window, mine, total);
        mine.total_rate = total.digits();
        const double middle = MPI_Wtime();
        const Verdict all = agreement_.reach(mine);
        ++decision_;
        ++counters_.passes;
        ++counters_.traffic.collectives;
        counters_.traffic.bytes += static_cast<std::int64_t>(sizeof(Verdict));
        counters_.candidates += all.candidates;
        counters_.rate_seconds += middle - start;
        counters_.communication_seconds += MPI_Wtime() - middle;
        if (all.broken_voxel >= 0)
            throw RunError(
                fmt::format("in step {} (time {} s, strain {:.6f}): the rate of voxel {} is not a finite number, because its stress has "
                            "overflowed or is NaN; nothing was written for this step",
                            decision_, window.now.seconds(), window.strain_begin, all.broken_voxel));
        return all;
    }

    void look_at(int tile, const Window& window, Verdict& verdict, ExactSum& total)
    {
        const TileBounds bounds = model_.evaluate(tile);
        if (!std::isfinite(bounds.rate)) {
            verdict.broken_voxel = std::max(verdict.broken_voxel, model_.broken_voxel(tile));
            return;
        }
        if (options_.clock == Clock::Published) total.add(bounds.rate);
        if (bounds.critical) {
            const TileInstability found = model_.instability(tile);
            Verdict candidate;
            candidate.unstable = found.count;
            if (found.count > 0) {
                candidate.kind = Verdict::Kind::Athermal;
                candidate.event = model_.event(found.lowest, 0.0, true);
            } else if (found.delay < window.duration) {
                candidate.kind = Verdict::Kind::Critical;
                candidate.delay = found.delay;
            }
            merge(verdict, candidate);
        }
        if (verdict.kind != Verdict::Kind::Athermal) draw(tile, bounds, window, verdict);
    }

    /// Looks for the tile's first accepted candidate before whatever is known to come first.
    /// A rejection tells that softening has decayed since the bound was made, so the tile is bounded anew from there (Ogata 1981).
    void draw(int tile, TileBounds bounds, const Window& window, Verdict& verdict)
    {
        const auto id = static_cast<std::uint64_t>(model_.tile_id(tile));
        double delay = 0.0;
        for (std::uint32_t number = 0;; ++number) {
            // 16 bits of the key count draws within an epoch; the rest of the number goes into the epoch's high bits.
            const std::uint64_t epoch = static_cast<std::uint64_t>(decision_) | static_cast<std::uint64_t>(number >> 16) << 40;
            const auto [wait, place] = uniform_pair({options_.seed, Purpose::Waiting, id, number & 0xffff, epoch});
            if (bounds.rate <= 0.0) return;
            delay += exponential(wait) / bounds.rate;
            if (delay >= std::min(verdict.delay, window.duration)) return;
            ++verdict.candidates;
            const Candidate candidate = model_.pick(tile, place);
            if (!window.frozen) {
                const double rate = model_.rate(candidate.place, delay);
                // The margin covers the rounding of two ways to compute one rate, not a bound that is wrong.
                SHEARWATER_EXPECTS(rate <= candidate.bound * (1.0 + 1e-9));
                const double acceptance = uniform_pair({options_.seed, Purpose::Acceptance, id, number & 0xffff, epoch})[0];
                if (acceptance * candidate.bound > rate) {
                    bounds = model_.tighten(tile, delay);
                    continue;
                }
            }
            Verdict thermal;
            thermal.kind = Verdict::Kind::Thermal;
            thermal.delay = delay;
            thermal.event = model_.event(candidate.place, delay, false);
            merge(verdict, thermal);
            return;
        }
    }

    Model& model_;
    const Communicator& comm_;
    KmcOptions options_;
    Agreement agreement_;
    PreciseTime now_;
    std::int64_t intervals_ = 0;      ///< complete ones
    std::int64_t decision_ = 0;       ///< looks taken, the epoch of the random numbers
    bool drawn_in_interval_ = false;  ///< bernoulli: the step has had its draw
    EngineCounters counters_;
};

}  // namespace shearwater
