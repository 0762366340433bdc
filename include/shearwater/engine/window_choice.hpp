#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <shearwater/engine/engine.hpp>
#include <shearwater/kmc/options.hpp>

namespace shearwater {

/// How long the next cycle of the sublattice engine is: as long as the ramp allows, but with no more bursts than asked for, and no larger error.
class WindowChoice {
  public:
    /// @param blocks  of the whole lattice
    WindowChoice(const KmcOptions& options, std::int64_t blocks)
        : longest_(options.horizon / options.strain_rate),
          bursts_(options.events_per_window * static_cast<double>(blocks)),
          tolerance_(options.drift_tolerance)
    {
    }

    /// Takes note of a cycle.
    void remember(const Cycle& cycle) noexcept
    {
        // Squares of missed exponents grow with the length of the interval. They have long tails: of the last thousand events or so.
        constexpr double memory = 1000.0;
        const double fading = std::exp(-static_cast<double>(cycle.missed.measured) / memory);
        squares_ = squares_ * fading + cycle.missed.squares;
        seconds_ = seconds_ * fading + cycle.missed.events * cycle.window;
        // Of the longest interval or so: avalanches come in cycles of hardly any length.
        events_ = events_ * std::exp(-cycle.window / longest_) + static_cast<double>(cycle.events);
    }

    /// @param rested_rate  sum of the rates of all voxels that are not in a burst [1/s]  @return [s]
    [[nodiscard]] double next(double rested_rate) const noexcept
    {
        const double by_error = squares_ > 0.0 ? tolerance_ * tolerance_ * seconds_ / squares_ : longest_;
        const double by_bursts = rested_rate > 0.0 ? bursts_ / rested_rate : longest_;
        // What members of one avalanche miss of each other does not become less in shorter intervals, which must not come to a standstill for it.
        constexpr double least_share = 1e-3;
        const double allowed = std::min(longest_, by_bursts);
        return std::clamp(by_error, least_share * allowed, allowed);
    }

    /// The longest interval [s].
    [[nodiscard]] double longest() const noexcept { return longest_; }

    /// Events in about the longest interval.
    [[nodiscard]] std::int64_t recent_events() const noexcept { return static_cast<std::int64_t>(events_); }

  private:
    double longest_;        ///< [s]
    double bursts_;         ///< of all blocks in an interval, at most
    double tolerance_;      ///< root mean square of missed exponents
    double squares_ = 0.0;  ///< sum of those of the last events
    double seconds_ = 0.0;  ///< sum of the intervals that they happened in
    double events_ = 0.0;
};

}  // namespace shearwater
