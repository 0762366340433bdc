/// The end of a run: last snapshot and summary.

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <sys/resource.h>

#include <shearwater/io/summary.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

double peak_rss_megabytes(const Communicator& comm)
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return maximum(comm, static_cast<double>(usage.ru_maxrss) * 1024.0 / 1e6);
}

}  // namespace

template <int Dim>
void Simulation<Dim>::finish(bool state_is_whole)
{
    write_row(now());
    write_timing();
    progress_.report(last_, true);
    const double wall_seconds = progress_.elapsed();
    const bool is_written = !series_.empty() && series_.back().events == last_.counts.events && series_.back().load == last_.load;
    if (state_is_whole && !is_written) in_step([&] { write_fields(now()); });
    if (is_cut_)
        log_.line("the time limit was reached within a cycle: some blocks have not reached its end, and no row is written for states within it");
    if (is_written) log_.line(fmt::format("{}: is the snapshot of the end of the run as well", series_.back().file));
    const Entries summary = write_summary({last_, state_is_whole}, wall_seconds);
    const auto& counts = last_.counts;
    const auto localization = summary.number("localization_index");
    log_.line(fmt::format("stopped by {}: peak {:.4f} GPa, flow {:.4f} GPa, {}{} events ({:.1f} % athermal)", stopped_by_,
                          summary.number("peak_stress_GPa").value_or(0.0), summary.number("flow_stress_GPa").value_or(0.0),
                          localization ? fmt::format("localization index {:.4f}, ", *localization) : "", counts.events,
                          counts.events > 0 ? 100.0 * static_cast<double>(counts.athermal_events) / static_cast<double>(counts.events) : 0.0));
    if (!state_is_whole) log_.line("the time limit was reached within a solve, so that no fields are written for the last event");
}

/// Ends a run whose time limit was reached before its first step. Collective.
template <int Dim>
void Simulation<Dim>::finish_without_state()
{
    open_output();
    write_summary({last_, false}, 0.0);
    log_.line(fmt::format("stopped by {} before the first step: only the summary is written", stopped_by_));
}

/// Adds entries for counts, summed over ranks, and times. Collective.
template <int Dim>
void Simulation<Dim>::add_counts(Entries& entries) const
{
    const auto counters = engine_ ? engine_->counters() : EngineCounters{};
    const std::array<std::pair<const char*, std::int64_t>, 6> counts{{{"candidates", counters.candidates},
                                                                      {"rejections", counters.rejections},
                                                                      {"refreshed_voxels", counters.model.refreshed_voxels},
                                                                      {"near_voxels", counters.model.near_voxels},
                                                                      {"pending_sums", counters.model.pending_sums},
                                                                      {"pending_terms", counters.model.pending_terms}}};
    std::vector<Entry> per_event;
    const auto add_per_event = [&](const char* name, std::int64_t count) {
        const std::int64_t events = last_.counts.events;
        per_event.push_back({name, events > 0 ? EntryValue(static_cast<double>(count) / static_cast<double>(events)) : EntryValue(nullptr)});
    };
    for (const auto& [name, count] : counts) {
        const std::int64_t total = sum(comm_, count);
        entries.add(name, total);
        if (std::string_view(name) != "rejections") add_per_event(name, total);
    }
    entries.add("flushes", counters.model.flushes);
    const auto* solver = cell_ ? cell_->solver() : nullptr;
    entries.add("elastic_solves", solver != nullptr ? solver->solves() : 0);
    entries.add("ksp_iterations", solver != nullptr ? solver->iterations() : 0);
    Traffic traffic = counters.traffic;
    if (cell_) traffic += cell_->traffic();
    const std::int64_t bytes = sum(comm_, traffic.bytes);
    entries.add("messages", sum(comm_, traffic.messages));
    entries.add("bytes", bytes);
    entries.add("collectives", traffic.collectives);
    add_per_event("collectives", traffic.collectives);
    add_per_event("bytes", bytes);
    entries.add("per_event", per_event);
    entries.add("rates_s", counters.rate_seconds);
    entries.add("stress_s", model_ ? model_->solve_seconds() : 0.0);
    entries.add("communication_s", counters.communication_seconds);
}

/// Writes summary.json. Collective. @param wall_seconds  wall time of the loop over steps [s]  @return the entries
template <int Dim>
Entries Simulation<Dim>::write_summary(const RunEnd& end, double wall_seconds)
{
    Entries entries;
    entries.add("stopped_by", stopped_by_);
    entries.add("cut_short", is_cut_);
    entries.add("time_s", last_.time.seconds());
    entries.add("steps", last_.step);
    for (const auto& observable : observables_) observable->summarize(end, entries);
    entries.add("elastic_slope_GPa", loading_ ? loading_->elastic_slope() : 0.0);
    entries.add_if_known("kernel_check_GPa", checks_.kernel);
    entries.add_if_known("stress_check_GPa", checks_.stress);
    entries.add_if_known("judged_cell", checks_.cell);
    entries.add_if_known("judged_by", checks_.by);
    entries.add("petsc_options", options_.petsc_options);
    add_counts(entries);
    if (engine_) engine_->summarize(entries);
    entries.add("wall_s", wall_seconds);
    entries.add("events_per_s", wall_seconds > 0.0 ? static_cast<double>(last_.counts.events) / wall_seconds : 0.0);
    entries.add("ranks", std::int64_t{comm_.size()});
    entries.add("peak_rss_MB", peak_rss_megabytes(comm_));
    add_provenance(entries);
    on_root(comm_, [&] {
        sync_lists();
        write_text(folder_ / "summary.json", print(entries));
    });
    return entries;
}

template void Simulation<2>::finish(bool state_is_whole);
template void Simulation<3>::finish(bool state_is_whole);
template void Simulation<2>::finish_without_state();
template void Simulation<3>::finish_without_state();

}  // namespace shearwater
