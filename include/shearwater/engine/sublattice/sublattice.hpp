#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/concepts.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/engine/sublattice/burst_forecast.hpp>
#include <shearwater/engine/sublattice/cycle.hpp>
#include <shearwater/engine/sublattice/cycle_marks.hpp>
#include <shearwater/engine/sublattice/cycle_report.hpp>
#include <shearwater/engine/sublattice/cycle_tally.hpp>
#include <shearwater/engine/sublattice/missed_sample.hpp>
#include <shearwater/engine/sublattice/turns.hpp>
#include <shearwater/engine/sublattice/window_choice.hpp>
#include <shearwater/engine/thinning/candidate_queue.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/lattice/halo.hpp>
#include <shearwater/loading/drive.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// The sublattice engine advances many blocks at once, at the price of an error that it measures. It is the synchronous sublattice algorithm of Y.
/// Shim, J. G. Amar, Semirigorous synchronous sublattice algorithm for parallel kinetic Monte Carlo simulations of thin film growth, Phys. Rev. B 71
/// (2005) 125432, extended to long-range stress.
///
/// The lattice is divided into fixed blocks with colours, such that blocks of one colour do not touch (lattice/blocks.hpp). In a sweep, all ranks
/// advance their blocks, colour by colour, by exact kinetic Monte Carlo over the same interval of time, changes of the load included. The order of
/// colours is drawn for each sweep. Within a sweep, a block sees its own events at once, the events of neighbours that had their turn before it at
/// their own times, and the events of later neighbours not at all. A cycle consists of several sweeps, one after the other in time: events of
/// neighbours in one sweep are seen in the next, and far events after the cycle. Barriers of a block that have vanished at the end of the cycle
/// because of events of other blocks are then carried out, colour by colour, until none is left. Afterwards all stresses are updated. The next
/// intervals are chosen from the rates of all blocks and from the error: for a sample of the events, the stress that they would have seen in the
/// order of time is computed by exact sums.
///
/// All decisions depend on blocks and voxels only, and reductions over ranks are of integers and maxima. Events are therefore the same on any number
/// of ranks.
template <SublatticeModel Model>
class SublatticeEngine final : public Engine {
  public:
    static constexpr int dimension = Model::dimension;

    /// Keeps references to `model`, `comm`, `drive` and `blocks`. Collective.
    /// @param partition     partition of the lattice into boxes of whole blocks
    /// @param tiles         number of tiles of the whole lattice
    /// @param lists_events  whether the events of a cycle are sent to rank 0
    SublatticeEngine(Model& model, const Communicator& comm, const KmcOptions& options, const Drive& drive, const Blocks<dimension>& blocks,
                     const Partition<dimension>& partition, std::int64_t tiles, bool lists_events)
        : model_(model),
          comm_(comm),
          options_(options),
          drive_(drive),
          blocks_(blocks),
          tiles_(tiles),
          lists_events_(lists_events),
          halo_(comm, HaloPlan<dimension>(partition, comm.rank(), halo_width<dimension>)),
          window_choice_(options, drive.longest_seconds({}), blocks.count()),
          sample_(comm, options),
          turns_(blocks, partition, comm.rank())
    {
        for (int block = 0; block < model.block_count(); ++block) {
            queues_.emplace_back(comm, options.seed, model.tiles_of(block));
            turns_.add(block, model.block_id(block));
        }
    }

    Step advance() override
    {
        CycleStep cycle = run_cycle();
        report_.add(cycle.cycle);
        if (!cycle.is_cut) pass_on(cycle);
        if (lists_events_) cycle.event_values = CycleReport::event_values(cycle.missed);
        return static_cast<Step&&>(cycle);
    }

    /// Advances the model by one cycle. Once the time is up, no other cycle begins. Once the grace period is over as well, blocks stop within the
    /// cycle; the cycle is then committed like any other, but is marked as cut, because some blocks have not reached its end. Collective.
    CycleStep run_cycle()
    {
        if (is_interrupted_) throw Interrupted(true);
        // The first interval is chosen by the rates of all blocks.
        if (cycle_counters_.cycles == 0) {
            idle_rate_ = idle_rate_for(0, drive_.interval_seconds(0), tiles_);
            choose_sweeps();
            if (is_interrupted_) throw Interrupted(true);
        }
        begin_cycle();
        bool is_over = false;
        for (int number = 0; number < sweeps_.number && !is_over; ++number) {
            const DrivePoint begin = end_;
            is_over = begin_sweep();
            sweep(begin, end_);
            here_.codes_on_the_way.push_back(here_.codes);
            loads_.push_back(end_.load);
        }
        std::int64_t rounds = 0;
        for (search_leftovers(); tally_.unstable > 0 && tally_.interrupted == 0; search_leftovers()) {
            if (++rounds > options_.max_rounds)
                throw RunError(
                    fmt::format("in cycle {} (time {} s, load {:.6g}): barriers still vanish after {} sweeps over all colours (kmc.max_rounds), in "
                                "{} blocks now: "
                                "an avalanche does not end; check the softening, or raise kmc.max_rounds",
                                cycle_counters_.cycles, end_.time.seconds(), end_.load, options_.max_rounds, tally_.unstable));
            sweep(end_, end_);
        }
        CycleStep step = end_cycle(rounds);
        ++cycle_counters_.cycles;
        if (watch_) watch_(step, listed_);
        return step;
    }

    /// Function that is called with a cycle and its events in order; the events are on rank 0 only, and only if they are requested.
    using Watch = std::function<void(const CycleStep&, std::span<const BlockEvent>)>;
    /// Has `watch` called at the end of every cycle, on all ranks. For tests.
    void watch_cycles(Watch watch) { watch_ = std::move(watch); }

    [[nodiscard]] EngineCounters counters() const noexcept override
    {
        EngineCounters counters = counters_;
        counters.model = model_.counters();
        const CycleCounters more = cycle_counters();
        counters.traffic += more.sweeps;
        counters.traffic += more.far;
        counters.communication_seconds = counters.traffic.seconds;
        return counters;
    }
    [[nodiscard]] CycleCounters cycle_counters() const noexcept
    {
        CycleCounters counters = cycle_counters_;
        counters.sweeps += halo_.traffic();
        counters.far += model_.traffic();
        return counters;
    }

    void fill(Row& row, bool is_on_the_way) override { report_.fill(row, is_on_the_way); }
    void visit(Archive& archive) override;
    void summarize(Entries& entries) const override { report_.summarize(entries, comm_, cycle_counters(), model_.counters()); }

  private:
    using Source = typename Model::Source;
    using Queue = CandidateQueue<typename Model::Thinned>;

    void begin_cycle()
    {
        begin_ = end_;
        marks_.clear();
        if (this->requests().marks) marks_ = this->requests().marks(begin_.load, drive_.load_after(begin_.load, sweeps_.window * sweeps_.number));
        model_.keep_past(std::any_of(marks_.begin(), marks_.end(), [](const Mark& mark) { return mark.includes_fields; }));
        idle_rate_ = idle_rate_for(window_choice_.recent_events(), drive_.interval_seconds(0), tiles_);
        phase_ = 0;
        events_.clear();
        listed_.clear();
        events_of_phase_.clear();
        here_ = {};
        loads_.clear();
        clock_ = 0;
    }

    /// Draws the order of colours and determines the end of the interval. @return whether the drive ends there
    bool begin_sweep()
    {
        const PreciseTime begin = end_.time;
        const DrivePoint last = drive_.end();
        end_.time = begin + sweeps_.window;
        const bool is_last = last.time < end_.time || sweeps_.window >= last.time - begin;
        end_ = is_last ? last : DrivePoint{end_.time, drive_.load(end_.time)};
        // All tiles are adjusted to the load at once, independently of which blocks a rank has.
        model_.follow_load(window(begin, end_));
        order_ = order_of_colours(blocks_.colours(), options_.seed, swept_++);
        return is_last;
    }

    /// Gives every colour a turn over an interval of time. Collective.
    ///
    /// Blocks at the edge of this rank's box are advanced first. Their sources are sent to neighbours while the other blocks have their turn.
    void sweep(const DrivePoint& from, const DrivePoint& to)
    {
        const auto at = [this](const Source& source) { return blocks_.grid().index(source.voxel); };
        const auto less = [](const Source& a, const Source& b) { return precedes(a, b); };
        for (const int colour : order_) {
            const auto before = here_.counts.events;
            const auto& [outer, inner] = turns_.of(colour);
            run(outer, from, to);
            clock_ += here_.counts.events - before;
            auto sources = model_.take_boundary();
            auto exchange = halo_.template begin_spread<Source>(sources, at, less, clock_);
            const auto parts = static_cast<std::size_t>(std::max(1, halo_.plan().axes()));
            for (std::size_t part = 0, done = 0; part < parts; ++part) {
                const std::size_t end = (inner.size() * (part + 1) + parts - 1) / parts;
                const auto already = here_.counts.events;
                run(std::span(inner).subspan(done, end - done), from, to);
                exchange.work(here_.counts.events - already);
                done = end;
                if (part + 1 < parts) exchange.advance();
            }
            for (const auto& more : {model_.take_boundary(), exchange.finish()}) sources.insert(sources.end(), more.begin(), more.end());
            clock_ = exchange.clock();
            std::sort(sources.begin(), sources.end(), less);
            model_.announce(sources);
            events_of_phase_.push_back(here_.counts.events - before);
            ++phase_;
        }
    }

    void run(std::span<const int> blocks, const DrivePoint& from, const DrivePoint& to)
    {
        const double start = MPI_Wtime();
        for (const int block : blocks) run(block, from, to);
        counters_.rate_seconds += MPI_Wtime() - start;
    }

    /// The window from a time to the end of an interval.
    [[nodiscard]] Window window(const PreciseTime& now, const DrivePoint& to) const noexcept
    {
        const double duration = to.time - now;
        return {now, duration > 0.0 ? drive_.load(now) : to.load, to.load, duration, false, idle_rate_};
    }

    /// Kinetic Monte Carlo of one block over an interval of time. This rank stops, and records why, if it fails or its time is up.
    void run(int block, const DrivePoint& from, const DrivePoint& to)
    {
        if (!error_.empty() || must_end_) return;
        auto running = model_.start(block);
        auto& thinned = running.thinned();
        Queue& queue = queues_[block];
        PreciseTime now = from.time;
        int number = 0;
        try {
            for (;;) {
                running.take_arrivals(now);
                const Window ahead = window(now, to);
                Outcome next = queue.begin(thinned, ahead);
                must_end_ = next.interrupted || comm_.must_leave();
                if (must_end_) break;
                const PreciseTime arrival = running.next_arrival();
                const double until_arrival = arrival < to.time ? arrival - now : std::numeric_limits<double>::infinity();
                if (arrival < to.time) merge(next, nothing_before(until_arrival));
                queue.search_critical(thinned, ahead, Queue::nothing, next);
                if (next.kind != Outcome::Kind::Athermal && !next.is_broken()) queue.search_candidates(thinned, ahead, false, next);
                require_finite(next);
                must_end_ = next.interrupted;
                if (must_end_ || next.kind == Outcome::Kind::Elapsed) break;
                if (next.kind == Outcome::Kind::Critical) {
                    // Times are finer than the rounded delay, so that the time is set to that of the arrival exactly.
                    now = next.delay < until_arrival ? now + next.delay : arrival;
                    continue;
                }
                if (next.kind == Outcome::Kind::Thermal) now = next.event.time;
                carry_out(running, {next.event, model_.block_id(block), phase_, number++});
            }
        } catch (const RunError& error) {
            fail(now, error);
        }
        counters_.rejections += queue.take_rejected();
    }

    static void require_finite(const Outcome& outcome)
    {
        if (!outcome.is_broken()) return;
        throw RunError(fmt::format(
            "the rate of voxel {} is not a finite number, because its stress has overflowed or is NaN; nothing was written for this cycle",
            outcome.broken_voxel));
    }

    /// Records why this rank has failed. The failure is reported to the other ranks before they wait for this one.
    void fail(const PreciseTime& now, const RunError& error)
    {
        error_ = fmt::format("in cycle {} (time {} s, load {:.6g}): {}", cycle_counters_.cycles, now.seconds(), drive_.load(now), error.what());
    }

    [[nodiscard]] static Outcome nothing_before(double delay) noexcept
    {
        Outcome outcome;
        outcome.kind = Outcome::Kind::Critical;
        outcome.delay = delay;
        return outcome;
    }

    void carry_out(typename Model::Block& running, const BlockEvent& executed)
    {
        const Event& event = executed.event;
        require_generation(event, options_.max_generation);
        if (event.athermal == 0) {
            ++accepted_;
            if (!running.is_fresh(event)) ++here_.bursts;
        }
        here_.add(event, model_.codes_of(event));
        running.carry_out(event);
        events_.push_back(executed);
    }

    /// Computes all rates that no longer hold at the present time.
    /// @param visit  visit(block, its tiles, window, outcome) is called for each block of this rank
    template <class Visit>
    void renew_rates(Visit&& visit)
    {
        const double start = MPI_Wtime();
        try {
            for (int block = 0; block < model_.block_count() && error_.empty(); ++block) {
                auto running = model_.start(block);
                running.take_arrivals(end_.time);
                if (must_end_) continue;
                const Window now = window(end_.time, end_);
                Outcome outcome = queues_[block].begin(running.thinned(), now);
                // The check is made at once, because a tile whose rate is not finite is reported only once.
                require_finite(outcome);
                must_end_ = outcome.interrupted;
                if (must_end_) continue;
                visit(block, running.thinned(), now, outcome);
                require_finite(outcome);
            }
        } catch (const RunError& error) {
            fail(end_.time, error);
        }
        counters_.rate_seconds += MPI_Wtime() - start;
    }

    /// Searches for barriers that have vanished at the end of the interval, and sums the tally over all ranks. Collective.
    void search_leftovers();

    /// Chooses the intervals of the next cycle by the present rates of all blocks. Collective.
    void choose_sweeps();

    /// Reports the waypoints and marks of the cycle to those who requested them.
    void pass_on(const CycleStep& step) const;

    CycleStep end_cycle(std::int64_t rounds);

    /// Sends the events of the cycle to rank 0, in order, with the missed exponents that were measured. Collective.
    void list_events(CycleStep& step);

    Model& model_;
    const Communicator& comm_;
    KmcOptions options_;
    const Drive& drive_;
    const Blocks<dimension>& blocks_;
    std::int64_t tiles_;
    bool lists_events_;
    HaloExchange<dimension> halo_;
    std::vector<Queue> queues_;  ///< one for each block of this rank
    EngineCounters counters_;
    CycleCounters cycle_counters_;
    CycleReport report_;
    WindowChoice window_choice_;
    MissedSample sample_;
    Turns<dimension> turns_;  ///< turns of this rank's blocks
    Watch watch_;
    Sweeps sweeps_;           ///< sweeps of the next cycle
    std::int64_t swept_ = 0;  ///< number of sweeps so far, without rounds

    // The following members belong to the present cycle.
    DrivePoint begin_;
    DrivePoint end_;
    std::vector<int> order_;  ///< order of colours
    int phase_ = 0;
    std::vector<Mark> marks_;         ///< marks requested within the cycle
    std::vector<BlockEvent> events_;  ///< events of this rank
    std::vector<std::int64_t> events_of_phase_;
    std::int64_t clock_ = 0;     ///< length of the chain of events of this rank and those for which it has waited
    CycleTally here_;            ///< tally of this rank
    std::vector<double> loads_;  ///< load parameters at the ends of sweeps
    std::int64_t accepted_ = 0;
    std::int64_t counted_rejections_ = 0;
    CycleTally tally_;                ///< tally of all ranks
    std::vector<BlockEvent> listed_;  ///< events of all ranks in order, on rank 0 only and if requested
    std::string error_;               ///< error because of which this rank has failed; empty if there is none
    bool must_end_ = false;           ///< whether the time of this rank is up
    bool is_interrupted_ = false;     ///< whether the time of any rank is up
    double idle_rate_ = 0.0;
};

}  // namespace shearwater

#include <shearwater/engine/sublattice/sublattice_cycle.hpp>
