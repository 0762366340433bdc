/// Audits the bounds of the exact engine while a run goes on.
///
///   mpirun -n 1 soak_bounds DECK --every=EVENTS [--key=value ...]
///
/// Whenever EVENTS events have passed (with 1, in every look of the engine), as soon as all bounds hold, the stress is solved for from the
/// whole eigenstrain field, and every voxel's true rates and barriers are held against the bounds of its tile. Each candidate is held
/// against its bound as well, and where a barrier has vanished the engine must carry out an athermal event next, and only there.
/// Prints one line and ends with status 1 if anything was wrong. Writes to a folder of its own, which is removed.

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/engine/exact/deferred_glass.hpp>
#include <shearwater/engine/exact/exact.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

#include "program.hpp"

using namespace shearwater;

namespace {

/// Holds bounds against the truth in the looks of a simulation's engine, and sums up what it found.
template <int Dim>
class Auditor {
  public:
    /// Keeps references to all of them.
    Auditor(const Communicator& comm, const Log& log, Simulation<Dim>& simulation, std::int64_t every)
        : comm_(comm), log_(log), simulation_(simulation), glass_(dynamic_cast<DeferredGlass<Dim>&>(simulation.model())), every_(every)
    {
        glass_.audit_candidates();
        dynamic_cast<ExactEngine<DeferredGlass<Dim>>&>(simulation.engine()).watch_bounds([this] { look(); });
    }

    [[nodiscard]] bool is_clean() const noexcept { return violations_ == 0; }

    void report(double seconds) const
    {
        const auto& last = simulation_.last();
        const auto counters = simulation_.engine().counters();
        log_.line(
            fmt::format("soak: {} events ({} athermal), {} candidates on rank 0, {} flushes, strain {:.4f}, plastic strain {:.4f}, {} audits of {} "
                        "voxels in all, {} critical tiles seen, largest ratio of true rate to bound {:.9f} (mean of the largest {:.4f}), lowest "
                        "barrier in tiles that are not critical {:.6f} eV, {} violations, {:.0f} s",
                        last.counts.events, last.counts.athermal_events, counters.candidates, counters.model.flushes, last.strain,
                        last.plastic_strain, audits_, voxels_, critical_tiles_, largest_ratio_,
                        sum_of_ratios_ / static_cast<double>(std::max<std::int64_t>(audits_, 1)), lowest_guarded_, violations_, seconds));
    }

  private:
    void look()
    {
        check_expectation();
        const auto events = simulation_.last().counts.events;
        if (audits_ > 0 && every_ > 1 && events - last_audit_ < every_) return;
        last_audit_ = events;
        take(glass_.audit(simulation_.cell().stress(glass_.eigenstrain())));
    }

    /// Adds what one audit found. Collective.
    void take(const BoundAudit& mine)
    {
        ++audits_;
        voxels_ += sum(comm_, mine.voxels);
        critical_tiles_ += sum(comm_, mine.critical_tiles);
        const bool is_wrong = any(comm_, !(mine.largest_ratio <= 1.0) || !(mine.lowest_guarded > 0.0));
        const double ratio = maximum(comm_, mine.largest_ratio);
        const double guarded = -maximum(comm_, -mine.lowest_guarded);
        lowest_now_ = -maximum(comm_, -mine.lowest_now);
        athermal_before_ = simulation_.last().counts.athermal_events;
        largest_ratio_ = std::max(largest_ratio_, ratio);
        sum_of_ratios_ += ratio;
        lowest_guarded_ = std::min(lowest_guarded_, guarded);
        if (is_wrong)
            violate(fmt::format("largest ratio {:.9f} (voxel {} of rank 0 has {:.9f}), lowest barrier in tiles that are not critical {:.9f} eV",
                                ratio, mine.worst_voxel, mine.largest_ratio, guarded));
    }

    /// If a barrier had vanished in the last look, the event since must be athermal; if none had, it must not.
    void check_expectation()
    {
        // Two ways to sum the same stress differ by their rounding.
        constexpr double rounding = 1e-10;
        if (!lowest_now_) return;
        const bool was_athermal = simulation_.last().counts.athermal_events > athermal_before_;
        if (std::abs(*lowest_now_) > rounding && was_athermal != (*lowest_now_ < 0.0))
            violate(fmt::format("lowest barrier {:.12f} eV, but {} athermal event", *lowest_now_, was_athermal ? "an" : "no"));
        lowest_now_.reset();
    }

    void violate(const std::string& text)
    {
        constexpr int shown = 10;
        if (++violations_ <= shown) log_.line(fmt::format("VIOLATION after {} events: {}", simulation_.last().counts.events, text));
    }

    const Communicator& comm_;
    const Log& log_;
    Simulation<Dim>& simulation_;
    DeferredGlass<Dim>& glass_;
    std::int64_t every_;
    std::int64_t last_audit_ = 0;  ///< events then
    std::int64_t audits_ = 0;
    std::int64_t voxels_ = 0;
    std::int64_t critical_tiles_ = 0;
    std::int64_t violations_ = 0;
    std::int64_t athermal_before_ = 0;
    std::optional<double> lowest_now_;  ///< in the last look, if it was audited [eV]
    double largest_ratio_ = 0.0;
    double sum_of_ratios_ = 0.0;
    double lowest_guarded_ = HUGE_VAL;  ///< [eV]
};

template <int Dim>
bool soak(const Communicator& comm, const Log& log, const RunOptions& options, std::int64_t every)
{
    const Log silent(nullptr);
    Simulation<Dim> simulation(comm, silent, options);
    simulation.prepare();
    Auditor<Dim> auditor(comm, log, simulation, every);
    const double start = MPI_Wtime();
    simulation.run();
    auditor.report(MPI_Wtime() - start);
    return auditor.is_clean();
}

bool carry_out(const MpiSession& session, std::vector<std::string> words)
{
    const std::int64_t every = test::take_count(words, "every", 1);
    const test::Program program(session, words);
    auto options = program.options();
    options.output.folder += "/out";
    return options.lattice.size.size() == 2 ? soak<2>(program.comm(), program.log(), options, every)
                                            : soak<3>(program.comm(), program.log(), options, every);
}

}  // namespace

int main(int argc, char** argv)
{
    const MpiSession session(argc, argv);
    try {
        return carry_out(session, std::vector<std::string>(argv + 1, argv + argc)) ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "soak: error: {}\n", error.what());
        if (session.world().size() > 1) MpiSession::abort(1);
        return 1;
    }
}
