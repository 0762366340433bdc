/// Events per second of the engines on one deck: `reference` with a PETSc solve per event, with one transform of the whole field per event and with the
/// kernel, and `exact` from the first event to the end of its run.
///
///   mpirun -n 1 benchmark_engines DECK [--key=value ...] [-petsc options]
///
/// The engines take turns of about a second in one process until the exact engine has finished its run, so that their ratios can be trusted on a noisy
/// machine. With kmc.max_events=N the run ends after N events.

#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <shearwater/engine/reference/reference_glass.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

#include "program.hpp"

using namespace shearwater;

namespace {

/// One engine at work, and its clock.
class Contestant {
  public:
    Contestant(const Communicator& comm, std::string name, RunOptions options, EngineKind engine, Update update, bool transform)
        : comm_(comm), name_(std::move(name))
    {
        options.kmc.engine = engine;
        options.elasticity.update = update;
        options.output.folder += "/" + name_;
        simulation_ = std::make_unique<Simulation<2>>(comm, silent_, options);
        simulation_->prepare();
        if (transform) dynamic_cast<ReferenceGlass<2>&>(simulation_->model()).solve_from(1);
    }

    /// Works for a while. Returns whether the run goes on. Collective.
    bool take_turn(double seconds)
    {
        const std::int64_t before = simulation_->events();
        const double start = MPI_Wtime();
        double elapsed = 0.0;
        bool goes_on = true;
        do {
            // The clock is read only now and then, and the ranks must agree on it.
            for (int i = 0; i < 64 && goes_on && (i == 0 || events_ > 1000); ++i) goes_on = simulation_->advance();
            elapsed = maximum(comm_, MPI_Wtime() - start);
        } while (goes_on && elapsed < seconds);
        events_ += simulation_->events() - before;
        seconds_ += elapsed;
        return goes_on;
    }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] std::int64_t events() const noexcept { return events_; }
    [[nodiscard]] double seconds() const noexcept { return seconds_; }
    [[nodiscard]] double events_per_second() const noexcept { return static_cast<double>(events_) / seconds_; }
    [[nodiscard]] EngineCounters counters() { return simulation_->engine().counters(); }
    [[nodiscard]] double solve_seconds() { return simulation_->model().solve_seconds(); }

  private:
    const Communicator& comm_;
    std::string name_;
    Log silent_{nullptr};
    std::unique_ptr<Simulation<2>> simulation_;
    std::int64_t events_ = 0;
    double seconds_ = 0.0;
};

void compare(const Communicator& comm, const Log& log, const RunOptions& options)
{
    std::vector<Contestant> engines;
    engines.reserve(4);
    engines.emplace_back(comm, "reference, PETSc solve per event", options, EngineKind::Reference, Update::Solve, false);
    engines.emplace_back(comm, "reference, transform per event", options, EngineKind::Reference, Update::Kernel, true);
    engines.emplace_back(comm, "reference, kernel", options, EngineKind::Reference, Update::Kernel, false);
    engines.emplace_back(comm, "exact", options, EngineKind::Exact, Update::Kernel, false);
    bool goes_on = true;
    while (goes_on)
        for (auto& engine : engines) goes_on = engine.take_turn(1.0);
    log.line(fmt::format("{:34} {:>9} {:>8} {:>10} {:>9} {:>10} {:>10} {:>10}", "engine", "events", "s", "events/s", "ratio", "rates", "solves",
                         "waiting"));
    for (auto& engine : engines) {
        const auto counters = engine.counters();
        log.line(fmt::format("{:34} {:9} {:8.1f} {:10.1f} {:9.1f} {:9.1f}% {:9.1f}% {:9.1f}%", engine.name(), engine.events(), engine.seconds(),
                             engine.events_per_second(), engine.events_per_second() / engines.front().events_per_second(),
                             100.0 * counters.rate_seconds / engine.seconds(), 100.0 * engine.solve_seconds() / engine.seconds(),
                             100.0 * counters.communication_seconds / engine.seconds()));
    }
}

}  // namespace

int main(int argc, char** argv)
{
    const MpiSession session(argc, argv);
    const test::Program program(session, std::vector<std::string>(argv + 1, argv + argc));
    compare(program.comm(), program.log(), program.options());
    return 0;
}
