#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <shearwater/core/lanes.hpp>
#include <shearwater/engine/sublattice/burst_forecast.hpp>
#include <shearwater/engine/sublattice/cycle.hpp>
#include <shearwater/kmc/options.hpp>

namespace shearwater {

/// The sweeps of one cycle of the sublattice engine.
struct Sweeps {
    double window = 0.0;  ///< interval of one sweep [s]
    int number = 1;
    double bursts = 0.0;  ///< expected number of bursts in one sweep
    double least = 0.0;   ///< smallest lag for which a missed exponent counts: shorter intervals would hardly reduce what is missed within it [s]

    void visit(Archive& archive)
    {
        archive("window", window);
        archive("number", number);
        archive("bursts", bursts);
        archive("least", least);
    }
};

/// Chooses the length and the number of the sweeps of the next cycle of the sublattice engine. Sweeps are as long as the drive allows, unless the
/// number of bursts or the error would exceed its limit.
///
/// Shorter intervals do not reduce the missed exponents between members of one avalanche, and intervals must not shrink to nothing because of them.
/// Therefore only the part counts that an event misses of events a certain time before it.
class WindowChoice {
  public:
    /// @param longest  longest interval of the first sweeps [s]  @param blocks  number of blocks of the whole lattice
    WindowChoice(const KmcOptions& options, double longest, std::int64_t blocks)
        : longest_(longest),
          bursts_(options.events_per_window * static_cast<double>(blocks)),
          tolerance_(options.drift_tolerance),
          most_sweeps_(options.sweeps_per_cycle)
    {
    }

    /// Records a cycle and the sweeps of which it consisted.
    void remember(const Cycle& cycle, const Sweeps& sweeps) noexcept
    {
        // Squares of missed exponents grow with the number of bursts in an interval. Their distribution has long tails, so that they are averaged
        // over about the last thousand events.
        constexpr double memory = 1000.0;
        const double fading = exponential_function(-static_cast<double>(cycle.missed.measured) / memory);
        const auto& missed = cycle.missed;
        sweep_.fade_and_add(fading, missed.curable_squares, missed.events * sweeps.bursts);
        cycle_.fade_and_add(fading, missed.far_curable_squares, missed.events * sweeps.bursts * static_cast<double>(cycle.sweeps));
        // The sum covers about the longest interval, because the cycles of avalanches take hardly any time.
        events_ = events_ * exponential_function(-cycle.seconds / longest_) + static_cast<double>(cycle.events);
    }

    /// @param forecast  forecast of the bursts of voxels at rest, for times up to `longest`
    [[nodiscard]] Sweeps next(const BurstForecast& forecast) const noexcept
    {
        const double allowed = forecast.time_for(bursts_);
        constexpr double least_share = 1e-2;
        const double least = least_share * allowed;
        // Where hardly any burst is expected, the forecast is taken to be one burst in the longest interval.
        const double most = sweep_.bursts_for(tolerance_);
        const double window = std::clamp(std::min(forecast.time_for(most), most * longest_), least, allowed);
        const double bursts = std::max(forecast.within(window), window / longest_);
        // The far field contributes the smaller part of the error; the number of sweeps is chosen such that it remains the smaller part.
        const double number = cycle_.bursts_for(0.5 * tolerance_) / bursts;
        return {window, static_cast<int>(std::clamp(number, 1.0, static_cast<double>(most_sweeps_))), bursts, least};
    }

    /// Sets the longest interval of all later sweeps [s].
    void set_longest(double seconds) noexcept { longest_ = seconds; }
    /// The longest interval of a sweep [s].
    [[nodiscard]] double longest() const noexcept { return longest_; }

    /// Number of events in about the last longest interval.
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
    /// Squares of missed exponents, and the number of bursts expected in the same intervals.
    struct Growth {
        double squares = 0.0;
        double bursts = 0.0;  ///< expected bursts in the interval of each event, summed over events

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
        /// The number of bursts in an interval at which the root mean square of missed exponents reaches a given value.
        [[nodiscard]] double bursts_for(double root_mean_square) const noexcept
        {
            return squares > 0.0 ? root_mean_square * root_mean_square * bursts / squares : HUGE_VAL;
        }
    };

    double longest_;    ///< longest interval of a sweep [s]
    double bursts_;     ///< largest number of bursts of all blocks in a sweep
    double tolerance_;  ///< largest root mean square of missed exponents
    int most_sweeps_;
    Growth sweep_;  ///< growth of the whole missed exponent with the interval of sweeps
    Growth cycle_;  ///< growth of the far part of the missed exponent with the interval of cycles
    double events_ = 0.0;
};

}  // namespace shearwater
