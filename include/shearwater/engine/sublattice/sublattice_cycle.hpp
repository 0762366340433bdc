#pragma once

/// The end of a cycle of the sublattice engine: the search for vanished barriers, the update of stresses, the choice of the next sweeps, and the
/// state that lasts from one cycle to the next. Included by sublattice.hpp.

#include <shearwater/engine/sublattice/sublattice.hpp>

namespace shearwater {

template <SublatticeModel Model>
CycleStep SublatticeEngine<Model>::end_cycle(std::int64_t rounds)
{
    const double start = MPI_Wtime();
    CycleStep step{};
    step.now = end_.time;
    step.load = end_.load;
    step.interval_end = true;
    step.is_elastic = false;
    step.is_cut = tally_.interrupted > 0;
    step.counts = tally_.counts;
    step.digest = static_cast<std::uint64_t>(tally_.digest);
    for (std::size_t sweep = 0; sweep + 1 < loads_.size(); ++sweep) {
        Waypoint& point = step.waypoints.emplace_back(Waypoint{loads_[sweep], tally_.codes});
        for (std::size_t a = 0; a < point.codes_left.size(); ++a) point.codes_left[a] -= tally_.codes_on_the_way[sweep][a];
    }
    Cycle& cycle = step.cycle;
    cycle = {end_.time - begin_.time, std::ssize(loads_),  rounds, sweeps_.least, tally_.counts.events, tally_.bursts, {},
             tally_.busiest,          tally_.critical_path};
    std::erase_if(marks_, [this](const Mark& mark) { return mark.load >= end_.load * (1.0 - load_rounding); });
    const CycleMarks marks(marks_, events_, drive_, [this](const Event& event) { return model_.codes_of(event); });
    auto more = marks.numbers();
    const auto numbers_of_marks = more.size();
    if (tally_.counts.events > 0) {
        auto commit = model_.end_cycle(tally_.sources, tally_.counts.events);
        const auto asked_for = commit.numbers();
        more.insert(more.end(), asked_for.begin(), asked_for.end());
        more = sample_.measure(commit, events_, tally_.counts.events, sweeps_.least, more, cycle.missed, counters_.traffic);
        counters_.traffic.bytes += static_cast<std::int64_t>(numbers_of_marks * sizeof(std::int64_t));
        if (lists_events_) list_events(step);
        std::move(commit).carry_out(std::span<const std::int64_t>(tally_.codes).first(model_.codes_of({}).size()),
                                    std::span<const std::int64_t>(more).subspan(numbers_of_marks));
    }
    step.marked = marks.states(more, tally_.counts);
    counters_.candidates += accepted_ + counters_.rejections - counted_rejections_;
    counted_rejections_ = counters_.rejections;
    accepted_ = 0;
    cycle_counters_.events_here += static_cast<std::int64_t>(events_.size());
    window_choice_.remember(cycle, sweeps_);
    cycle_counters_.update_seconds += MPI_Wtime() - start;
    choose_sweeps();
    return step;
}

template <SublatticeModel Model>
void SublatticeEngine<Model>::list_events(CycleStep& step)
{
    listed_ = gather_on_root(comm_, events_, counters_.traffic);
    std::sort(listed_.begin(), listed_.end(), [](const BlockEvent& a, const BlockEvent& b) { return precedes(a, b); });
    for (const BlockEvent& each : listed_) step.events.push_back(each.event);
    step.missed = sample_.of(listed_);
}

template <SublatticeModel Model>
void SublatticeEngine<Model>::choose_sweeps()
{
    window_choice_.set_longest(drive_.longest_seconds(end_.time));
    BurstForecast forecast(window_choice_.longest());
    renew_rates([&](int block, const auto&, const Window&, const Outcome&) { model_.forecast(block, forecast); });
    must_end_ = must_end_ || comm_.must_end();
    constexpr std::size_t words = BurstForecast::words();
    std::array<std::int64_t, words + 2> sums{};
    forecast.get(sums);
    sums[words] = error_.empty() ? 0 : 1;
    sums[words + 1] = must_end_ ? 1 : 0;
    reduce(comm_, sums, {}, cycle_counters_.sweeps);
    if (sums[words] > 0) agree_on_success(comm_, error_);
    is_interrupted_ = sums[words + 1] > 0;
    forecast.set(sums);
    sweeps_ = window_choice_.next(forecast);
}

template <SublatticeModel Model>
void SublatticeEngine<Model>::search_leftovers()
{
    std::int64_t unstable = 0;
    renew_rates([&](int block, auto& thinned, const Window& now, Outcome& outcome) {
        queues_[block].search_critical(thinned, now, Queue::nothing, outcome);
        unstable += outcome.unstable > 0 ? 1 : 0;
    });
    tally_ = here_;
    tally_.unstable = unstable;
    tally_.failed = error_.empty() ? 0 : 1;
    tally_.interrupted = must_end_ ? 1 : 0;
    tally_.sources = model_.source_count();
    tally_.critical_path = clock_;
    tally_.add_up(comm_, events_of_phase_, cycle_counters_.sweeps);
    clock_ = tally_.critical_path;
    if (tally_.failed > 0) agree_on_success(comm_, error_);
}

template <SublatticeModel Model>
void SublatticeEngine<Model>::pass_on(const CycleStep& step) const
{
    const Requests& requests = this->requests();
    for (const Waypoint& point : step.waypoints)
        if (requests.at_waypoint) requests.at_waypoint(point);
    for (const MarkedState& state : step.marked)
        if (requests.at_mark) requests.at_mark(state);
}

template <SublatticeModel Model>
void SublatticeEngine<Model>::visit(Archive& archive)
{
    archive("end_time", end_.time);
    archive("end_load", end_.load);
    archive("sweeps", sweeps_);
    archive("swept", swept_);
    archive("window_choice", window_choice_);
    archive.each("queues", queues_);
    archive("counters", counters_);
    auto counters = cycle_counters();
    archive("cycle_counters", counters);
    archive("report", report_);
    if (!archive.reads()) return;
    counters.sweeps -= halo_.traffic();
    counters.far -= model_.traffic();
    counters.update_seconds = cycle_counters_.update_seconds;
    cycle_counters_ = counters;
    counted_rejections_ = counters_.rejections;
}

}  // namespace shearwater
