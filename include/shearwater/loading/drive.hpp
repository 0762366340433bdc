#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/loading/options.hpp>

namespace shearwater {

/// A time and the load parameter at that time.
struct DrivePoint {
    PreciseTime time;   ///< [s]
    double load = 0.0;  ///< load parameter [- or s]
};

/// Tolerance within which two load parameters are considered equal, relative to the larger [-].
inline constexpr double load_rounding = 1e-12;

/// The load parameter as a function of time, divided into intervals over which rates may be bounded at once. A drive is all that an engine knows of
/// the loading. Loading defines what the load parameter means for the mean strain and stress of the cell.
class Drive {
  public:
    Drive() = default;
    virtual ~Drive() = default;
    Drive(const Drive&) = delete;
    Drive& operator=(const Drive&) = delete;
    Drive(Drive&&) = delete;
    Drive& operator=(Drive&&) = delete;

    /// Load parameter at a time [- or s].
    [[nodiscard]] virtual double load(const PreciseTime& time) const noexcept = 0;
    /// Time at which the load parameter takes a value [s].
    [[nodiscard]] virtual PreciseTime time(double load) const noexcept = 0;
    /// Time between two values of the load parameter [s].
    [[nodiscard]] virtual double seconds_between(double from, double to) const noexcept = 0;
    /// Load parameter after a time span [- or s]. @param load  load parameter at its beginning  @param seconds  time span [s]
    [[nodiscard]] virtual double load_after(double load, double seconds) const noexcept = 0;

    /// Time and load parameter at which the drive ends.
    [[nodiscard]] virtual DrivePoint end() const noexcept = 0;
    /// End of an interval, or of the drive if that is earlier. Clocks that step hold the load at its value at the end of the interval throughout it.
    /// @param interval  number of the interval, from 0
    [[nodiscard]] virtual DrivePoint interval_end(std::int64_t interval) const noexcept = 0;
    /// Duration of an interval that the end of the drive does not shorten [s].
    [[nodiscard]] virtual double interval_seconds(std::int64_t interval) const noexcept = 0;
    /// Upper limit of the time from `now` over which blocks of the sublattice engine may advance independently [s]. Other limits may be lower.
    [[nodiscard]] virtual double longest_seconds(const PreciseTime& now) const noexcept = 0;

    /// Name of the key in section [loading] that sets the end of the drive.
    [[nodiscard]] virtual std::string end_key() const = 0;
};

/// A strain that increases at a constant rate. The load parameter is the applied strain.
class Ramp final : public Drive {
  public:
    /// @param rate      strain rate [1/s]
    /// @param interval  strain of an interval [-]
    /// @param end       strain at which the drive ends [-]
    Ramp(double rate, double interval, double end) noexcept : rate_(rate), interval_(interval), end_(end) {}

    [[nodiscard]] double load(const PreciseTime& time) const noexcept override { return rate_ * time.seconds(); }
    [[nodiscard]] PreciseTime time(double load) const noexcept override { return PreciseTime(load / rate_); }
    [[nodiscard]] double seconds_between(double from, double to) const noexcept override { return (to - from) / rate_; }
    [[nodiscard]] double load_after(double load, double seconds) const noexcept override { return load + rate_ * seconds; }
    [[nodiscard]] DrivePoint end() const noexcept override { return {time(end_), end_}; }
    [[nodiscard]] DrivePoint interval_end(std::int64_t interval) const noexcept override;
    [[nodiscard]] double interval_seconds(std::int64_t /*interval*/) const noexcept override { return interval_ / rate_; }
    [[nodiscard]] double longest_seconds(const PreciseTime& /*now*/) const noexcept override { return interval_ / rate_; }
    [[nodiscard]] std::string end_key() const override { return "max_strain"; }

  private:
    double rate_;
    double interval_;
    double end_;
};

/// A constant load. The load parameter is the time.
///
/// Between events the stress is constant and softening decays, so that rates do not increase: one interval suffices. The activity of a relaxing glass
/// decays on a logarithmic scale of time; therefore blocks advance independently for no longer than the time that has passed.
class Hold final : public Drive {
  public:
    /// @param end  time at which the drive ends [s]
    explicit Hold(double end) noexcept : end_(end) {}

    [[nodiscard]] double load(const PreciseTime& time) const noexcept override { return time.seconds(); }
    [[nodiscard]] PreciseTime time(double load) const noexcept override { return PreciseTime(load); }
    [[nodiscard]] double seconds_between(double from, double to) const noexcept override { return to - from; }
    [[nodiscard]] double load_after(double load, double seconds) const noexcept override { return load + seconds; }
    [[nodiscard]] DrivePoint end() const noexcept override { return {time(end_), end_}; }
    [[nodiscard]] DrivePoint interval_end(std::int64_t /*interval*/) const noexcept override { return end(); }
    [[nodiscard]] double interval_seconds(std::int64_t /*interval*/) const noexcept override { return end_; }
    [[nodiscard]] double longest_seconds(const PreciseTime& now) const noexcept override;
    [[nodiscard]] std::string end_key() const override { return "max_time"; }

  private:
    double end_;
};

/// Creates the drive of a protocol.
/// @param interval  strain of an interval of a ramp [-]: the increment of a clock that steps, or the strain over which the engine bounds rates
[[nodiscard]] std::unique_ptr<Drive> make_drive(const LoadingOptions& options, double interval);

}  // namespace shearwater
