/// Cost per event of the exact engine against the size of the cell, at the same strain.
///
///   mpirun -n N benchmark_sizes DECK [--key=value ...] -- SIZE [SIZE ...] [-from STRAIN] [-to STRAIN]
///
/// Every cell is strained from nothing; what happens between the two strains (0.028 and 0.03) is measured: wall time, voxels touched, candidates and
/// collectives per event. The largest cell decides how long it takes: 2048² about a minute, 4096² several and 4 GB.

#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>

#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

#include "program.hpp"

using namespace shearwater;

namespace {

struct Plan {
    std::vector<std::string> deck_words;
    std::vector<int> sizes;
    double from = 0.028;
    double to = 0.03;
};

Plan read_plan(const std::vector<std::string>& words)
{
    Plan plan;
    std::size_t i = 0;
    for (; i < words.size() && words[i] != "--"; ++i) plan.deck_words.push_back(words[i]);
    for (++i; i < words.size(); ++i) {
        if (words[i] == "-from" || words[i] == "-to")
            (words[i] == "-from" ? plan.from : plan.to) = std::atof(words.at(i + 1).c_str()), ++i;
        else
            plan.sizes.push_back(std::atoi(words[i].c_str()));
    }
    return plan;
}

/// Where a run stands.
struct Mark {
    double time = MPI_Wtime();
    std::int64_t events = 0;
    EngineCounters counters;
};

Mark mark(Simulation<2>& simulation)
{
    return {MPI_Wtime(), simulation.events(), simulation.engine().counters()};
}

void measure(const Communicator& comm, const Log& log, RunOptions options, int size, const Plan& plan)
{
    options.lattice.size = {size, size};
    options.output.folder += fmt::format("/{}", size);
    options.loading.stop_plastic_strain = 0.0;
    options.loading.max_strain = plan.to;
    const Log silent(nullptr);
    Simulation<2> simulation(comm, silent, options);
    simulation.prepare();
    while (simulation.strain() < plan.from) simulation.advance();
    const Mark begin = mark(simulation);
    while (simulation.advance()) {
    }
    const Mark end = mark(simulation);
    const auto events = static_cast<double>(end.events - begin.events);
    const auto per_event = [&](std::int64_t ModelCounters::*count) {
        return static_cast<double>(sum(comm, end.counters.model.*count - begin.counters.model.*count)) / events;
    };
    const double candidates = static_cast<double>(sum(comm, end.counters.candidates - begin.counters.candidates)) / events;
    const double refreshed = per_event(&ModelCounters::refreshed_voxels);
    const double near = per_event(&ModelCounters::near_voxels);
    const double terms = per_event(&ModelCounters::pending_terms);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    log.line(fmt::format("{:>6} {:>9.0f} {:>9.1f} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.2f} {:>7} {:>8.2f} {:>10.1f}", size, events,
                         1e6 * (end.time - begin.time) / events, refreshed, near, terms, candidates,
                         end.counters.model.flushes - begin.counters.model.flushes,
                         100.0 * (end.counters.communication_seconds - begin.counters.communication_seconds) / (end.time - begin.time),
                         1024.0 * static_cast<double>(usage.ru_maxrss) / size / size));
}

}  // namespace

int main(int argc, char** argv)
{
    const MpiSession session(argc, argv);
    const Plan plan = read_plan(std::vector<std::string>(argv + 1, argv + argc));
    const test::Program program(session, plan.deck_words);
    const auto& comm = program.comm();
    const auto& log = program.log();
    log.line(fmt::format("{} ranks, strain {} to {}; per event where not said otherwise; memory is the largest so far of rank 0", comm.size(),
                         plan.from, plan.to));
    log.line(fmt::format("{:>6} {:>9} {:>9} {:>10} {:>10} {:>10} {:>10} {:>7} {:>8} {:>10}", "size", "events", "us", "refreshed", "near", "sum terms",
                         "candidates", "solves", "waiting%", "B/voxel"));
    for (const int size : plan.sizes) measure(comm, log, program.options(), size, plan);
    return 0;
}
