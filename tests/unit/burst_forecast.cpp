// How many bursts are to be expected, against sums over voxels.

#include <shearwater/engine/sublattice/burst_forecast.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <shearwater/core/random.hpp>

#include "support.hpp"

using namespace shearwater;

namespace {

constexpr double longest = 4.6;

/// Rates over thirty decades, as barriers give them.
std::vector<double> rates(int voxels)
{
    std::vector<double> rates;
    for (int voxel = 0; voxel < voxels; ++voxel) {
        const double draw = uniform_pair({3, Purpose::Moduli, static_cast<std::uint64_t>(voxel), 0, 0})[0];
        rates.push_back(std::pow(10.0, -20.0 + 30.0 * draw));
    }
    return rates;
}

double bursts_within(const std::vector<double>& rates, double seconds)
{
    double bursts = 0.0;
    for (const double rate : rates) bursts += std::min(rate * seconds, 1.0);
    return bursts;
}

}  // namespace

TEST_CASE("burst forecast: exact at the longest time and its halves, elsewhere no more and less by a fifth at most", "[burst_forecast]")
{
    const auto all = rates(1000);
    BurstForecast forecast(longest);
    for (const double rate : all) forecast.add(rate);
    for (int i = 0; i < BurstForecast::times; ++i) {
        const double seconds = longest * std::pow(0.5, i);
        CAPTURE(i);
        CHECK(forecast.within(seconds) == Approx(bursts_within(all, seconds)).margin(1e-6));
    }
    for (double seconds = longest; seconds > 1e-11; seconds *= 0.93) {
        const double truth = bursts_within(all, seconds);
        CAPTURE(seconds, truth);
        CHECK(forecast.within(seconds) <= truth + 1e-6);
        CHECK(forecast.within(seconds) >= 0.8 * truth - 1e-6);
    }
}

TEST_CASE("burst forecast: the time for a number of bursts has about as many", "[burst_forecast]")
{
    const auto all = rates(1000);
    BurstForecast forecast(longest);
    for (const double rate : all) forecast.add(rate);
    for (double bursts = 0.01; bursts < 1000.0; bursts *= 1.1) {
        const double seconds = forecast.time_for(bursts);
        CAPTURE(bursts, seconds);
        CHECK(seconds <= longest);
        const double truth = bursts_within(all, seconds);
        CHECK((seconds == longest || truth >= bursts - 1e-6));
        CHECK(truth <= 1.25 * bursts + 1e-6);
        if (seconds < longest) CHECK(forecast.within(seconds) == Approx(bursts).margin(1e-6));
    }
}

TEST_CASE("burst forecast: voxels that none expects to transform count by the sum of their rates", "[burst_forecast]")
{
    BurstForecast one_by_one(longest);
    BurstForecast together(longest);
    const std::vector<double> slow{1e-3, 2e-4, 5e-3, 1e-9};
    double sum = 0.0;
    for (const double rate : slow) {
        one_by_one.add(rate);
        sum += rate;
    }
    REQUIRE(together.is_slow(sum));
    CHECK_FALSE(together.is_slow(1.0));
    together.add_slow(sum);
    for (const double seconds : {longest, 1.0, 0.01, 20.0}) {
        CAPTURE(seconds);
        CHECK(together.within(seconds) == Approx(sum * seconds).margin(1e-8));
        CHECK(one_by_one.within(seconds) == Approx(sum * seconds).margin(1e-8));
    }
    CHECK(together.time_for(0.5 * sum) == Approx(0.5).epsilon(1e-6));
    CHECK(together.time_for(100.0) == longest);
}

TEST_CASE("burst forecast: where nothing is about to happen the longest time is the answer", "[burst_forecast]")
{
    const BurstForecast nothing(longest);
    CHECK(nothing.within(1.0) == 0.0);
    CHECK(nothing.time_for(1e-3) == longest);
}

TEST_CASE("burst forecast: the words of parts add up to those of the whole", "[burst_forecast]")
{
    const auto all = rates(300);
    BurstForecast whole(longest);
    std::vector<std::int64_t> sum(BurstForecast::words());
    for (std::size_t begin = 0; begin < all.size(); begin += 100) {
        BurstForecast part(longest);
        for (std::size_t voxel = begin; voxel < begin + 100; ++voxel) part.add(all[voxel]);
        part.add_slow(0.01);
        std::vector<std::int64_t> words(BurstForecast::words());
        part.get(words);
        for (std::size_t w = 0; w < words.size(); ++w) sum[w] += words[w];
    }
    for (const double rate : all) whole.add(rate);
    for (int part = 0; part < 3; ++part) whole.add_slow(0.01);
    std::vector<std::int64_t> expected(BurstForecast::words());
    whole.get(expected);
    CHECK(sum == expected);
    BurstForecast again(longest);
    again.set(sum);
    CHECK(again.within(0.3) == whole.within(0.3));
}
