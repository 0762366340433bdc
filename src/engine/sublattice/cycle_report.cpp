#include <shearwater/engine/sublattice/cycle_report.hpp>

#include <array>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

double quotient(double sum, std::int64_t count)
{
    return count > 0 ? sum / static_cast<double>(count) : 0.0;
}

EntryValue quotient_if_any(std::int64_t count, std::int64_t by)
{
    return by > 0 ? EntryValue(static_cast<double>(count) / static_cast<double>(by)) : EntryValue(nullptr);
}

/// Adds the sums of traffic over all ranks to the entries. Collective.
void add_traffic(Entries& entries, const char* messages, const char* bytes, const char* collectives, const Communicator& comm, const Traffic& traffic)
{
    entries.add(messages, sum(comm, traffic.messages));
    entries.add(bytes, sum(comm, traffic.bytes));
    entries.add(collectives, traffic.collectives);
}

/// An element of MissedStatistics that appears in the history and in the summary.
struct MissedNumber {
    const char* name;
    const char* description;
    double (*value)(const MissedStatistics&);
};

constexpr std::array missed_numbers{
    MissedNumber{"missed_rms", "root mean square of the missed exponent", [](const MissedStatistics& m) { return m.root_mean(m.squares); }},
    MissedNumber{"missed_curable_rms", "the part of it that shorter intervals would make less",
                 [](const MissedStatistics& m) { return m.root_mean(m.curable_squares); }},
    MissedNumber{"missed_far_rms", "its part from frozen far stress", [](const MissedStatistics& m) { return m.root_mean(m.far_squares); }},
    MissedNumber{"missed_far_max", "largest missed exponent from frozen far stress", [](const MissedStatistics& m) { return m.far_largest; }},
    MissedNumber{"missed_far_bound", "its worst-case bound", [](const MissedStatistics& m) { return m.far_bound; }},
    MissedNumber{"missed_boundary_rms", "the part from near events of other blocks that were seen early or late",
                 [](const MissedStatistics& m) { return m.root_mean(m.boundary_squares); }},
    MissedNumber{"missed_boundary_max", "largest missed exponent from these", [](const MissedStatistics& m) { return m.boundary_largest; }},
    MissedNumber{"missed_boundary_bound", "its worst-case bound", [](const MissedStatistics& m) { return m.boundary_bound; }}};

/// An element of Missed that appears in the event log.
struct EventNumber {
    const char* name;
    const char* description;
    double Missed::*value;
};

constexpr std::array event_numbers{
    EventNumber{"missed_far", "work/k_B T of stress from far events of the cycle and the mean that the event did not see; NaN if not measured",
                &Missed::far},
    EventNumber{"missed_boundary", "the same from near events of other blocks that were seen too late or too early", &Missed::boundary},
    EventNumber{"missed_far_bound", "largest |missed_far| that the order of events could make", &Missed::far_bound},
    EventNumber{"missed_boundary_bound", "the same for missed_boundary", &Missed::boundary_bound}};

}  // namespace

void CycleTotals::add(const Cycle& cycle) noexcept
{
    ++cycles;
    sweeps += cycle.sweeps;
    rounds += cycle.rounds;
    events += cycle.events;
    bursts += cycle.bursts;
    busiest += cycle.busiest;
    critical_path += cycle.critical_path;
    seconds += cycle.seconds;
    missed += cycle.missed;
}

std::vector<Column> CycleReport::columns()
{
    std::vector<Column> columns{{"cycles", "1", "cycles since the last row"},
                                {"sweeps", "1", "sweeps since the last row"},
                                {"rounds", "1", "further sweeps for barriers that had vanished at the end of a cycle"},
                                {"window_s", "s", "mean interval of a sweep"},
                                {"bursts", "1", "bursts of events"},
                                {"missed_measured", "1", "events whose missed exponent was measured"}};
    for (const auto& number : missed_numbers) columns.push_back({number.name, "1", number.description});
    return columns;
}

std::vector<Column> CycleReport::event_columns()
{
    std::vector<Column> columns;
    for (const auto& number : event_numbers) columns.push_back({number.name, "1", number.description});
    return columns;
}

std::vector<std::vector<double>> CycleReport::event_values(const std::vector<Missed>& missed)
{
    std::vector<std::vector<double>> values;
    for (const auto& number : event_numbers) {
        auto& column = values.emplace_back();
        for (const Missed& each : missed) column.push_back(each.*number.value);
    }
    return values;
}

void CycleReport::count_last()
{
    if (!last_) return;
    since_row_.add(*last_);
    run_.add(*last_);
    last_.reset();
}

void CycleReport::add(const Cycle& cycle)
{
    count_last();
    last_ = cycle;
}

void CycleReport::fill(Row& row, bool is_on_the_way)
{
    constexpr int digits = 6;
    if (!is_on_the_way) count_last();
    const CycleTotals& totals = since_row_;
    for (const std::int64_t count : {totals.cycles, totals.sweeps, totals.rounds}) row.add(count);
    row.add(quotient(totals.seconds, totals.sweeps), digits);
    for (const std::int64_t count : {totals.bursts, totals.missed.measured}) row.add(count);
    for (const auto& number : missed_numbers) row.add(number.value(totals.missed), digits);
    since_row_ = {};
}

void CycleReport::summarize(Entries& entries, const Communicator& comm, const CycleCounters& counters, const ModelCounters& model) const
{
    CycleTotals run = run_;
    if (last_) run.add(*last_);
    if (run.cycles == 0) return;
    entries.add("cycles", run.cycles);
    entries.add("sweeps", run.sweeps);
    entries.add("rounds", run.rounds);
    entries.add("bursts", run.bursts);
    entries.add("window_s", quotient(run.seconds, run.sweeps));
    entries.add("events_per_cycle", quotient(static_cast<double>(run.events), run.cycles));
    entries.add("concurrency", quotient_if_any(run.events, run.busiest));
    entries.add("parallelism", quotient_if_any(run.events, run.critical_path));
    const double busiest = maximum(comm, static_cast<double>(counters.events_here));
    entries.add("imbalance", quotient(busiest * comm.size(), run.events));
    add_traffic(entries, "sweep_messages", "sweep_bytes", "sweep_collectives", comm, counters.sweeps);
    entries.add("far_sources", sum(comm, model.far_sources));
    entries.add("far_moments", sum(comm, model.far_moments));
    add_traffic(entries, "far_messages", "far_bytes", "far_collectives", comm, counters.far);
    entries.add("update_s", counters.update_seconds);
    entries.add("missed_measured", run.missed.measured);
    for (const auto& number : missed_numbers) entries.add(number.name, number.value(run.missed));
}

}  // namespace shearwater
