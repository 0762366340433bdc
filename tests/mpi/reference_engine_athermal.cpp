// The reference engine when barriers vanish: which voxels transform, in which order, and that no time passes.

#include <cmath>
#include <map>
#include <vector>

#include "fake_model.hpp"
#include "support.hpp"

using namespace shearwater;
using test::everywhere;
using test::FakePhysics;
using test::FakeRun;
using test::world;

namespace {

/// 24 voxels in 6 tiles, all stable but for a few; one that transforms is stable from then on. Voxel 9 pulls 10 along.
FakePhysics unstable_physics()
{
    FakePhysics physics;
    physics.tiles = 6;
    physics.voxels_per_tile = 4;
    physics.rate = [](std::int64_t, int, double, double) { return 1e3; };
    physics.barrier = [](std::int64_t voxel, double /*strain*/, const std::vector<int>& events) {
        if (events[voxel] > 0) return 1.0;
        if (voxel == 10 && events[9] > 0) return -0.6;
        static const std::map<std::int64_t, double> initial{{3, -0.5}, {17, -0.5}, {16, 0.2}, {9, -0.7}, {20, -0.1}, {0, 0.0}, {5, 0.4}};
        const auto found = initial.find(voxel);
        return found == initial.end() ? 1.0 : found->second;
    };
    return physics;
}

KmcOptions options_with(Clock clock, Athermal athermal)
{
    KmcOptions options;
    options.clock = clock;
    options.athermal = athermal;
    options.strain_rate = 1e-4;
    options.strain_increment = options.horizon = 1e-4;
    return options;
}

std::vector<std::int64_t> voxels_of(const Step& step)
{
    std::vector<std::int64_t> voxels;
    for (const Event& event : step.events) voxels.push_back(event.voxel);
    return voxels;
}

/// Athermal, at the beginning of time.
bool takes_no_time(const Step& step)
{
    bool right = step.now == PreciseTime() && !step.interval_end;
    for (const Event& event : step.events) right = right && event.athermal == 1 && event.time == PreciseTime();
    return right;
}

bool is_thermal(const Step& step)
{
    return step.events.size() == 1 && step.events[0].athermal == 0 && step.now.seconds() > 0.0;
}

const std::vector<Clock> all_clocks{Clock::Continuous, Clock::Increment, Clock::Bernoulli, Clock::Published};

}  // namespace

TEST_CASE("sequential: the lowest barrier transforms first, of equal ones the first voxel, and no time passes", "[reference]")
{
    for (const Clock clock : all_clocks) {
        CAPTURE(static_cast<int>(clock));
        FakeRun run(unstable_physics(), world(), options_with(clock, Athermal::Sequential));
        for (const std::int64_t expected : {9, 10, 3, 17, 20, 0}) {
            const Step step = run.advance();
            REQUIRE(everywhere(voxels_of(step) == std::vector{expected}));
            REQUIRE(everywhere(takes_no_time(step)));
        }
        REQUIRE(everywhere(is_thermal(run.advance())));
    }
}

TEST_CASE("simultaneous: all vanished barriers transform at once in the order of voxels, then what they set off", "[reference]")
{
    for (const Clock clock : {Clock::Continuous, Clock::Increment, Clock::Bernoulli}) {
        CAPTURE(static_cast<int>(clock));
        FakeRun run(unstable_physics(), world(), options_with(clock, Athermal::Simultaneous));
        const Step first = run.advance();
        REQUIRE(everywhere(voxels_of(first) == std::vector<std::int64_t>{0, 3, 9, 17, 20}));
        REQUIRE(everywhere(takes_no_time(first)));
        const Step second = run.advance();
        REQUIRE(everywhere(voxels_of(second) == std::vector<std::int64_t>{10}));
        REQUIRE(everywhere(takes_no_time(second)));
        REQUIRE(everywhere(is_thermal(run.advance())));
    }
}

TEST_CASE("published: once a barrier has vanished, all below the threshold transform with it", "[reference]")
{
    auto options = options_with(Clock::Published, Athermal::Simultaneous);
    options.athermal_threshold = 0.33;
    FakeRun run(unstable_physics(), world(), options);
    const Step first = run.advance();
    REQUIRE(everywhere(voxels_of(first) == std::vector<std::int64_t>{0, 3, 9, 16, 17, 20}));
    REQUIRE(everywhere(takes_no_time(first)));
    REQUIRE(everywhere(voxels_of(run.advance()) == std::vector<std::int64_t>{10}));
    REQUIRE(everywhere(is_thermal(run.advance())));
}

TEST_CASE("published: barriers below the threshold are safe while none has vanished", "[reference]")
{
    auto physics = unstable_physics();
    physics.barrier = [](std::int64_t voxel, double, const std::vector<int>&) { return voxel == 7 ? 1e-9 : 0.2; };
    FakeRun run(physics, world(), options_with(Clock::Published, Athermal::Simultaneous));
    for (int i = 0; i < 20; ++i) REQUIRE(everywhere(is_thermal(run.advance())));
}

namespace {

/// Barriers that fall along the ramp and vanish at strains of their own: voxel v's at critical_strain(v), once.
double critical_strain(std::int64_t voxel)
{
    return 1e-4 * (0.37 + 0.61 * static_cast<double>((5 * voxel) % 12));
}

FakePhysics falling_barriers()
{
    FakePhysics physics;
    physics.tiles = 6;
    physics.voxels_per_tile = 2;
    physics.rate = [](std::int64_t, int, double, double) { return 0.0; };
    physics.barrier = [](std::int64_t voxel, double strain, const std::vector<int>& events) {
        return events[voxel] > 0 ? 1.0 : (0.5 + 0.1 * static_cast<double>(voxel)) * (1.0 - strain / critical_strain(voxel));
    };
    return physics;
}

}  // namespace

TEST_CASE("continuous: a barrier transforms at the strain at which it vanishes", "[reference]")
{
    const auto options = options_with(Clock::Continuous, Athermal::Sequential);
    FakeRun run(falling_barriers(), world(), options);
    // In the order of critical strains: 5 v mod 12 = 0, 1, 2, ...
    for (int i = 0; i < 12; ++i) {
        Step step = run.advance();
        for (int looks = 0; step.events.empty() && looks < 100; ++looks) step = run.advance();
        REQUIRE(everywhere(step.events.size() == 1 && (5 * step.events[0].voxel) % 12 == i));
        const double expected = critical_strain(step.events[0].voxel);
        REQUIRE(everywhere(step.events[0].athermal == 1));
        REQUIRE(step.strain == Approx(expected).epsilon(1e-14));
        REQUIRE(step.now.seconds() == Approx(expected / options.strain_rate).epsilon(1e-14));
        REQUIRE(std::abs(step.events[0].barrier) < 1e-14);
    }
}

TEST_CASE("increment: a barrier transforms at the beginning of the step whose strain reaches it", "[reference]")
{
    for (const Clock clock : {Clock::Increment, Clock::Bernoulli}) {
        const auto options = options_with(clock, Athermal::Sequential);
        FakeRun run(falling_barriers(), world(), options);
        std::vector<int> seen(12);
        for (int events = 0, looks = 0; events < 12 && looks < 100; ++looks) {
            const Step step = run.advance();
            for (const Event& event : step.events) {
                // Step number n, from 0, lies at strain (n + 1) Δε and begins at n Δt.
                const double number = std::ceil(critical_strain(event.voxel) / options.strain_increment) - 1.0;
                REQUIRE(step.strain == Approx((number + 1.0) * options.strain_increment).epsilon(1e-14));
                REQUIRE(event.time.seconds() == Approx(number * 1.0).margin(1e-14));
                ++seen[event.voxel];
                ++events;
            }
        }
        REQUIRE(everywhere(seen == std::vector<int>(12, 1)));
    }
}

TEST_CASE("a thermal event before a barrier vanishes comes first, one after it never", "[reference]")
{
    // Voxel 0 transforms with rate 1/s until voxel 1's barrier vanishes at t = 1 s: then voxel 1 must have its turn at 1 s.
    FakePhysics physics;
    physics.tiles = 2;
    physics.rate = [](std::int64_t voxel, int, double, double) { return voxel == 0 ? 1.0 : 0.0; };
    physics.barrier = [](std::int64_t voxel, double strain, const std::vector<int>& events) {
        return voxel == 1 && events[1] == 0 ? 1.0 - strain / 1e-4 : 1.0;
    };
    auto options = options_with(Clock::Continuous, Athermal::Sequential);
    options.horizon = 1e-3;
    int without_thermal = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        options.seed = seed;
        FakeRun run(physics, world(), options);
        bool in_order = true;
        int thermal = 0;
        PreciseTime last;
        for (int looks = 0; looks < 100 && run.model().events()[1] == 0; ++looks) {
            for (const Event& event : run.advance().events) {
                in_order = in_order && !(event.time < last) && (event.athermal == 1) == (event.voxel == 1);
                last = event.time;
                thermal += event.voxel == 0 ? 1 : 0;
            }
        }
        in_order = in_order && run.model().events()[1] == 1 && std::abs(last.seconds() - 1.0) < 1e-14;
        REQUIRE(everywhere(in_order));
        without_thermal += thermal == 0 ? 1 : 0;
    }
    // Binomial with probability 1/e of 60: 22 ± 3.7.
    CHECK(without_thermal > 6);
    CHECK(without_thermal < 38);
}
