#include <shearwater/loading/drive.hpp>

#include <algorithm>

#include <shearwater/loading/protocol.hpp>

namespace shearwater {

DrivePoint Ramp::interval_end(std::int64_t interval) const noexcept
{
    const auto count = static_cast<double>(interval + 1);
    const double load = interval_ * count;
    if (load >= end_ * (1.0 - load_rounding)) return end();
    return {multiply(interval_ / rate_, count), load};
}

double Hold::longest_seconds(const PreciseTime& now) const noexcept
{
    constexpr double first = 1e-12;  // of the order of the inverse attempt frequency [s]
    return std::min(end_, std::max(first, now.seconds()));
}

std::unique_ptr<Drive> make_drive(const LoadingOptions& options, double interval)
{
    if (options.protocol->parameter == LoadParameter::Time) return std::make_unique<Hold>(options.max_time);
    return std::make_unique<Ramp>(options.strain_rate, interval, options.max_strain);
}

}  // namespace shearwater
