#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/loading/options.hpp>

namespace shearwater {

/// A point on the way of a drive.
struct DrivePoint {
    PreciseTime time;   ///< [s]
    double load = 0.0;  ///< load parameter
};

/// Loads whose difference is a rounding error count as one.
inline constexpr double load_rounding = 1e-12;

/// The course of the load parameter in time, cut into intervals over which rates may be bounded at once: all that an engine knows of the loading.
/// What the load parameter means for the mean strain and stress of the cell is left to Loading.
class Drive {
  public:
    Drive() = default;
    virtual ~Drive() = default;
    Drive(const Drive&) = delete;
    Drive& operator=(const Drive&) = delete;
    Drive(Drive&&) = delete;
    Drive& operator=(Drive&&) = delete;

    /// Load parameter at a time.
    [[nodiscard]] virtual double load(const PreciseTime& time) const noexcept = 0;
    /// Time at which the load parameter has a value.
    [[nodiscard]] virtual PreciseTime time(double load) const noexcept = 0;
    /// Time that passes between two load parameters [s].
    [[nodiscard]] virtual double seconds_between(double from, double to) const noexcept = 0;
    /// Load parameter so many seconds after it had a value.
    [[nodiscard]] virtual double load_after(double load, double seconds) const noexcept = 0;

    /// Where the drive ends.
    [[nodiscard]] virtual DrivePoint end() const noexcept = 0;
    /// The end of an interval, counted from 0, or of the drive if that comes first. Clocks that step hold the load of an interval's end all through it.
    [[nodiscard]] virtual DrivePoint interval_end(std::int64_t interval) const noexcept = 0;
    /// Length of an interval that is not cut short [s].
    [[nodiscard]] virtual double interval_seconds(std::int64_t interval) const noexcept = 0;
    /// Longest time from `now` for which parts of the cell may run on their own, before any other limit [s].
    [[nodiscard]] virtual double longest_seconds(const PreciseTime& now) const noexcept = 0;

    /// The deck's key that says where the drive ends, without its section.
    [[nodiscard]] virtual std::string end_key() const = 0;
};

/// A strain that rises at a constant rate; the load parameter is the applied strain.
class Ramp final : public Drive {
  public:
    /// @param rate  [1/s]  @param interval  strain of an interval  @param end  largest strain
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

/// A load that is held; the load parameter is the time. As long as no voxel transforms, the stress stays as it is and softening decays, so that rates only
/// fall: one interval is enough. Activity falls with the logarithm of time: parts of the cell run on their own for no longer than has passed already.
class Hold final : public Drive {
  public:
    /// @param end  time at which it ends [s]
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

/// The drive of a protocol. @param interval  strain of an interval of a ramp: a step of its clock, or what the engine can bound rates over
[[nodiscard]] std::unique_ptr<Drive> make_drive(const LoadingOptions& options, double interval);

}  // namespace shearwater
