// The engines give the same events, byte for byte, on any number of ranks; the exact engine draws as many candidates.

#include <cmath>
#include <vector>

#include "fake_bounded_model.hpp"
#include "fake_model.hpp"
#include "lively_physics.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

/// Barriers are known only within an uncertainty.
FakeBounds uncertain_bounds()
{
    FakeBounds bounds = lively_bounds();
    bounds.uncertainty = 0.03;
    bounds.barrier_error = [](std::int64_t voxel) { return 0.03 * std::sin(static_cast<double>(7 * voxel)); };
    return bounds;
}

RampedOptions options_with(Clock clock, Athermal athermal, double step_seconds)
{
    RampedOptions options;
    options.clock = clock;
    options.athermal = athermal;
    options.strain_increment = options.horizon = step_seconds * options.strain_rate;
    options.seed = 2024;
    return options;
}

int count_different(const std::vector<Event>& events, const std::vector<Event>& expected)
{
    int different = events.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(events.size(), expected.size()); ++i) different += identical(events[i], expected[i]) ? 0 : 1;
    return different;
}

/// Whether events are the same but for the rounding of their times.
bool nearly_identical(const std::vector<Event>& events, const std::vector<Event>& expected)
{
    bool same = events.size() == expected.size();
    for (std::size_t i = 0; same && i < events.size(); ++i)
        same = events[i].voxel == expected[i].voxel && events[i].generation == expected[i].generation &&
               std::abs(events[i].time - expected[i].time) < 1e-12;
    return same;
}

int count_athermal(const std::vector<Event>& events)
{
    int athermal = 0;
    for (const Event& event : events) athermal += event.athermal;
    return athermal;
}

/// What must be the same, summed over ranks.
std::vector<std::int64_t> totals(const Communicator& comm, const EngineCounters& counters)
{
    return {sum(comm, counters.candidates), sum(comm, counters.rejections), sum(comm, counters.model.refreshed_voxels), counters.traffic.collectives};
}

}  // namespace

TEST_CASE("reference engine: events are the same on any number of ranks, to the last bit", "[reference]")
{
    const Communicator self(MPI_COMM_SELF);
    for (const int tiles : {5, 13})
        for (const Clock clock : {Clock::Continuous, Clock::Increment, Clock::Bernoulli, Clock::Published})
            for (const Athermal athermal : {Athermal::Sequential, Athermal::Simultaneous}) {
                const auto options = options_with(clock, athermal, 0.08);
                FakeRun together(lively_physics(tiles), world(), options);
                FakeRun by_itself(lively_physics(tiles), self, options);
                const auto& events = together.run_to(200, 10000);
                const auto& expected = by_itself.run_to(200, 10000);
                CAPTURE(tiles, static_cast<int>(clock), static_cast<int>(athermal), count_athermal(expected));
                REQUIRE(everywhere(count_different(events, expected) == 0));
                CHECK(count_athermal(expected) > 10);
                CHECK(count_athermal(expected) < static_cast<int>(expected.size()));
            }
}

TEST_CASE("exact engine: events and candidates are the same on any number of ranks, to the last bit", "[exact]")
{
    const Communicator self(MPI_COMM_SELF);
    std::int64_t restored = 0;
    std::int64_t decided_again = 0;
    std::int64_t rejections = 0;
    // Five tiles leave ranks of eight without any.
    for (const int tiles : {5, 37})
        for (const Clock clock : {Clock::Continuous, Clock::Increment, Clock::Bernoulli})
            for (const Athermal athermal : {Athermal::Sequential, Athermal::Simultaneous}) {
                const auto options = options_with(clock, athermal, (tiles == 5 ? 0.3 : 0.08) * (clock == Clock::Bernoulli ? 0.1 : 1.0));
                BoundedRun together(lively_physics(tiles), uncertain_bounds(), world(), options);
                BoundedRun by_itself(lively_physics(tiles), uncertain_bounds(), self, options);
                const auto& events = together.run_to(300, 10000);
                const auto& expected = by_itself.run_to(300, 10000);
                CAPTURE(tiles, static_cast<int>(clock), static_cast<int>(athermal), count_athermal(expected));
                REQUIRE(everywhere(count_different(events, expected) == 0));
                const auto found = totals(world(), together.counters());
                const auto wanted = totals(self, by_itself.counters());
                CAPTURE(found, wanted);
                REQUIRE(everywhere(found == wanted));
                CHECK(count_athermal(expected) > 10);
                CHECK(count_athermal(expected) < static_cast<int>(expected.size()) - 10);
                rejections += wanted[1];
                restored += sum(world(), together.model().restored());
                decided_again += sum(world(), together.model().decisions()) - found[0];
                CHECK(by_itself.model().restored() == 0);
            }
    CAPTURE(restored, decided_again, rejections);
    CHECK(rejections > 1000);
    if (world().size() > 1) {
        CHECK(restored > 50);
        CHECK(decided_again > 200);
    }
}

TEST_CASE("exact engine: a voxel that others have passed over keeps its candidates", "[exact]")
{
    // No couplings: then the candidates of a tile do not depend on what others do, and its events are those of the tile alone.
    const Communicator self(MPI_COMM_SELF);
    FakePhysics physics;
    physics.tiles = 9;
    physics.rate = [](std::int64_t voxel, int, double age, double) {
        return 0.1 * static_cast<double>(1 + voxel) * (1.0 + 20.0 * std::exp(-age / 0.3));
    };
    const auto options = options_with(Clock::Continuous, Athermal::Sequential, 1e4);
    BoundedRun together(physics, {}, world(), options);
    const auto& events = together.run_to(500);
    for (int tile = 0; tile < physics.tiles; ++tile) {
        auto alone = physics;
        alone.rate = [&, tile](std::int64_t voxel, int mode, double age, double strain) {
            return voxel == tile ? physics.rate(voxel, mode, age, strain) : 0.0;
        };
        std::vector<Event> expected;
        for (const Event& event : events)
            if (event.voxel == tile) expected.push_back(event);
        BoundedRun run(alone, {}, self, options);
        CAPTURE(tile, expected.size());
        REQUIRE(everywhere(nearly_identical(run.run_to(expected.size()), expected)));
    }
}
