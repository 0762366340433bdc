#pragma once

#include <string>

#include <shearwater/core/log.hpp>
#include <shearwater/observables/instant.hpp>

namespace shearwater {

/// Tells the user now and then how far the run is.
class Progress {
  public:
    /// Keeps a reference to `log`. @param stop_plastic_strain  at which the run ends; 0 = never
    Progress(const Log& log, double stop_plastic_strain) : log_(log), stop_plastic_strain_(stop_plastic_strain) {}

    /// @param end  load parameter at which the run ends  @param is_timed  whether that is a time
    void set_end(double end, bool is_timed) noexcept
    {
        end_ = end;
        is_timed_ = is_timed;
    }

    /// Says where the run is if the last time was some seconds ago, or if `now` asks for it.
    void report(const RunPoint& point, bool now = false);

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
