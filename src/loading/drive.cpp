#include <shearwater/loading/drive.hpp>

#include <algorithm>
#include <cmath>

#include <shearwater/loading/protocol.hpp>

namespace shearwater {

DrivePoint Ramp::interval_end(std::int64_t interval) const noexcept
{
    const auto count = static_cast<double>(interval + 1);
    const double load = interval_ * count;
    if (load >= end_ * (1.0 - load_rounding)) return end();
    return {multiply(interval_ / rate_, count), load};
}

namespace {

constexpr std::int64_t intervals_of_hold = 48;

}  // namespace

DrivePoint Hold::interval_end(std::int64_t interval) const noexcept
{
    const auto left = std::max<std::int64_t>(0, intervals_of_hold - 1 - interval);
    const double load = std::ldexp(end_, -static_cast<int>(left));
    return {time(load), load};
}

double Hold::interval_seconds(std::int64_t interval) const noexcept
{
    const double end = interval_end(interval).load;
    return interval == 0 ? end : 0.5 * end;
}

std::unique_ptr<Drive> make_drive(const LoadingOptions& options, double interval)
{
    if (options.protocol->parameter == LoadParameter::Time) return std::make_unique<Hold>(options.max_time);
    return std::make_unique<Ramp>(options.strain_rate, interval, options.max_strain);
}

}  // namespace shearwater
