#include <shearwater/core/exact_sum.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "support.hpp"

using namespace shearwater;

namespace {

__extension__ using Wide = unsigned __int128;

ExactSum sum_of(const std::vector<double>& values)
{
    ExactSum sum;
    for (const double value : values) sum.add(value);
    return sum;
}

/// Positive numbers whose exponents cover most of a double's range.
std::vector<double> scattered_values(int count)
{
    std::mt19937_64 random(3);
    std::vector<double> values;
    for (int i = 0; i < count; ++i) values.push_back(std::ldexp(static_cast<double>((random() >> 11) | 1), static_cast<int>(random() % 840) - 600));
    return values;
}

/// Distance in units of the last place of b.
double ulps_between(double a, double b)
{
    return std::abs(a - b) / (std::nextafter(b, std::numeric_limits<double>::infinity()) - b);
}

}  // namespace

TEST_CASE("the order of terms changes no digit of an exact sum", "[exact_sum]")
{
    auto values = scattered_values(2000);
    const ExactSum first = sum_of(values);
    std::mt19937_64 random(4);
    for (int i = 0; i < 5; ++i) {
        std::shuffle(values.begin(), values.end(), random);
        CHECK(sum_of(values).digits() == first.digits());
    }
    std::sort(values.begin(), values.end());
    CHECK(sum_of(values).digits() == first.digits());
    CHECK(sum_of(values).value() == first.value());
}

TEST_CASE("exact sums of parts merge to the sum of all", "[exact_sum]")
{
    const auto values = scattered_values(2000);
    for (const int parts : {2, 3, 7, 2000}) {
        std::vector<ExactSum> partial(parts);
        for (std::size_t i = 0; i < values.size(); ++i) partial[i % parts].add(values[i]);
        ExactSum merged;
        for (auto part = partial.rbegin(); part != partial.rend(); ++part) merged.add(*part);
        CHECK(merged.digits() == sum_of(values).digits());
        CHECK(ExactSum(merged.digits()).value() == sum_of(values).value());
    }
}

TEST_CASE("an exact sum agrees with integers", "[exact_sum]")
{
    std::mt19937_64 random(5);
    for (int trial = 0; trial < 200; ++trial) {
        // Whole numbers of 2^scale: as they add without rounding in 128 bits, the result may be off by the conversion to double only.
        const int scale = static_cast<int>(random() % 740) - 560;
        ExactSum sum;
        Wide expected = 0;
        for (int i = 0; i < 100; ++i) {
            const auto mantissa = static_cast<double>(random() >> 11);
            const int shift = static_cast<int>(random() % 60);
            sum.add(std::ldexp(mantissa, scale + shift));
            expected += static_cast<Wide>(mantissa) << shift;
        }
        REQUIRE(ulps_between(sum.value(), std::ldexp(static_cast<double>(expected), scale)) <= 1.0);
    }
}

TEST_CASE("an exact sum is exact when the result is a double", "[exact_sum]")
{
    const double mantissa = 0x1.fffffffffffffp52;
    ExactSum many;
    for (int i = 0; i < 1 << 20; ++i) many.add(mantissa);
    CHECK(many.value() == std::ldexp(mantissa, 20));

    // Added one by one to 1, halves of its last bit are lost in doubles.
    const double half_bit = std::numeric_limits<double>::epsilon() / 2;
    CHECK(sum_of({1.0, half_bit, half_bit}).value() == 1.0 + 2 * half_bit);
    CHECK(sum_of({}).value() == 0.0);
    CHECK(sum_of({0.0, 3.0, 0.0}).value() == 3.0);
}

TEST_CASE("tiny terms beside huge ones are kept", "[exact_sum]")
{
    const double huge = 0x1.5p299;
    const double tiny = 0x1.8p-671;  // the lowest two digits
    ExactSum sum = sum_of({huge, tiny, tiny});
    CHECK(sum.value() == huge);
    CHECK(sum.digits() != sum_of({huge}).digits());
    CHECK(sum.digits() == sum_of({tiny, huge, tiny}).digits());
    CHECK(sum_of({tiny, tiny}).value() == 2 * tiny);
    CHECK(sum_of({huge, huge, huge}).value() == 3 * huge);

    // Below 2^-672 a term is cut, by itself.
    CHECK(sum_of({0x1.8p-672}).value() == 0x1p-672);
    CHECK(sum_of({0x1.8p-672, 0x1.8p-672}).value() == 0x1p-671);
    CHECK(sum_of({0x1p-673, 0x1p-1022, 0x1p-1074}).value() == 0.0);
}

TEST_CASE("an exact sum of random terms agrees with long double", "[exact_sum]")
{
    std::mt19937_64 random(6);
    std::exponential_distribution<double> draw(1.0);
    ExactSum sum;
    long double expected = 0.0L;
    for (int i = 0; i < 100000; ++i) {
        const double value = std::exp(-30.0 * draw(random));
        sum.add(value);
        expected += value;
    }
    CHECK(ulps_between(sum.value(), static_cast<double>(expected)) <= 2.0);
}
