/// Recording of steps: observables, history, event log and snapshots.

#include <algorithm>
#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

[[nodiscard]] bool is_same_load(double a, double b) noexcept
{
    return std::isfinite(b) && std::abs(a - b) <= load_rounding * std::max(std::abs(a), std::abs(b));
}

}  // namespace

/// Records a step. Collective.
template <int Dim>
void Simulation<Dim>::record(const Step& step)
{
    const auto clock = options_.kmc.clock;
    if (step.is_elastic) reach(step.load, false);
    // With the continuous clock the stress has a local maximum just before an event, at the end of an elastic segment.
    if (clock == Clock::Continuous && step.is_elastic)
        passed_.push_back({loading_->elastic_strain(step.load, last_.load, last_.strain),
                           loading_->elastic_stress(step.load, last_.load, last_.stress), last_.plastic_strain});
    const auto state = model_->mean_state(step.load);
    ++last_.step;
    last_.time = step.now;
    last_.load = step.load;
    last_.strain = loading_->strain(step.load, state);
    last_.stress = loading_->stress(state);
    last_.counts += step.counts;
    // Without events the plastic strain is set to zero exactly, rather than to a rounding error.
    last_.plastic_strain = last_.counts.events > 0 ? loading_->plastic_strain(state) : 0.0;
    // With these clocks only the end of an interval is a point of the curve.
    is_complete_ = ((clock != Clock::Increment && clock != Clock::Bernoulli) || step.interval_end) && !step.is_cut;
    is_cut_ = step.is_cut;
    const StepRecord record{step, last_, is_complete_, passed_};
    for (const auto& observable : observables_) observable->record(record);
    passed_.clear();
    log_events(step);
    const auto rows = rows_;
    if (is_complete_) reach(step.load, true);
    if (has_all_steps()) write_row(now());
    write_timing();
    check_now_and_then(rows_ > rows);
}

/// Mean strain and stress at a load parameter without those events of the present step that came later. @param codes  sums of their strain codes
template <int Dim>
MeanState<Dim> Simulation<Dim>::mean_state_without(double load, const StrainCodes& codes) const
{
    Deviator<Dim> left{};
    for (std::size_t a = 0; a < left.size(); ++a)
        left[a] = -catalogue_.strain_unit() * static_cast<double>(codes[a]) / static_cast<double>(partition_.grid().count());
    return model_->mean_state(load, left);
}

/// Adds a point of the curve that the present step has passed through. The step has not been recorded yet.
template <int Dim>
void Simulation<Dim>::pass(const Waypoint& point)
{
    const auto state = mean_state_without(point.load, point.codes_left);
    passed_.push_back({loading_->strain(point.load, state), loading_->stress(state), loading_->plastic_strain(state)});
}

/// Writes the row or snapshot requested at a mark that the present step has passed through. Collective. The step has not been recorded yet.
template <int Dim>
void Simulation<Dim>::pass(const MarkedState& marked)
{
    const auto state = mean_state_without(marked.mark.load, marked.codes_left);
    RunPoint point = last_;
    point.load = marked.mark.load;
    point.strain = loading_->strain(point.load, state);
    point.time = marked.time;
    point.stress = loading_->stress(state);
    point.counts += marked.counts;
    point.plastic_strain = point.counts.events > 0 ? loading_->plastic_strain(state) : 0.0;
    const bool is_past = marked.mark.includes_fields && marked.is_past;
    answer({point, state.strain, is_past, is_past ? model_->past_at(marked.time) : decltype(Instant<Dim>::past)()}, true);
}

/// Writes the rows and snapshots requested up to a load parameter, if there have been no events since the last step. Collective.
/// @param is_included  whether that load parameter itself is included
template <int Dim>
void Simulation<Dim>::reach(double load, bool is_included)
{
    const RunPoint last = last_;
    const bool steps = options_.kmc.clock == Clock::Increment || options_.kmc.clock == Clock::Bernoulli;
    for (const Mark& mark : marks_before(load * (is_included ? 1.0 + load_rounding : 1.0 - load_rounding))) {
        RunPoint point = last;
        point.load = mark.load;
        point.strain = loading_->elastic_strain(mark.load, last.load, last.strain);
        // With clocks that step, the load increases at one time.
        if (!steps) point.time = last.time + drive_->seconds_between(last.load, mark.load);
        point.stress = loading_->elastic_stress(mark.load, last.load, last.stress);
        answer({point, model_->mean_state(mark.load).strain, false, {}});
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

/// Marks of the rows and snapshots that are still to be written below a load parameter, in order.
template <int Dim>
std::vector<Mark> Simulation<Dim>::marks_before(double end) const
{
    const auto& loads = snapshot_loads();
    const bool rows_need_voxels = need_voxels_in_rows();
    std::vector<Mark> marks;
    for (auto row = row_number_; row_load(row) < end; ++row) marks.push_back({row_load(row), rows_need_voxels});
    double last = -HUGE_VAL;  // of the snapshots so far
    for (auto snapshot = next_snapshot_; snapshot < loads.size() && loads[snapshot] < end; ++snapshot) {
        const double load = loads[snapshot];
        const auto place =
            std::find_if(marks.begin(), marks.end(), [load](const Mark& mark) { return mark.load > load || is_same_load(mark.load, load); });
        if (place == marks.end() || !is_same_load(place->load, load))
            marks.insert(place, {load, true});
        else if (!is_same_load(load, last))
            *place = {load, true};  // of several that fall together the first
        last = load;
    }
    return marks;
}

/// Whether the values of some columns of the history are computed from voxels.
template <int Dim>
bool Simulation<Dim>::need_voxels_in_rows() const noexcept
{
    return std::any_of(observables_.begin(), observables_.end(), [](const auto& observable) { return observable->needs_voxels(); });
}

/// Whether some observable takes events one by one.
template <int Dim>
bool Simulation<Dim>::need_events() const noexcept
{
    return std::any_of(observables_.begin(), observables_.end(), [](const auto& observable) { return observable->needs_events(); });
}

/// Writes the row or the snapshot, or both, that are asked for at an instant. Collective where fields are.
template <int Dim>
void Simulation<Dim>::answer(const Instant<Dim>& instant, bool is_on_the_way)
{
    const double load = instant.point.load;
    if (is_same_load(load, row_load(row_number_))) {
        ++row_number_;
        write_row(instant, is_on_the_way);
    }
    const auto& loads = snapshot_loads();
    const auto first = next_snapshot_;
    while (next_snapshot_ < loads.size() && is_same_load(load, loads[next_snapshot_])) ++next_snapshot_;
    if (next_snapshot_ == first) return;
    if (next_snapshot_ > first + 1)
        log_.line(fmt::format("output.snapshot_{0}: {1} {0} coincide at {2}", is_held() ? "times" : "strains", next_snapshot_ - first, load));
    try {
        in_step([&] { write_fields(instant); });
    } catch (const Interrupted&) {
        log_.line(fmt::format("the time limit was reached: the snapshot at load {} is not written", load));
    }
}

/// Adds the events of a step to the event log.
template <int Dim>
void Simulation<Dim>::log_events(const Step& step)
{
    if (!events_) return;
    events_->add(step.events, step.event_values);
    events_->flush_if_due();
}

/// Adds a row to the history, unless it is there. Collective. @param is_on_the_way  whether the present step has yet to be recorded
template <int Dim>
void Simulation<Dim>::write_row(const Instant<Dim>& instant, bool is_on_the_way)
{
    const RunPoint& point = instant.point;
    const bool is_there = rows_ > 0 && written_point_.step == point.step && written_point_.counts.events == point.counts.events &&
                          is_same_load(written_point_.load, point.load);
    if (is_there) return;
    constexpr int time_digits = 17;
    Row row;
    row.add(point.step);
    row.add(point.time.seconds(), time_digits);
    const auto voxels = voxels_at(instant);
    for (const auto& observable : observables_) observable->fill(voxels, row);
    engine_->fill(row, is_on_the_way);
    SHEARWATER_EXPECTS(row.cells() == column_count_);
    if (history_) history_->add(row);
    ++rows_;
    written_point_ = point;
}

/// Adds a row to timing.csv if a row has been added to the history since the last one.
template <int Dim>
void Simulation<Dim>::write_timing()
{
    if (timing_ && rows_ > timed_rows_) timing_->add(last_, progress_.elapsed(), engine_->counters());
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
template void Simulation<2>::write_row(const Instant<2>& instant, bool is_on_the_way);
template bool Simulation<2>::need_events() const noexcept;
template void Simulation<2>::pass(const Waypoint& point);
template void Simulation<2>::pass(const MarkedState& state);
template void Simulation<3>::write_row(const Instant<3>& instant, bool is_on_the_way);
template bool Simulation<3>::need_events() const noexcept;
template void Simulation<3>::pass(const Waypoint& point);
template void Simulation<3>::pass(const MarkedState& state);

}  // namespace shearwater
