/// Events per second of the reference engine at 128², 256² and 512² when stresses are updated by the kernel, by one transform of the whole
/// field per event, and by a PETSc solve per event; and where the time goes.
///
///   mpirun -n 1 benchmark_reference [seconds per case] [-petsc options]
///
/// All cases run in one process, one after the other, so that their ratios can be trusted on a noisy machine. The kernel is also
/// measured with a fifth of the voxels, in runs of eight, transformed twice a second ago.

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include <shearwater/core/log.hpp>
#include <shearwater/engine/glass_model.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/parallel/session.hpp>
#include <shearwater/petsc/session.hpp>
#include <shearwater/sim/simulation.hpp>

using namespace shearwater;

namespace {

enum class Method { Kernel, Transform, Solve };

constexpr const char* name_of(Method method)
{
    return method == Method::Kernel ? "kernel" : method == Method::Transform ? "FFT per event" : "KSP per event";
}

/// Lets a fifth of the voxels transform twice, outside the engine's clock and without the stresses that such an uncorrelated field would
/// cause: what counts here is the cost of softened voxels.
void deform(GlassModel<2>& model)
{
    std::vector<Event> events;
    for (int repeat = 0; repeat < 2; ++repeat) {
        model.begin({});
        events.clear();
        for (std::int64_t voxel = 0; voxel < model.tiles().grid().count(); ++voxel) {
            if (voxel / 8 % 5 != 0) continue;
            Event event;
            event.voxel = voxel;
            event.mode = static_cast<int>(voxel % model.voxels().modes());
            event.time = PreciseTime(-1.0);
            events.push_back(event);
        }
        model.apply(events);
    }
    for (int a = 0; a < GlassModel<2>::n; ++a) std::fill(model.stress(a).begin(), model.stress(a).end(), 0.0);
}

struct Result {
    double events_per_second = 0.0;
    double rates = 0.0;  ///< shares of the time
    double stress = 0.0;
    double communication = 0.0;
    double passes = 0.0;      ///< over all voxels, per event
    double candidates = 0.0;  ///< per event
};

Result measure(const Communicator& comm, Method method, int size, bool deformed, double seconds, const std::filesystem::path& folder)
{
    RunOptions options;
    options.lattice.size = {size, size};
    options.kmc.engine = EngineKind::Reference;
    options.elasticity.update = method == Method::Solve ? Update::Solve : Update::Kernel;
    options.output.folder = (folder / fmt::format("{}_{}_{}", static_cast<int>(method), size, deformed)).string();
    options.loading.stop_plastic_strain = 0.0;
    const Log silent(nullptr);
    Simulation<2> simulation(comm, silent, options);
    simulation.prepare();
    auto& model = dynamic_cast<GlassModel<2>&>(simulation.model());
    if (method == Method::Transform) model.solve_from(1);
    if (deformed) deform(model);
    const auto before = simulation.engine().counters();
    const double solves_before = simulation.model().solve_seconds();
    const double start = MPI_Wtime();
    std::int64_t events = 0;
    double elapsed = 0.0;
    do {
        events += static_cast<std::int64_t>(simulation.engine().advance().events.size());
        elapsed = maximum(comm, MPI_Wtime() - start);
    } while (elapsed < seconds || events < 10);
    const auto after = simulation.engine().counters();
    return {static_cast<double>(events) / elapsed,
            (after.rate_seconds - before.rate_seconds) / elapsed,
            (simulation.model().solve_seconds() - solves_before) / elapsed,
            (after.communication_seconds - before.communication_seconds) / elapsed,
            static_cast<double>(after.model.refreshed_voxels - before.model.refreshed_voxels) / static_cast<double>(events * model.tiles().box().count()),
            static_cast<double>(after.candidates - before.candidates) / static_cast<double>(events)};
}

/// Time of adding one event's response to all stresses, alone [s]: with the kernel it hides in the pass over all voxels.
double response_seconds(const Communicator& comm, int size, const std::filesystem::path& folder)
{
    RunOptions options;
    options.lattice.size = {size, size};
    options.kmc.engine = EngineKind::Reference;
    options.elasticity.elements_per_voxel = 1;
    options.output.folder = (folder / fmt::format("response_{}", size)).string();
    const Log silent(nullptr);
    Simulation<2> simulation(comm, silent, options);
    simulation.prepare();
    auto& model = dynamic_cast<GlassModel<2>&>(simulation.model());
    Event event;
    event.voxel = 17;
    event.strain = {0.1, 0.05};
    constexpr int repeats = 50;
    const double start = MPI_Wtime();
    for (int i = 0; i < repeats; ++i) {
        model.apply(std::span<const Event>(&event, 1));
        model.flush();
    }
    return (MPI_Wtime() - start) / repeats;
}

}  // namespace

int main(int argc, char** argv)
{
    const MpiSession session(argc, argv);
    const auto comm = session.world();
    const double seconds = argc > 1 ? std::atof(argv[1]) : 3.0;
    const PetscSession petsc(comm, std::vector<std::string>(argv + std::min(argc, 2), argv + argc));
    std::string name = (std::filesystem::temp_directory_path() / "shearwater_benchmark_XXXXXX").string();
    if (comm.is_root()) name = ::mkdtemp(name.data());
    const std::filesystem::path folder = broadcast(comm, name);
    const Log log(comm.is_root() ? stdout : nullptr);
    log.line(
        fmt::format("{} ranks, wang2024 parameters, at least {} s per case\n"
                    "{:>6} {:>11} {:>14} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8} {:>11}",
                    comm.size(), seconds, "size", "state", "stress by", "events/s", "ratio", "rates", "stress", "comm", "passes", "candidates"));
    for (const int size : {128, 256, 512}) {
        for (const bool deformed : {false, true}) {
            double kernel = 0.0;
            for (const Method method : {Method::Kernel, Method::Transform, Method::Solve}) {
                // A solve would bring back the stresses that `deform` leaves out.
                if (deformed && method != Method::Kernel) continue;
                const auto result = measure(comm, method, size, deformed, seconds, folder);
                if (method == Method::Kernel) kernel = result.events_per_second;
                log.line(fmt::format("{:>6} {:>11} {:>14} {:>10.1f} {:>8.3f} {:>7.1f}% {:>7.1f}% {:>7.1f}% {:>8.2f} {:>11.2f}", size,
                                     deformed ? "deformed" : "undeformed", name_of(method), result.events_per_second,
                                     result.events_per_second / kernel, 100 * result.rates, 100 * result.stress, 100 * result.communication,
                                     result.passes, result.candidates));
            }
        }
        const double response = response_seconds(comm, size, folder);
        log.line(fmt::format("{:>6} one event's kernel response alone takes {:.3f} ms (part of 'rates' above)", size, 1e3 * response));
    }
    if (comm.is_root()) std::filesystem::remove_all(folder);
    return 0;
}
