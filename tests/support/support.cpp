#include "support.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <boost/math/special_functions/gamma.hpp>

namespace shearwater::test {

std::filesystem::path data(const std::string& name)
{
    return std::filesystem::path(SHEARWATER_TEST_DATA) / name;
}

double kolmogorov_smirnov(std::vector<double> sample)
{
    std::sort(sample.begin(), sample.end());
    const auto n = static_cast<double>(sample.size());
    double distance = 0.0;
    for (std::size_t i = 0; i < sample.size(); ++i)
        distance = std::max({distance, (static_cast<double>(i) + 1.0) / n - sample[i], sample[i] - static_cast<double>(i) / n});
    const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
    if (lambda < 0.2) return 1.0;
    double p = 0.0;
    for (int k = 1; k <= 100; ++k) p += (k % 2 == 1 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * lambda * lambda);
    return std::clamp(p, 0.0, 1.0);
}

double chi_square_p(double statistic, double degrees_of_freedom)
{
    return boost::math::gamma_q(0.5 * degrees_of_freedom, 0.5 * statistic);
}

}  // namespace shearwater::test
