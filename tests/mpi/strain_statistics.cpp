#include <algorithm>
#include <cmath>
#include <functional>

#include <shearwater/core/random.hpp>
#include <shearwater/observables/strain_statistics.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

using Values = std::vector<double>;

/// von Mises strains as runs have them: most voxels zero, a few large.
Values strains(std::size_t count)
{
    Values values(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto [a, b] = uniform_pair({3, Purpose::Waiting, i, 0, 0});
        values[i] = a < 0.4 ? 0.0 : -0.2 * std::log(b);
    }
    return values;
}

/// The definitions, one after the other, with all values in one place.
StrainStatistics plain(const Values& values)
{
    StrainStatistics s;
    const auto count = static_cast<long double>(values.size());
    long double total = 0.0L;
    for (const double v : values) total += v;
    const long double mean = total / count;
    long double squares = 0.0L;
    for (const double v : values) squares += (v - mean) * (v - mean);
    s.mean = static_cast<double>(mean);
    s.localization_index = static_cast<double>(std::sqrt(squares / count));
    for (const double v : values) {
        s.extreme_sites += v > 0.7 ? 1 : 0;
        s.transformed_fraction += v != 0.0 ? 1.0 : 0.0;
    }
    s.transformed_fraction /= static_cast<double>(values.size());
    Values sorted = values;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    s.percentile_999 = sorted[values.size() / 1000];
    return s;
}

bool same_bits(const StrainStatistics& a, const StrainStatistics& b)
{
    return a.mean == b.mean && a.localization_index == b.localization_index && a.extreme_sites == b.extreme_sites &&
           a.percentile_999 == b.percentile_999 && a.transformed_fraction == b.transformed_fraction;
}

/// The values of this rank when `owner` says whose each is.
template <class Owner>
Values share(const Values& all, Owner&& owner)
{
    Values mine;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (owner(i) == world().rank()) mine.push_back(all[i]);
    return mine;
}

/// All ways to deal the values give the bits of one rank, and those are what the definitions say.
void check(const Values& all)
{
    const auto ranks = static_cast<std::size_t>(world().size());
    const Communicator alone(MPI_COMM_SELF);
    const auto reference = strain_statistics(alone, all);
    const auto expected = plain(all);
    INFO(all.size() << " values");
    CHECK(test::everywhere(std::abs(reference.mean - expected.mean) <= 1e-15 * std::abs(expected.mean)));
    CHECK(test::everywhere(std::abs(reference.localization_index - expected.localization_index) <= 1e-14 * expected.localization_index));
    CHECK(test::everywhere(reference.extreme_sites == expected.extreme_sites));
    CHECK(test::everywhere(reference.percentile_999 == expected.percentile_999));
    CHECK(test::everywhere(reference.transformed_fraction == expected.transformed_fraction));
    const auto in_turn = share(all, [&](std::size_t i) { return static_cast<int>(i % ranks); });
    const auto in_rows = share(all, [&](std::size_t i) { return static_cast<int>(i * ranks / all.size()); });
    const auto on_last = share(all, [&](std::size_t /*i*/) { return static_cast<int>(ranks) - 1; });
    auto backwards = share(all, [&](std::size_t i) { return static_cast<int>((i / 7) % ranks); });
    std::reverse(backwards.begin(), backwards.end());
    CHECK(test::everywhere(same_bits(strain_statistics(world(), in_turn), reference)));
    CHECK(test::everywhere(same_bits(strain_statistics(world(), in_rows), reference)));
    CHECK(test::everywhere(same_bits(strain_statistics(world(), on_last), reference)));
    CHECK(test::everywhere(same_bits(strain_statistics(world(), backwards), reference)));
}

}  // namespace

TEST_CASE("strain statistics are what their definitions say, however voxels lie on ranks", "[strain_statistics]")
{
    // 0, 0, 1, 1, 2, 5 and 65 voxels may exceed the percentile.
    for (const std::size_t count : {1, 999, 1000, 1999, 2000, 5000, 65536}) check(strains(count));
}

TEST_CASE("strain statistics of tied values", "[strain_statistics]")
{
    Values steps(4000);
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = 0.25 * static_cast<double>(i % 5);
    check(steps);
    Values few(4000);  // as many as may exceed the percentile, and one more: it is then the larger value
    for (std::size_t i = 0; i < 4; ++i) few[1000 * i] = 1.0;
    check(few);
    CHECK(strain_statistics(Communicator(MPI_COMM_SELF), few).percentile_999 == 0.0);
    few[17] = 1.0;
    check(few);
    CHECK(strain_statistics(Communicator(MPI_COMM_SELF), few).percentile_999 == 1.0);
    // Equal values that have no short binary form: their mean rounds, and so do deviations from it, but not beyond the last digit.
    const auto equal = strain_statistics(Communicator(MPI_COMM_SELF), Values(3000, 0.1));
    CHECK(std::abs(equal.mean - 0.1) < 1e-16);
    CHECK(equal.localization_index < 1e-16);
    CHECK(equal.percentile_999 == 0.1);
    CHECK(equal.transformed_fraction == 1.0);
}

TEST_CASE("a site is extreme above 0.7, not at it", "[strain_statistics]")
{
    const Values values{0.7, std::nextafter(0.7, 1.0), 0.0, 0.8, std::nextafter(0.7, 0.0)};
    check(values);
    CHECK(strain_statistics(Communicator(MPI_COMM_SELF), values).extreme_sites == 2);
}

TEST_CASE("strain statistics of values over all magnitudes, and of the smallest ones", "[strain_statistics]")
{
    Values values;
    for (int e = -1074; e < 10; ++e) values.push_back(std::ldexp(1.0, e));
    check(values);
}

TEST_CASE("strain statistics of an undeformed glass are zero", "[strain_statistics]")
{
    const Values zeros(6000, 0.0);
    check(zeros);
    const auto s = strain_statistics(world(), share(zeros, [](std::size_t i) { return static_cast<int>(i) % world().size(); }));
    CHECK(s.mean == 0.0);
    CHECK(s.localization_index == 0.0);
    CHECK(s.extreme_sites == 0);
    CHECK(s.percentile_999 == 0.0);
    CHECK(s.transformed_fraction == 0.0);
}
