#include <shearwater/core/lanes.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "support.hpp"

using namespace shearwater;

namespace {

std::int64_t bits(double value)
{
    std::int64_t integer = 0;
    std::memcpy(&integer, &value, sizeof integer);
    return integer;
}

/// Error of a value of e^x in units of the value's last place.
double error_in_ulps(double value, double x)
{
    const double ulp = std::nextafter(value, std::numeric_limits<double>::infinity()) - value;
    return static_cast<double>(std::abs(static_cast<long double>(value) - std::exp(static_cast<long double>(x))) / ulp);
}

}  // namespace

TEST_CASE("exp of lanes is within 1 unit in the last place of e^x and of std::exp", "[lanes]")
{
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> wide(-700.0, 700.0);
    std::uniform_real_distribution<double> narrow(-1.0, 1.0);
    double largest_error = 0.0;
    double largest_difference = 0.0;
    for (int i = 0; i < 200000; ++i) {
        Lanes x;
        for (int lane = 0; lane < lane_count; ++lane) x[lane] = i % 2 == 0 ? wide(random) : narrow(random);
        const Lanes y = exp(x);
        for (int lane = 0; lane < lane_count; ++lane) {
            largest_error = std::max(largest_error, error_in_ulps(y[lane], x[lane]));
            largest_difference = std::max(largest_difference, static_cast<double>(std::abs(bits(y[lane]) - bits(std::exp(x[lane])))));
        }
    }
    CAPTURE(largest_error, largest_difference);
    CHECK(largest_difference <= 1.0);
    CHECK(largest_error <= 1.0);  // against e^x itself, to the bits of long double
}

TEST_CASE("every lane of exp gives the bits of exponential_function, whatever the others hold", "[lanes]")
{
    std::mt19937_64 random(8);
    std::uniform_real_distribution<double> draw(-800.0, 800.0);
    std::int64_t different = 0;
    for (int i = 0; i < 50000; ++i) {
        Lanes x;
        for (int lane = 0; lane < lane_count; ++lane) x[lane] = draw(random);
        const Lanes y = exp(x);
        for (int lane = 0; lane < lane_count; ++lane) different += bits(y[lane]) != bits(exponential_function(x[lane])) ? 1 : 0;
    }
    CHECK(different == 0);
}

TEST_CASE("exp of lanes ends at the limits of a double", "[lanes]")
{
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK(exponential_function(0.0) == 1.0);
    CHECK(exponential_function(-0.0) == 1.0);
    CHECK(error_in_ulps(exponential_function(-708.0), -708.0) <= 1.0);
    CHECK(error_in_ulps(exponential_function(709.0), 709.0) <= 1.0);
    for (const double x : {-708.5, -1e4, -1e300, -infinity}) CHECK(exponential_function(x) == exponential_function(-708.0));
    for (const double x : {709.5, 1e4, 1e300, infinity}) CHECK(exponential_function(x) == exponential_function(709.0));
}

TEST_CASE("lanes load, store and compare element by element", "[lanes]")
{
    const std::int16_t codes[] = {-32768, -4096, -1, 0, 1, 2, 4096, 32767};
    const Lanes loaded = load(codes);
    double stored[lane_count];
    store(stored, loaded);
    const Lanes low = minimum(loaded, broadcast(0.5));
    const Lanes high = maximum(loaded, broadcast(0.5));
    const Lanes again = load(stored);
    for (int lane = 0; lane < lane_count; ++lane) {
        CHECK(stored[lane] == codes[lane]);
        CHECK(again[lane] == codes[lane]);
        CHECK(low[lane] == std::min<double>(codes[lane], 0.5));
        CHECK(high[lane] == std::max<double>(codes[lane], 0.5));
    }
}
