#pragma once

#include <string>

#include <shearwater/core/log.hpp>
#include <shearwater/observables/instant.hpp>

namespace shearwater {

/// Prints the progress of a run from time to time.
class Progress {
  public:
    /// Keeps a reference to `log`. @param stop_plastic_strain  plastic strain at which the run ends; 0 = never
    Progress(const Log& log, double stop_plastic_strain) : log_(log), stop_plastic_strain_(stop_plastic_strain) {}

    /// @param end       load parameter at which the run ends [- or s]
    /// @param is_timed  whether the load parameter is the time
    void set_end(double end, bool is_timed) noexcept
    {
        end_ = end;
        is_timed_ = is_timed;
    }

    /// Prints a line if the last one was printed some seconds ago, or if `now` is set. The first call starts the clock of `elapsed`.
    void report(const RunPoint& point, bool now = false);

    /// Wall time since the first report [s].
    [[nodiscard]] double elapsed() const;

  private:
    const Log& log_;
    double stop_plastic_strain_;
    double end_ = 0.0;
    bool is_timed_ = false;
    double start_ = -1.0;
    double last_ = 0.0;
    std::int64_t calls_ = 0;
};

}  // namespace shearwater
