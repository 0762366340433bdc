#include <shearwater/core/rounded_up.hpp>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support.hpp"

using namespace shearwater;

namespace {

double stored(double value)
{
    std::uint32_t bits[lane_count];
    const Lanes returned = store_rounded_up(bits, broadcast(value));
    const Lanes loaded = load_rounded_up(bits);
    for (int lane = 0; lane < lane_count; ++lane) {
        const double one = from_rounded_up(bits[lane]);
        const bool same = std::isnan(one) ? std::isnan(returned[lane]) && std::isnan(loaded[lane]) : returned[lane] == one && loaded[lane] == one;
        REQUIRE(same);
    }
    return from_rounded_up(bits[0]);
}

}  // namespace

TEST_CASE("a number in four bytes is never smaller than it was, and at most 2^-20 larger", "[rounded_up]")
{
    std::mt19937_64 random(7);
    std::uniform_real_distribution<double> exponent(-300.0, 300.0);
    double largest = 0.0;
    for (int i = 0; i < 100000; ++i) {
        const double value = std::pow(10.0, exponent(random));
        const double kept = stored(value);
        REQUIRE(kept >= value);
        largest = std::max(largest, kept / value - 1.0);
    }
    CHECK(largest <= std::ldexp(1.0, -20) * (1.0 + 1e-12));
    CHECK(largest > std::ldexp(0.99, -20));
}

TEST_CASE("numbers with 20 binary digits stay as they are in four bytes", "[rounded_up]")
{
    for (const double value : {0.0, 1.0, 1.5, 1e13 * 0.0, std::ldexp(1.0, -1022), std::ldexp(1048577.0, 40)}) CHECK(stored(value) == value);
}

TEST_CASE("what is not finite is still seen in four bytes", "[rounded_up]")
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(stored(infinity) == infinity);
    CHECK(stored(std::numeric_limits<double>::max()) == infinity);
    for (const double nan : {std::nan(""), -std::nan(""), infinity - infinity, std::nan("0xfffffffffffff")}) CHECK(std::isnan(stored(nan)));
}
