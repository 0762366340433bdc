#include <shearwater/sim/progress.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <mpi.h>

namespace shearwater {

namespace {

constexpr double seconds_between_lines = 5.0;

std::string duration(double seconds)
{
    const auto s = static_cast<long>(seconds + 0.5);
    return fmt::format("{}:{:02d}:{:02d}", s / 3600, s / 60 % 60, s % 60);
}

}  // namespace

double Progress::elapsed() const
{
    return start_ < 0.0 ? 0.0 : MPI_Wtime() - start_;
}

void Progress::report(const RunPoint& point, bool now)
{
    if (start_ < 0.0) start_ = MPI_Wtime();
    // The clock is read every 16 calls only, because a step of a small lattice takes microseconds.
    if (!now && ++calls_ % 16 != 0) return;
    const double seconds = elapsed();
    if (!now && seconds - last_ < seconds_between_lines) return;
    last_ = seconds;
    const double by_load = end_ > 0.0 ? point.load / end_ : 0.0;
    const double by_plastic = stop_plastic_strain_ > 0.0 ? point.plastic_strain / stop_plastic_strain_ : 0.0;
    const double done = std::clamp(std::max(by_load, by_plastic), 0.0, 1.0);
    // Under a held load most events happen early, so that the remaining time cannot be estimated.
    const std::string remaining = done > 0.01 && !is_timed_ ? duration(seconds * (1.0 - done) / done) : "?";
    log_.line(fmt::format("{}strain {:.5f}  stress {:7.4f} GPa  plastic {:.5f}  events {}  {:.0f} events/s  elapsed {}  remaining {}",
                          is_timed_ ? fmt::format("time {:.4g} s  ", point.time.seconds()) : "", point.strain, point.stress, point.plastic_strain,
                          point.counts.events, seconds > 0.0 ? static_cast<double>(point.counts.events) / seconds : 0.0, duration(seconds),
                          remaining));
}

}  // namespace shearwater
