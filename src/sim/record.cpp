/// What a run keeps of every step.

#include <algorithm>
#include <cmath>

#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

[[nodiscard]] bool is_same_load(double a, double b) noexcept
{
    return std::isfinite(b) && std::abs(a - b) <= load_rounding * std::max(std::abs(a), std::abs(b));
}

}  // namespace

/// Counts events, answers what is asked for on the way, and adds to curve and event log.
template <int Dim>
void Simulation<Dim>::record(const Step& step)
{
    auto& last = summary_.last;
    const auto clock = options_.kmc.clock;
    if (!step.cycle)
        reach(step.load, false);
    else if (!step.is_cut)
        record_way(step);
    // With the continuous clock the stress is highest just before an event, at the end of an elastic line. A cycle has many events on the way.
    if (clock == Clock::Continuous && !step.cycle)
        summary_.curve.add({loading_->elastic_strain(step.load, last.load, last.strain), loading_->elastic_stress(step.load, last.load, last.stress),
                            last.plastic_strain});
    const auto state = model_->mean_state(step.load);
    ++last.step;
    last.time = step.now;
    last.load = step.load;
    last.strain = loading_->strain(step.load, state);
    last.stress = loading_->stress(state);
    count(step);
    // Where nothing has happened it is zero, and not what rounding leaves of it.
    last.plastic_strain = last.events > 0 ? loading_->plastic_strain(state) : 0.0;
    // A step of these clocks has come to its strain when it ends.
    is_complete_ = ((clock != Clock::Increment && clock != Clock::Bernoulli) || step.interval_end) && !step.is_cut;
    summary_.is_cut = step.is_cut;
    summary_.curve.add({last.strain, last.stress, last.plastic_strain}, is_complete_);
    const auto rows = rows_;
    if (is_complete_) reach(step.load, true);
    if (has_all_steps()) write_row(last);
    write_timing();
    check_now_and_then(rows_ > rows);
}

/// Ends of sweeps and marks in a cycle, which has just been carried out. Collective where fields are asked for.
template <int Dim>
void Simulation<Dim>::record_way(const Step& step)
{
    const auto mean_state_without = [this](double load, const StrainCodes& codes) {
        Deviator<Dim> left{};
        for (std::size_t a = 0; a < left.size(); ++a)
            left[a] = -catalogue_.strain_unit() * static_cast<double>(codes[a]) / static_cast<double>(partition_.grid().count());
        return model_->mean_state(load, left);
    };
    for (const Waypoint& point : step.on_the_way) {
        const auto state = mean_state_without(point.load, point.codes_left);
        summary_.curve.add({loading_->strain(point.load, state), loading_->stress(state), loading_->plastic_strain(state)});
    }
    for (const MarkedState& mark : step.marked) {
        const auto state = mean_state_without(mark.load, mark.codes_left);
        auto row = summary_.last;
        row.load = mark.load;
        row.strain = loading_->strain(mark.load, state);
        row.time = mark.time;
        row.stress = loading_->stress(state);
        row.events += step.cycle->events - mark.events_left;
        row.athermal_events += step.cycle->athermal_events - mark.athermal_left;
        row.reversals += step.cycle->reversals - mark.reversals_left;
        row.plastic_strain = row.events > 0 ? loading_->plastic_strain(state) : 0.0;
        const bool is_past = mark.includes_fields && mark.events_left > 0;
        answer({row, state.strain, is_past, is_past ? model_->past_at(mark.time) : decltype(Moment<Dim>::past)()});
    }
}

/// Answers what is asked for up to a load parameter, where nothing has happened since the last step. Collective where fields are asked for.
/// @param is_included  whether that one counts
template <int Dim>
void Simulation<Dim>::reach(double load, bool is_included)
{
    const auto& last = summary_.last;
    const bool steps = options_.kmc.clock == Clock::Increment || options_.kmc.clock == Clock::Bernoulli;
    for (const Mark& mark : marks_before(load * (is_included ? 1.0 + load_rounding : 1.0 - load_rounding))) {
        auto row = last;
        row.load = mark.load;
        row.strain = loading_->elastic_strain(mark.load, last.load, last.strain);
        // Where the load rises by steps, no time passes meanwhile.
        if (!steps) row.time = last.time + drive_->seconds_between(last.load, mark.load);
        row.stress = loading_->elastic_stress(mark.load, last.load, last.stress);
        answer({row, model_->mean_state(mark.load).strain, false, {}});
    }
}

template <int Dim>
double Simulation<Dim>::row_load(std::int64_t row) const noexcept
{
    if (has_all_steps()) return HUGE_VAL;
    const auto number = static_cast<double>(row);
    if (!is_held()) return options_.output.history_interval * number;
    if (options_.output.time_interval > 0.0) return options_.output.time_interval * number;
    constexpr int decades = 9;
    constexpr int rows_of_decade = 10;
    constexpr int last = decades * rows_of_decade;
    if (row == 0) return 0.0;
    return row <= last ? options_.loading.max_time * std::pow(10.0, (number - last) / rows_of_decade) : HUGE_VAL;
}

/// What is asked for next, up to a load parameter and without it, in order.
template <int Dim>
std::vector<Mark> Simulation<Dim>::marks_before(double end) const
{
    const auto& loads = snapshot_loads();
    std::vector<Mark> marks;
    for (auto row = row_number_; row_load(row) < end; ++row) marks.push_back({row_load(row), false});
    for (auto snapshot = next_snapshot_; snapshot < loads.size() && loads[snapshot] < end; ++snapshot) {
        const auto place = std::find_if(marks.begin(), marks.end(),
                                        [&](const Mark& mark) { return mark.load > loads[snapshot] || is_same_load(mark.load, loads[snapshot]); });
        if (place != marks.end() && is_same_load(place->load, loads[snapshot]))
            *place = {place->includes_fields ? place->load : loads[snapshot], true};  // the first of several that fall together
        else
            marks.insert(place, {loads[snapshot], true});
    }
    return marks;
}

/// Writes the row or the snapshot, or both, that are asked for at a moment. Collective where fields are.
template <int Dim>
void Simulation<Dim>::answer(const Moment<Dim>& moment)
{
    const double load = moment.row.load;
    if (is_same_load(load, row_load(row_number_))) {
        ++row_number_;
        write_row(moment.row);
    }
    const auto& loads = snapshot_loads();
    const auto first = next_snapshot_;
    while (next_snapshot_ < loads.size() && is_same_load(load, loads[next_snapshot_])) ++next_snapshot_;
    if (next_snapshot_ == first) return;
    if (next_snapshot_ > first + 1)
        log_.line(fmt::format("output.snapshot_{0}: {1} {0} fall together at {2}", is_held() ? "times" : "strains", next_snapshot_ - first, load));
    try {
        in_step([&] { write_fields(moment); });
    } catch (const Interrupted&) {
        log_.line(fmt::format("the time is up: the snapshot at load {} is not written", load));
    }
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

/// Adds a row to the history, unless it is there.
template <int Dim>
void Simulation<Dim>::write_row(const HistoryRow& row)
{
    const bool is_there =
        rows_ > 0 && written_row_.step == row.step && written_row_.events == row.events && is_same_load(written_row_.load, row.load);
    if (is_there) return;
    if (history_) history_->add(row);
    ++rows_;
    written_row_ = row;
    summary_.last.cycles = {};
}

/// Adds a row to the timings if one has been added to the history since the last.
template <int Dim>
void Simulation<Dim>::write_timing()
{
    if (timing_ && rows_ > timed_rows_) timing_->add(summary_.last, progress_.elapsed(), engine_->counters());
    timed_rows_ = rows_;
}

template void Simulation<2>::record(const Step& step);
template void Simulation<3>::record(const Step& step);
template void Simulation<2>::reach(double load, bool is_included);
template void Simulation<3>::reach(double load, bool is_included);
template std::vector<Mark> Simulation<2>::marks_before(double end) const;
template std::vector<Mark> Simulation<3>::marks_before(double end) const;
template void Simulation<2>::write_timing();
template void Simulation<3>::write_timing();
template void Simulation<2>::write_row(const HistoryRow& row);
template void Simulation<3>::write_row(const HistoryRow& row);

}  // namespace shearwater
