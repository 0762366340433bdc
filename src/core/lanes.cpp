#include <shearwater/core/lanes.hpp>

#include <sleef.h>

namespace shearwater {

double exponential_function(double x) noexcept
{
    return exp(broadcast(x))[0];
}

double logarithm(double x) noexcept
{
    return Sleef_cinz_logd1_u10purec(x);
}

}  // namespace shearwater
