#include <shearwater/core/lanes.hpp>

namespace shearwater {

double exponential_function(double x) noexcept
{
    return exp(broadcast(x))[0];
}

}  // namespace shearwater
