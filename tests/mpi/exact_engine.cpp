// The exact engine on voxels whose rates never change: everything about the sequence of events is known in closed form, whatever the bounds.

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "fake_bounded_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using test::BoundedRun;
using test::everywhere;
using test::FakeBounds;
using test::FakePhysics;
using test::PValues;
using test::world;

namespace {

/// More tiles than the largest number of ranks, and not a multiple of any. Some modes and one whole tile never transform.
FakePhysics frozen_physics()
{
    FakePhysics physics;
    physics.tiles = 13;
    physics.voxels_per_tile = 5;
    physics.modes = 3;
    physics.rate = [](std::int64_t voxel, int mode, double /*age*/, double /*strain*/) {
        return (voxel + mode) % 9 == 0 || voxel / 5 == 4 ? 0.0 : 0.01 * static_cast<double>(1 + (7 * voxel + 3 * mode) % 11);
    };
    return physics;
}

/// Rates by [voxel][mode].
std::vector<double> rates_of(const FakePhysics& physics)
{
    std::vector<double> rates;
    for (int i = 0; i < physics.tiles * physics.voxels_per_tile * physics.modes; ++i)
        rates.push_back(physics.rate(i / physics.modes, i % physics.modes, 0.0, 0.0));
    return rates;
}

double total_rate(const FakePhysics& physics)
{
    double total = 0.0;
    for (const double rate : rates_of(physics)) total += rate;
    return total;
}

/// p-value of the frequencies of modes, which must be as their rates.
double frequencies_p(const FakePhysics& physics, const std::vector<Event>& events)
{
    auto probabilities = rates_of(physics);
    for (double& p : probabilities) p /= total_rate(physics);
    std::vector<std::int64_t> counts(probabilities.size());
    for (const Event& event : events) ++counts[event.voxel * physics.modes + event.mode];
    return test::proportions_p(counts, probabilities);
}

/// Waiting times of rate `total` as uniform numbers.
std::vector<double> uniform_waits(const std::vector<Event>& events, double total)
{
    std::vector<double> uniform;
    PreciseTime last;
    for (const Event& event : events) {
        uniform.push_back(-std::expm1(-total * (event.time - last)));
        last = event.time;
    }
    return uniform;
}

KmcOptions options_with(Clock clock, double step_seconds, std::uint64_t seed)
{
    KmcOptions options;
    options.clock = clock;
    options.strain_increment = options.horizon = step_seconds * options.strain_rate;
    options.seed = seed;
    return options;
}

FakeBounds headroom(double factor)
{
    FakeBounds bounds;
    bounds.least_headroom = bounds.most_headroom = factor;
    return bounds;
}

}  // namespace

TEST_CASE("frozen rates give a Poisson process with places in proportion to rates, whatever the bounds", "[exact]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    const auto physics = frozen_physics();
    const double total = total_rate(physics);
    PValues family;
    std::uint64_t seed = 1;
    for (const Clock clock : {Clock::Continuous, Clock::Increment})
        for (const double steps_per_wait : {0.1, 5.0})
            for (const double factor : {1.0, 10.0}) {
                BoundedRun run(physics, headroom(factor), self, options_with(clock, 1.0 / (total * steps_per_wait), seed++));
                const auto& events = run.run_to(6000);
                const std::string name = fmt::format("{}, {} steps in a mean wait, headroom {}",
                                                     clock == Clock::Continuous ? "continuous" : "increment", steps_per_wait, factor);
                const auto waits = uniform_waits(events, total);
                family.add(name + ": waits exponential", test::kolmogorov_smirnov(waits));
                family.add(name + ": successive waits", test::contingency_p(waits, {waits.begin() + 1, waits.end()}));
                family.add(name + ": frequencies", frequencies_p(physics, events));
                std::vector<double> places;
                for (const Event& event : events) places.push_back(static_cast<double>(event.voxel));
                family.add(name + ": wait and place", test::correlation_p(waits, places));
                const double rejected = static_cast<double>(run.counters().rejections);
                const double candidates = static_cast<double>(run.counters().candidates);
                family.add(name + ": share of rejections", factor == 1.0
                                                               ? (rejected == 0.0 ? 1.0 : 0.0)
                                                               : test::two_sided_p((rejected - 0.9 * candidates) / std::sqrt(0.09 * candidates)));
            }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("an event costs one collective and a rejection none", "[exact]")
{
    BoundedRun run(frozen_physics(), headroom(10.0), world(), options_with(Clock::Continuous, 1e6, 1));
    run.run_to(100);
    REQUIRE(everywhere(run.counters().traffic.collectives == 100));
    REQUIRE(sum(world(), run.counters().rejections) > 500);
    REQUIRE(sum(world(), run.counters().candidates) == sum(world(), run.counters().rejections) + 100);
}

TEST_CASE("only the tiles of events are bounded anew when rates do not change", "[exact]")
{
    const auto physics = frozen_physics();
    BoundedRun run(physics, headroom(2.0), world(), options_with(Clock::Continuous, 0.1, 1));
    run.run_to(200);
    // All tiles at first, then that of each event but the last.
    REQUIRE(sum(world(), run.counters().model.refreshed_voxels) == physics.voxels_per_tile * (physics.tiles + 199));
}

TEST_CASE("the exact engine's bernoulli clock has one event in a step with probability 1 - exp(-R dt), or none", "[exact]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    const auto physics = frozen_physics();
    const double total = total_rate(physics);
    constexpr int steps = 20000;
    PValues family;
    for (const double mean : {0.5, 3.0}) {
        const double seconds = mean / total;
        const double probability = -std::expm1(-mean);
        BoundedRun run(physics, headroom(3.0), self, options_with(Clock::Bernoulli, seconds, 5));
        std::vector<Event> events;
        std::vector<double> places;
        std::vector<std::int64_t> pairs(4);
        int before = -1;
        for (int step = 0; step < steps; ++step) {
            int happened = 0;
            for (Step now = run.advance(); !now.interval_end; now = run.advance()) {
                happened += static_cast<int>(now.events.size());
                REQUIRE(happened <= 1);
                events.insert(events.end(), now.events.begin(), now.events.end());
                places.push_back(-std::expm1(-total * (events.back().time - multiply(seconds, step))) / probability);
            }
            if (before >= 0) ++pairs[2 * before + happened];
            before = happened;
        }
        const std::string name = fmt::format("{} events expected in a step", mean);
        const double deviate = (static_cast<double>(events.size()) - steps * probability) / std::sqrt(steps * probability * (1.0 - probability));
        const double none = 1.0 - probability;
        family.add(name + ": number", test::two_sided_p(deviate));
        family.add(name + ": steps in a row",
                   test::proportions_p(pairs, {none * none, none * probability, probability * none, probability * probability}));
        family.add(name + ": time within the step", test::kolmogorov_smirnov(places));
        family.add(name + ": frequencies", frequencies_p(physics, events));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("the exact engine refuses the published clock", "[exact]")
{
    BoundedRun run(frozen_physics(), {}, world(), options_with(Clock::Published, 1.0, 1));
    REQUIRE(everywhere(test::contains(run.stopped_within(1), "published clock")));
}
