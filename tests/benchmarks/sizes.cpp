/// Cost per event of the exact engine against the size of the cell, at the same strain.
///
///   mpirun -n N benchmark_sizes DECK [--key=value ...] -- SIZE [SIZE ...] [-from STRAIN] [-to STRAIN] [-cells CELLS]
///
/// Every cell is strained from nothing; what happens between the two strains (0.028 and 0.03) is measured: wall time, voxels touched, candidates and
/// sums per event. Small cells are run with several seeds, from the deck's on, until 20,000 events have been measured, so that their solves of the whole
/// field count as well. The largest cell decides how long it takes: 2048² half a minute, 4096² several and 4 GB.

#include <cstdlib>
#include <memory>
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
    int cells = 1;
};

Plan read_plan(const std::vector<std::string>& words)
{
    Plan plan;
    std::size_t i = 0;
    for (; i < words.size() && words[i] != "--"; ++i) plan.deck_words.push_back(words[i]);
    for (++i; i < words.size(); ++i) {
        if (words[i] == "-from")
            plan.from = std::atof(words.at(++i).c_str());
        else if (words[i] == "-to")
            plan.to = std::atof(words.at(++i).c_str());
        else if (words[i] == "-cells")
            plan.cells = std::atoi(words.at(++i).c_str());
        else
            plan.sizes.push_back(std::atoi(words[i].c_str()));
    }
    return plan;
}

/// What has been measured of one size: sums over runs, and over ranks but for the times, which are rank 0's.
struct Sums {
    double events = 0.0;
    double seconds = 0.0;
    double waiting = 0.0;
    double candidates = 0.0;
    double refreshed = 0.0;
    double near = 0.0;
    double terms = 0.0;
    double solves = 0.0;
};

/// Adds where a run stands, or subtracts it.
void add(Sums& sums, Simulation<2>& simulation, double sign, const Communicator& comm)
{
    const EngineCounters counters = simulation.engine().counters();
    const auto total = [&](std::int64_t count) { return sign * static_cast<double>(sum(comm, count)); };
    sums.events += sign * static_cast<double>(simulation.events());
    sums.waiting += sign * counters.communication_seconds;
    sums.candidates += total(counters.candidates);
    sums.refreshed += total(counters.model.refreshed_voxels);
    sums.near += total(counters.model.near_voxels);
    sums.terms += total(counters.model.pending_terms);
    sums.solves += sign * static_cast<double>(counters.model.flushes);
}

std::vector<Simulation<2>*> pointers(const std::vector<std::unique_ptr<Simulation<2>>>& cells)
{
    std::vector<Simulation<2>*> all;
    for (const auto& cell : cells) all.push_back(cell.get());
    return all;
}

void measure(const Communicator& comm, const Log& log, RunOptions options, int size, const Plan& plan)
{
    constexpr double enough = 20000.0;
    options.lattice.size = {size, size};
    options.loading.stop_plastic_strain = 0.0;
    options.loading.max_strain = plan.to;
    const std::string folder = options.output.folder;
    Sums sums;
    const Log silent(nullptr);
    do {
        std::vector<std::unique_ptr<Simulation<2>>> cells;
        for (int cell = 0; cell < plan.cells; ++cell, ++options.kmc.seed) {
            options.output.folder = folder + fmt::format("/{}_{}", size, options.kmc.seed);
            cells.push_back(std::make_unique<Simulation<2>>(comm, silent, options));
            cells.back()->prepare();
            while (cells.back()->load() < plan.from && cells.back()->advance()) {
            }
        }
        for (auto& cell : cells) add(sums, *cell, -1.0, comm);
        const double start = MPI_Wtime();
        for (std::vector<Simulation<2>*> running = pointers(cells); !running.empty();)
            std::erase_if(running, [](Simulation<2>* cell) { return !cell->advance(); });
        sums.seconds += MPI_Wtime() - start;
        for (auto& cell : cells) add(sums, *cell, 1.0, comm);
        if (sums.events == 0.0) break;
    } while (sums.events < enough);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    log.line(fmt::format("{:>6} {:>9.0f} {:>9.1f} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.2f} {:>7.0f} {:>8.2f} {:>10.1f}", size, sums.events,
                         1e6 * sums.seconds / sums.events, sums.refreshed / sums.events, sums.near / sums.events, sums.terms / sums.events,
                         sums.candidates / sums.events, sums.solves, 100.0 * sums.waiting / sums.seconds,
                         1024.0 * static_cast<double>(usage.ru_maxrss) / plan.cells / size / size));
}

}  // namespace

int main(int argc, char** argv)
{
    const MpiSession session(argc, argv);
    const Plan plan = read_plan(std::vector<std::string>(argv + 1, argv + argc));
    const test::Program program(session, plan.deck_words);
    const auto& comm = program.comm();
    const auto& log = program.log();
    if (plan.cells < 1 || plan.from >= plan.to || plan.sizes.empty()) {
        log.line("benchmark_sizes DECK [--key=value ...] -- SIZE [SIZE ...] [-from STRAIN] [-to STRAIN] [-cells CELLS], with -from below -to");
        return 2;
    }
    log.line(fmt::format("{} ranks, strain {} to {}; per event where not said otherwise; memory is the largest so far of rank 0", comm.size(),
                         plan.from, plan.to));
    log.line(fmt::format("{:>6} {:>9} {:>9} {:>10} {:>10} {:>10} {:>10} {:>7} {:>8} {:>10}", "size", "events", "us", "refreshed", "near", "sum terms",
                         "candidates", "solves", "waiting%", "B/voxel"));
    for (const int size : plan.sizes) measure(comm, log, program.options(), size, plan);
    return 0;
}
