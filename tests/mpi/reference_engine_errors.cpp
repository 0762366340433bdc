// What stops the reference engine, and what it says.

#include <limits>
#include <string>

#include "fake_model.hpp"
#include "support.hpp"

using namespace shearwater;
using test::contains;
using test::everywhere;
using test::FakePhysics;
using test::FakeRun;
using test::world;

TEST_CASE("a rate that is not finite stops the run on every rank and names voxel and step", "[reference]")
{
    for (const double broken : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
        for (const Clock clock : {Clock::Continuous, Clock::Increment, Clock::Bernoulli, Clock::Published}) {
            FakePhysics physics;
            physics.tiles = 7;
            physics.voxels_per_tile = 3;
            physics.rate = [&](std::int64_t voxel, int, double, double strain) { return voxel == 13 && strain > 2.5e-4 ? broken : 0.0; };
            KmcOptions options;
            options.clock = clock;
            options.strain_increment = options.horizon = 1e-4;
            FakeRun run(physics, world(), options);
            const std::string error = run.stopped_within(10);
            CAPTURE(broken, static_cast<int>(clock), error);
            // A step with the published clock begins at the strain that the one before has reached.
            const std::string step = clock == Clock::Published ? "step 4" : "step 3";
            REQUIRE(everywhere(contains(error, "voxel 13 ") && contains(error, step + " ") && contains(error, "not a finite number")));
        }
}

TEST_CASE("a voxel that transforms too often stops the run on every rank and is named", "[reference]")
{
    for (const Athermal athermal : {Athermal::Sequential, Athermal::Simultaneous}) {
        FakePhysics physics;
        physics.tiles = 4;
        physics.voxels_per_tile = 3;
        physics.rate = [](std::int64_t, int, double, double) { return 1.0; };
        physics.barrier = [](std::int64_t voxel, double, const std::vector<int>&) { return voxel == 7 ? -0.1 : 1.0; };
        KmcOptions options;
        options.athermal = athermal;
        options.max_generation = 5;
        FakeRun run(physics, world(), options);
        REQUIRE(everywhere(run.stopped_within(5).empty()));
        const std::string error = run.stopped_within(1);
        CAPTURE(error);
        REQUIRE(everywhere(contains(error, "voxel 7 ") && contains(error, "kmc.max_generation = 5")));
        REQUIRE(everywhere(run.model().events()[7] == 5));
    }
}
