#include <shearwater/core/precise_time.hpp>

#include <cmath>

namespace shearwater {

PreciseTime multiply(double factor, double count) noexcept
{
    const double high = factor * count;
    return {high, std::fma(factor, count, -high)};
}

}  // namespace shearwater
