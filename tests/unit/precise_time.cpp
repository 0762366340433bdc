#include <shearwater/core/precise_time.hpp>

#include <cmath>
#include <cstdint>
#include <random>

#include "support.hpp"

using namespace shearwater;

namespace {

__extension__ using Wide = __int128;

/// A time that is a whole number of 2^-80 s, as that number.
Wide in_units(const PreciseTime& time)
{
    return static_cast<Wide>(std::ldexp(time.high(), 80)) + static_cast<Wide>(std::ldexp(time.low(), 80));
}

}  // namespace

TEST_CASE("a burst of events 1e-12 s apart keeps its spacing at t = 500 s", "[precise_time]")
{
    const PreciseTime start(500.0);
    PreciseTime now = start;
    for (int i = 1; i <= 1000; ++i) {
        const PreciseTime next = now + 1e-12;
        REQUIRE(now < next);
        REQUIRE(next - now == Approx(1e-12).epsilon(1e-15));
        now = next;
    }
    CHECK(now - start == Approx(1e-9).epsilon(1e-14));
}

TEST_CASE("times add as integers do while 106 bits hold them", "[precise_time]")
{
    std::mt19937_64 random(1);
    PreciseTime now(500.0);
    Wide expected = Wide{500} << 80;
    for (int i = 0; i < 10000; ++i) {
        // Spans of all sizes, from 2^-80 s to 2^-20 s.
        const auto units = static_cast<std::int64_t>(random() >> (4 + i % 60));
        const PreciseTime before = now;
        now = now + std::ldexp(static_cast<double>(units >> 11), -80 + 11);
        const Wide step = static_cast<Wide>(units >> 11) << 11;
        expected += step;
        REQUIRE(in_units(now) == expected);
        REQUIRE(now.high() == now.seconds());
        REQUIRE(now - before == std::ldexp(static_cast<double>(units >> 11), -80 + 11));
        REQUIRE((before < now) == (step > 0));
        REQUIRE((before == now) == (step == 0));
    }
}

TEST_CASE("times order by their low part when the high parts are equal", "[precise_time]")
{
    const PreciseTime early(500.0, -1e-15);
    const PreciseTime late(500.0, 1e-15);
    CHECK(early < late);
    CHECK_FALSE(late < early);
    CHECK_FALSE(early < early);
    CHECK_FALSE(early == late);
    CHECK(late - early == Approx(2e-15));
    CHECK(early - late == Approx(-2e-15));
}

TEST_CASE("a span times a count has no rounding", "[precise_time]")
{
    std::mt19937_64 random(2);
    for (int i = 0; i < 1000; ++i) {
        const auto factor = static_cast<std::int64_t>(random() >> 11);
        const auto count = static_cast<std::int64_t>(random() >> 20);
        const PreciseTime product = multiply(std::ldexp(static_cast<double>(factor), -80), static_cast<double>(count));
        REQUIRE(in_units(product) == static_cast<Wide>(factor) * count);
    }
    // 0.1 is not a tenth: ten of it exceed 1 by ten times its rounding error, 0.1 - 1/10 = 2^-54/10.
    CHECK(multiply(0.1, 10.0) - PreciseTime(1.0) == std::ldexp(1.0, -54));
}
