#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <shearwater/core/lanes.hpp>
#include <shearwater/engine/sublattice/burst_forecast.hpp>
#include <shearwater/engine/sublattice/cycle.hpp>
#include <shearwater/kmc/options.hpp>

namespace shearwater {

/// What a cycle of the sublattice engine is to be.
struct Sweeps {
    double window = 0.0;  ///< interval of one [s]
    int number = 1;
    double bursts = 0.0;  ///< expected in one
    double least = 0.0;   ///< what events miss of others that came by less than this before them is not worth shorter intervals [s]

    void visit(Archive& archive)
    {
        archive("window", window);
        archive("number", number);
        archive("bursts", bursts);
        archive("least", least);
    }
};

/// How long the sweeps of the next cycle of the sublattice engine are, and how many: as long as the drive allows, but with no more bursts than asked
/// for, and no larger error.
///
/// What members of one avalanche miss of each other does not become less in shorter intervals, which must not come to a standstill for it. So only
/// that counts which they miss of events a while before.
class WindowChoice {
  public:
    /// @param longest  interval at first [s]  @param blocks  of the whole lattice
    WindowChoice(const KmcOptions& options, double longest, std::int64_t blocks)
        : longest_(longest),
          bursts_(options.events_per_window * static_cast<double>(blocks)),
          tolerance_(options.drift_tolerance),
          most_sweeps_(options.sweeps_per_cycle)
    {
    }

    /// Takes note of a cycle.
    void remember(const Cycle& cycle, const Sweeps& sweeps) noexcept
    {
        // Squares of missed exponents grow with what happens in an interval. They have long tails: of the last thousand events or so.
        constexpr double memory = 1000.0;
        const double fading = exponential_function(-static_cast<double>(cycle.missed.measured) / memory);
        const auto& missed = cycle.missed;
        sweep_.fade_and_add(fading, missed.curable_squares, missed.events * sweeps.bursts);
        cycle_.fade_and_add(fading, missed.far_curable_squares, missed.events * sweeps.bursts * static_cast<double>(cycle.sweeps));
        // Of the longest interval or so: avalanches come in cycles of hardly any length.
        events_ = events_ * exponential_function(-cycle.seconds / longest_) + static_cast<double>(cycle.events);
    }

    /// @param forecast  of the bursts of voxels that are at rest, for times up to `longest`
    [[nodiscard]] Sweeps next(const BurstForecast& forecast) const noexcept
    {
        const double allowed = forecast.time_for(bursts_);
        constexpr double least_share = 1e-2;
        const double least = least_share * allowed;
        // Where hardly anything is about to happen, as if one burst were in the longest interval.
        const double most = sweep_.bursts_for(tolerance_);
        const double window = std::clamp(std::min(forecast.time_for(most), most * longest_), least, allowed);
        const double bursts = std::max(forecast.within(window), window / longest_);
        // What is far away is the smaller part of the error, and stays so.
        const double number = cycle_.bursts_for(0.5 * tolerance_) / bursts;
        return {window, static_cast<int>(std::clamp(number, 1.0, static_cast<double>(most_sweeps_))), bursts, least};
    }

    /// Sets the longest interval of a sweep from now on [s].
    void set_longest(double seconds) noexcept { longest_ = seconds; }
    /// The longest interval of a sweep [s].
    [[nodiscard]] double longest() const noexcept { return longest_; }

    /// Events in about the longest interval.
    [[nodiscard]] std::int64_t recent_events() const noexcept { return static_cast<std::int64_t>(events_); }

    /// Lists the state.
    void visit(Archive& archive)
    {
        archive("longest", longest_);
        archive("sweep", sweep_);
        archive("cycle", cycle_);
        archive("events", events_);
    }

  private:
    /// Squares of missed exponents, and how much happened meanwhile.
    struct Growth {
        double squares = 0.0;
        double bursts = 0.0;  ///< sum over events of those expected in the interval

        void visit(Archive& archive)
        {
            archive("squares", squares);
            archive("bursts", bursts);
        }
        void fade_and_add(double fading, double more_squares, double more_bursts) noexcept
        {
            squares = squares * fading + more_squares;
            bursts = bursts * fading + more_bursts;
        }
        /// With so many bursts in an interval the root mean square comes to so much.
        [[nodiscard]] double bursts_for(double root_mean_square) const noexcept
        {
            return squares > 0.0 ? root_mean_square * root_mean_square * bursts / squares : HUGE_VAL;
        }
    };

    double longest_;    ///< [s]
    double bursts_;     ///< of all blocks in a sweep, at most
    double tolerance_;  ///< root mean square of missed exponents
    int most_sweeps_;
    Growth sweep_;  ///< of all that is missed, with the intervals of sweeps
    Growth cycle_;  ///< of what is missed far away, with those of cycles
    double events_ = 0.0;
};

}  // namespace shearwater
