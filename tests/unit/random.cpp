#include <shearwater/core/random.hpp>

#include <cmath>
#include <numbers>
#include <random>
#include <set>
#include <vector>

#include <Random123/philox.h>

#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;

namespace {

/// A uniform number in (0, 1] from the upper 53 of 64 random bits.
double to_unit_interval(std::uint32_t low, std::uint32_t high)
{
    const std::uint64_t bits = ((std::uint64_t{high} << 32) + low) >> 11;
    return std::ldexp(static_cast<double>(bits + 1), -53);
}

/// What draws must not be correlated with: the same draw with one part of its key changed.
using Change = DrawKey (*)(DrawKey);

struct NamedChange {
    const char* name;
    Change change;
};

const std::vector<NamedChange> changes{
    {"seed", [](DrawKey key) { return ++key.seed, key; }},
    {"high seed bits", [](DrawKey key) { return key.seed ^= std::uint64_t{1} << 63, key; }},
    {"purpose", [](DrawKey key) { return key.purpose = Purpose::Acceptance, key; }},
    {"item", [](DrawKey key) { return key.item += 10000000, key; }},
    {"next item", [](DrawKey key) { return ++key.item, key; }},
    {"high item bits", [](DrawKey key) { return key.item ^= std::uint64_t{1} << 39, key; }},
    {"index", [](DrawKey key) { return ++key.index, key; }},
    {"epoch", [](DrawKey key) { return ++key.epoch, key; }},
    {"high epoch bits", [](DrawKey key) { return key.epoch ^= std::uint64_t{1} << 55, key; }},
};

constexpr int draws = 100000;

DrawKey numbered(int i)
{
    return {42, Purpose::Waiting, static_cast<std::uint64_t>(i), 3, 5};
}

}  // namespace

TEST_CASE("draws are Philox-4x32-10 by the known answers of Random123", "[random]")
{
    // Lines of Random123's tests/kat_vectors: counter, key and result; the counter's second word is item, index and purpose.
    const auto zero = uniform_pair({0, Purpose{0}, 0, 0, 0});
    CHECK(zero[0] == to_unit_interval(0x6627e8d5, 0xe169c58d));
    CHECK(zero[1] == to_unit_interval(0xbc57ac4c, 0x9b00dbd8));
    const auto ones = uniform_pair({0xffffffffffffffff, Purpose{0xff}, 0xffffffffff, 0xffff, 0xffffffffffffffff});
    CHECK(ones[0] == to_unit_interval(0x408f276d, 0x41c83b0e));
    CHECK(ones[1] == to_unit_interval(0xa20bc7c6, 0x6d5451fd));
    const auto pi = uniform_pair({0x299f31d0a4093822, Purpose{0xd3}, 0x85243f6a88, 0xa308, 0x0370734413198a2e});
    CHECK(pi[0] == to_unit_interval(0xd16cfe09, 0x94fdcceb));
    CHECK(pi[1] == to_unit_interval(0x5001e420, 0x24126ea1));
}

TEST_CASE("the key of a draw is the counter of Philox, packed bit by bit", "[random]")
{
    std::mt19937_64 random(9);
    for (int i = 0; i < 1000; ++i) {
        const DrawKey key{random(), Purpose{static_cast<std::uint32_t>(random() % 256)}, random() >> 24, static_cast<std::uint32_t>(random() >> 48),
                          random() >> 8};
        // Fields from the lowest bit on: 32 of the item, purpose 8, index 16, the item's upper 8, epoch 64.
        r123::Philox4x32::ctr_type counter{};
        int position = 0;
        const auto put = [&](std::uint64_t value, int width) {
            for (int bit = 0; bit < width; ++bit, ++position)
                if ((value >> bit & 1) != 0) counter[position / 32] |= std::uint32_t{1} << position % 32;
        };
        put(key.item & 0xffffffff, 32);
        put(static_cast<std::uint64_t>(key.purpose), 8);
        put(key.index, 16);
        put(key.item >> 32, 8);
        put(key.epoch, 64);
        const r123::Philox4x32::key_type seed{
            {static_cast<std::uint32_t>(key.seed % (std::uint64_t{1} << 32)), static_cast<std::uint32_t>(key.seed / (std::uint64_t{1} << 32))}};
        const auto expected = r123::Philox4x32{}(counter, seed);
        const auto pair = uniform_pair(key);
        REQUIRE(pair[0] == to_unit_interval(expected[0], expected[1]));
        REQUIRE(pair[1] == to_unit_interval(expected[2], expected[3]));
    }
}

TEST_CASE("different keys give different draws, at the ends of every field too", "[random]")
{
    std::set<std::array<double, 2>> seen;
    int keys = 0;
    for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
        for (const std::uint32_t purpose : {1U, 2U, 3U, 4U, 5U, 255U})
            for (const std::uint64_t item : {0ULL, 1ULL, 0xffULL, 0xffffffffULL, 0x100000000ULL, 0xffffffffffULL})
                for (const std::uint32_t index : {0U, 1U, 0xffU, 0x100U, 0xffffU})
                    for (const std::uint64_t epoch : {0ULL, 1ULL, 0xffffffffULL, 0x100000000ULL, 0xffffffffffffffULL}) {
                        seen.insert(uniform_pair({seed, Purpose{purpose}, item, index, epoch}));
                        ++keys;
                    }
    CHECK(static_cast<int>(seen.size()) == keys);
}

TEST_CASE("draws are uniform, normal, and independent of those with another key", "[random]")
{
    test::PValues family;
    std::vector<double> first;
    std::vector<double> second;
    std::vector<double> normal_first;
    std::vector<double> normal_second;
    for (int i = 0; i < draws; ++i) {
        const auto uniform = uniform_pair(numbered(i));
        REQUIRE((uniform[0] > 0.0 && uniform[0] <= 1.0 && uniform[1] > 0.0 && uniform[1] <= 1.0));
        const auto normal = normal_pair(numbered(i));
        first.push_back(uniform[0]);
        second.push_back(uniform[1]);
        normal_first.push_back(test::normal_cdf(normal[0]));
        normal_second.push_back(test::normal_cdf(normal[1]));
    }
    family.add("uniform, first of pair", test::kolmogorov_smirnov(first));
    family.add("uniform, second of pair", test::kolmogorov_smirnov(second));
    family.add("uniform, both", test::contingency_p(first, second));
    family.add("uniform, correlation", test::correlation_p(first, second));
    family.add("normal, first of pair", test::kolmogorov_smirnov(normal_first));
    family.add("normal, second of pair", test::kolmogorov_smirnov(normal_second));
    family.add("normal, both", test::contingency_p(normal_first, normal_second));
    family.add("normal, correlation", test::correlation_p(normal_first, normal_second));

    for (const auto& [name, change] : changes) {
        std::vector<double> other;
        std::vector<double> normal_other;
        for (int i = 0; i < draws; ++i) {
            other.push_back(uniform_pair(change(numbered(i)))[0]);
            normal_other.push_back(test::normal_cdf(normal_pair(change(numbered(i)))[0]));
        }
        family.add(fmt::format("uniform, other {}: correlation", name), test::correlation_p(first, other));
        family.add(fmt::format("uniform, other {}: table", name), test::contingency_p(first, other));
        family.add(fmt::format("normal, other {}: correlation", name), test::correlation_p(normal_first, normal_other));
        family.add(fmt::format("normal, other {}: table", name), test::contingency_p(normal_first, normal_other));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("normal draws have the tails of a normal distribution", "[random]")
{
    constexpr int pairs = 500000;
    std::vector<std::int64_t> counts(6);
    std::vector<double> probabilities(6);
    for (int i = 0; i < pairs; ++i)
        for (const double z : normal_pair({17, Purpose::ModeStrain, static_cast<std::uint64_t>(i), 0, 0}))
            ++counts[std::min(static_cast<int>(std::abs(z)), 5)];
    for (int i = 0; i < 6; ++i) probabilities[i] = std::erfc(i / std::numbers::sqrt2) - (i < 5 ? std::erfc((i + 1) / std::numbers::sqrt2) : 0.0);
    const double p = test::proportions_p(counts, probabilities);
    CAPTURE(p);
    CHECK(p > test::significance);
}

TEST_CASE("exponential is minus the logarithm and direction lies on the unit circle", "[random]")
{
    CHECK(exponential(1.0) == 0.0);
    CHECK(exponential(0x1p-53) == Approx(53 * std::numbers::ln2).epsilon(1e-15));
    for (int i = 1; i <= 1000; ++i) {
        const double u = 0.001 * i;
        REQUIRE(exponential(u) == Approx(-std::log(u)).epsilon(1e-15).margin(1e-16));
        const auto [x, y] = direction(u);
        REQUIRE(x == Approx(std::cos(2 * std::numbers::pi * u)).margin(1e-15));
        REQUIRE(y == Approx(std::sin(2 * std::numbers::pi * u)).margin(1e-15));
    }
}
