/// What a run keeps of every step.

#include <algorithm>
#include <cmath>

#include <shearwater/sim/simulation.hpp>

namespace shearwater {

/// Counts events and adds to curve, history and event log.
template <int Dim>
void Simulation<Dim>::record(const Step& step)
{
    auto& last = summary_.last;
    const auto clock = options_.kmc.clock;
    // With the continuous clock the stress is highest just before an event, at the end of an elastic line. A cycle has many events on the way.
    if (clock == Clock::Continuous && !step.cycle)
        summary_.curve.add({step.strain, last.stress + loading_->elastic_slope() * (step.strain - last.strain), last.plastic_strain});
    for (const Waypoint& point : step.on_the_way) {
        Deviator<Dim> left{};
        for (std::size_t a = 0; a < left.size(); ++a)
            left[a] = -catalogue_.strain_unit() * static_cast<double>(point.codes_left[a]) / static_cast<double>(partition_.grid().count());
        const auto state = model_->mean_state(point.strain, left);
        summary_.curve.add({point.strain, loading_->stress(state), loading_->plastic_strain(state)});
    }
    const auto state = model_->mean_state(step.strain);
    ++last.step;
    last.time = step.now;
    last.strain = step.strain;
    last.stress = loading_->stress(state);
    last.plastic_strain = loading_->plastic_strain(state);
    count(step);
    const bool steps = clock == Clock::Increment || clock == Clock::Bernoulli;
    summary_.curve.add({last.strain, last.stress, last.plastic_strain}, !steps || step.interval_end);
    if (last.strain < next_row_) return;
    write_row();
    next_row_ = options_.output.history_interval * (std::floor(last.strain / options_.output.history_interval * (1.0 + 1e-12)) + 1.0);
}

/// Counts the events of a step and logs them.
template <int Dim>
void Simulation<Dim>::count(const Step& step)
{
    auto& last = summary_.last;
    if (step.cycle) {
        const Cycle& cycle = *step.cycle;
        last.events += cycle.events;
        last.athermal_events += cycle.athermal_events;
        last.reversals += cycle.reversals;
        summary_.max_generation = std::max(summary_.max_generation, cycle.max_generation);
        if (cycle.events > 0) fingerprint_.add(cycle.digest);
        last.cycles.add(cycle);
        summary_.cycles.add(cycle);
    } else {
        for (const Event& event : step.events) {
            ++last.events;
            last.athermal_events += event.athermal;
            last.reversals += event.reversal;
            summary_.max_generation = std::max<std::int64_t>(summary_.max_generation, event.generation + 1);
            fingerprint_.add(event);
        }
    }
    if (!events_) return;
    for (std::size_t i = 0; i < step.events.size(); ++i) events_->add(step.events[i], step.cycle ? &step.missed[i] : nullptr);
    events_->flush_if_due();
}

/// Adds the present state to the history, unless it is there.
template <int Dim>
void Simulation<Dim>::write_row()
{
    if (history_ && last_row_ != summary_.last.step) {
        history_->add(summary_.last);
        timing_->add(summary_.last, progress_.elapsed(), engine_->counters());
    }
    last_row_ = summary_.last.step;
    summary_.last.cycles = {};
}

template void Simulation<2>::record(const Step& step);
template void Simulation<3>::record(const Step& step);
template void Simulation<2>::write_row();
template void Simulation<3>::write_row();

}  // namespace shearwater
