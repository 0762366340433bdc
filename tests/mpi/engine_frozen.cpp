// The engines on voxels whose rates never change: everything about the sequence of events is known in closed form, whatever the bounds.

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "fake_bounded_model.hpp"
#include "fake_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

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

int mode_count(const FakePhysics& physics)
{
    return physics.tiles * physics.voxels_per_tile * physics.modes;
}

/// Rates by [voxel][mode].
std::vector<double> rates_of(const FakePhysics& physics)
{
    std::vector<double> rates;
    for (int i = 0; i < mode_count(physics); ++i) rates.push_back(physics.rate(i / physics.modes, i % physics.modes, 0.0, 0.0));
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
    std::vector<std::int64_t> counts(mode_count(physics));
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

RampedOptions options_with(Clock clock, double step_seconds, std::uint64_t seed = 2024)
{
    RampedOptions options;
    options.clock = clock;
    options.strain_rate = 1e-4;
    options.strain_increment = options.horizon = step_seconds * options.strain_rate;
    options.seed = seed;
    return options;
}

}  // namespace

TEMPLATE_TEST_CASE("frozen rates give a Poisson process with places in proportion to rates", "[reference][exact]", FakeRun, ExactRun<100>,
                   ExactRun<1000>)
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    const auto physics = frozen_physics();
    const double total = total_rate(physics);
    PValues family;
    std::uint64_t seed = 1;
    for (const Clock clock : {Clock::Continuous, Clock::Increment})
        for (const double steps_per_wait : {0.1, 5.0}) {
            TestType run(physics, self, options_with(clock, 1.0 / (total * steps_per_wait), seed++));
            const auto& events = run.run_to(6000);
            const std::string name =
                fmt::format("{}, {} steps in a mean wait", clock == Clock::Continuous ? "continuous" : "increment", steps_per_wait);
            const auto waits = uniform_waits(events, total);
            family.add(name + ": waits exponential", test::kolmogorov_smirnov(waits));
            family.add(name + ": successive waits", test::contingency_p(waits, {waits.begin() + 1, waits.end()}));
            family.add(name + ": frequencies", frequencies_p(physics, events));
            std::vector<double> places;
            for (const Event& event : events) places.push_back(static_cast<double>(event.voxel));
            family.add(name + ": wait and place", test::correlation_p(waits, places));
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("a candidate against a frozen rate is never rejected, and an event costs one collective", "[reference]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    auto physics = frozen_physics();
    physics.tiles = 1;
    FakeRun run(physics, self, options_with(Clock::Continuous, 1e6));
    run.run_to(100);
    CHECK(run.counters().candidates == 100);
    CHECK(run.counters().rejections == 0);
    CHECK(run.counters().model.refreshed_voxels == 100 * physics.voxels_per_tile);
    CHECK(run.counters().traffic.collectives == 100);
}

TEMPLATE_TEST_CASE("the increment clock raises the strain at the beginning of a step", "[reference][exact]", FakeRun, ExactRun<300>)
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    const auto options = options_with(Clock::Increment, 0.3);
    TestType run(frozen_physics(), self, options);
    int ends = 0;
    for (int i = 0; i < 500; ++i) {
        const Step step = run.advance();
        CHECK(step.load == Approx(options.strain_increment * (ends + 1)).epsilon(1e-14));
        CHECK(step.now.seconds() >= 0.3 * ends * (1.0 - 1e-14));
        CHECK(step.now.seconds() <= 0.3 * (ends + 1) * (1.0 + 1e-14));
        CHECK(step.interval_end == step.events.empty());
        if (step.interval_end) ++ends;
    }
    CHECK(ends > 50);
}

TEMPLATE_TEST_CASE("the continuous clock's strain is the strain rate times the time", "[reference][exact]", FakeRun, ExactRun<300>)
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    const auto options = options_with(Clock::Continuous, 0.3);
    TestType run(frozen_physics(), self, options);
    for (int i = 0; i < 500; ++i) {
        const Step step = run.advance();
        CHECK(step.load == Approx(options.strain_rate * step.now.seconds()).epsilon(1e-14));
        for (const Event& event : step.events) CHECK(event.time == step.now);
    }
}

TEMPLATE_TEST_CASE("the bernoulli clock has one event in a step with probability 1 - exp(-R dt), or none", "[reference][exact]", FakeRun,
                   ExactRun<300>)
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
        TestType run(physics, self, options_with(Clock::Bernoulli, seconds));
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
                const double delay = events.back().time - multiply(seconds, step);
                places.push_back(-std::expm1(-total * delay) / probability);
            }
            if (before >= 0) ++pairs[2 * before + happened];
            before = happened;
        }
        const std::string name = fmt::format("{} events expected in a step", mean);
        const double deviate = (static_cast<double>(events.size()) - steps * probability) / std::sqrt(steps * probability * (1.0 - probability));
        family.add(name + ": number", test::two_sided_p(deviate));
        const double none = 1.0 - probability;
        family.add(name + ": steps in a row",
                   test::proportions_p(pairs, {none * none, none * probability, probability * none, probability * probability}));
        family.add(name + ": time within the step", test::kolmogorov_smirnov(places));
        family.add(name + ": frequencies", frequencies_p(physics, events));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("the published clock advances by 1/R exactly, or by an elastic step if 1/R is not less", "[reference]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    FakePhysics physics;
    physics.tiles = 8;
    physics.voxels_per_tile = 2;
    double scale = 1.0;
    // Total 16 /s times the scale; all sums are exact.
    physics.rate = [&scale](std::int64_t voxel, int, double, double) { return scale * std::vector{0.25, 0.5, 1.0, 2.25}[voxel % 4]; };
    RampedOptions options;
    options.clock = Clock::Published;
    options.athermal = Athermal::Simultaneous;
    options.strain_rate = 0x1p-10;
    options.strain_increment = 0x1p-13;  // a step is 1/8 s

    SECTION("an event each time")
    {
        FakeRun run(physics, self, options);
        std::vector<Event> events;
        for (int i = 1; i <= 5000; ++i) {
            const Step step = run.advance();
            REQUIRE(step.events.size() == 1);
            REQUIRE(step.now == PreciseTime(i / 16.0));
            REQUIRE(step.events[0].time == step.now);
            REQUIRE(step.load == i / 16.0 * options.strain_rate);
            events.push_back(step.events[0]);
        }
        const double p = frequencies_p(physics, events);
        CAPTURE(p);
        CHECK(p > test::significance);
    }
    SECTION("elastic steps: 1/R = dt, 1/R > dt, R = 0")
    {
        for (const double slower : {0.5, 0.25, 0.0}) {
            scale = slower;
            FakeRun run(physics, self, options);
            for (int i = 1; i <= 100; ++i) {
                const Step step = run.advance();
                REQUIRE(step.events.empty());
                REQUIRE(step.interval_end);
                REQUIRE(step.now == PreciseTime(i / 8.0));
                REQUIRE(step.load == i * options.strain_increment);
            }
        }
    }
}

TEST_CASE("exact: an event costs one collective and a rejection none", "[exact]")
{
    BoundedRun run(frozen_physics(), test::headroom(10.0), world(), options_with(Clock::Continuous, 1e6, 1));
    run.run_to(100);
    REQUIRE(everywhere(run.counters().traffic.collectives == 100));
    REQUIRE(sum(world(), run.counters().rejections) > 500);
    REQUIRE(sum(world(), run.counters().candidates) == sum(world(), run.counters().rejections) + 100);
}

TEST_CASE("exact: only the tiles of events are bounded anew when rates do not change", "[exact]")
{
    const auto physics = frozen_physics();
    BoundedRun run(physics, test::headroom(2.0), world(), options_with(Clock::Continuous, 0.1, 1));
    run.run_to(200);
    // All tiles at first, then that of each event but the last.
    REQUIRE(sum(world(), run.counters().model.refreshed_voxels) == physics.voxels_per_tile * (physics.tiles + 199));
}

TEST_CASE("the exact engine refuses the published clock", "[exact]")
{
    BoundedRun run(frozen_physics(), {}, world(), options_with(Clock::Published, 1.0, 1));
    REQUIRE(everywhere(test::contains(run.stopped_within(1), "published clock")));
}

TEST_CASE("exact: candidates are rejected by as much as bounds are too high", "[exact]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    BoundedRun run(frozen_physics(), test::headroom(10.0), self, options_with(Clock::Continuous, 1.0));
    run.run_to(6000);
    const auto rejected = static_cast<double>(run.counters().rejections);
    const auto candidates = static_cast<double>(run.counters().candidates);
    const double p = test::two_sided_p((rejected - 0.9 * candidates) / std::sqrt(0.09 * candidates));
    CAPTURE(p);
    CHECK(p > test::significance);
}
