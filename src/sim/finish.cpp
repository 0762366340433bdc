/// How a run ends.

#include <fmt/format.h>
#include <sys/resource.h>

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
    write_row(summary_.last);
    write_timing();
    progress_.report(summary_.last, true);
    summary_.wall_seconds = progress_.elapsed();
    const bool is_written = !series_.empty() && series_.back().events == summary_.last.events && series_.back().load == summary_.last.load;
    if (state_is_whole && !is_written) in_step([&] { write_fields(now()); });
    summary_.has_fields = state_is_whole;
    if (summary_.is_cut) log_.line("the time was up in the middle of a cycle: some blocks have not come to its end, and no row within it is written");
    if (is_written) log_.line(fmt::format("{}: is the last one as well", series_.back().file));
    summarize_counts();
    write_summary();
    const auto& last = summary_.last;
    log_.line(fmt::format("stopped by {}: peak {:.4f} GPa, flow {:.4f} GPa, localization index {:.4f}, {} events ({:.1f} % athermal)",
                          summary_.stopped_by, summary_.curve.peak() ? summary_.curve.peak()->stress : 0.0, summary_.curve.last().stress,
                          summary_.statistics.localization_index, last.events,
                          last.events > 0 ? 100.0 * static_cast<double>(last.athermal_events) / static_cast<double>(last.events) : 0.0));
    if (!state_is_whole) log_.line("the time was up in the middle of a solve, so that there are no fields of the last event");
}

/// Ends a run whose preparations took all its time. Collective.
template <int Dim>
void Simulation<Dim>::finish_without_state()
{
    open_output();
    write_summary();
    log_.line(fmt::format("stopped by {} before the first step: there is nothing but a summary", summary_.stopped_by));
}

/// Adds up what all ranks have counted. Collective.
template <int Dim>
void Simulation<Dim>::summarize_counts()
{
    summary_.counters = engine_->counters();
    auto& counters = summary_.counters;
    for (auto* count : {&counters.candidates, &counters.rejections, &counters.model.refreshed_voxels, &counters.model.near_voxels,
                        &counters.model.pending_sums, &counters.model.pending_terms, &counters.model.far_sources, &counters.model.far_moments})
        *count = sum(comm_, *count);
    if (summary_.cycles.cycles > 0 && summary_.last.events > 0)
        summary_.imbalance =
            static_cast<double>(maximum(comm_, static_cast<double>(counters.events_here))) * comm_.size() / static_cast<double>(summary_.last.events);
    summary_.traffic = summary_.counters.traffic;
    summary_.traffic += cell_->traffic();
    for (auto* traffic : {&summary_.traffic, &counters.sweeps, &counters.far}) {
        traffic->messages = sum(comm_, traffic->messages);
        traffic->bytes = sum(comm_, traffic->bytes);
    }
    if (const auto* solver = cell_->solver()) {
        summary_.elastic_solves = solver->solves();
        summary_.ksp_iterations = solver->iterations();
    }
    summary_.solve_seconds = model_->solve_seconds();
    summary_.fingerprint = fingerprint_.text();
}

/// Writes summary.json. Collective.
template <int Dim>
void Simulation<Dim>::write_summary()
{
    summary_.ranks = comm_.size();
    summary_.petsc_options = options_.petsc_options;
    summary_.peak_rss_megabytes = peak_rss_megabytes(comm_);
    on_root(comm_, [&] {
        sync_lists();
        write_text(folder_ / "summary.json", print(summary_));
    });
}

template void Simulation<2>::finish(bool state_is_whole);
template void Simulation<3>::finish(bool state_is_whole);
template void Simulation<2>::finish_without_state();
template void Simulation<3>::finish_without_state();

}  // namespace shearwater
