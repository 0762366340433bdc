// What stops the engines, and what it says.

#include <limits>
#include <string>

#include "fake_bounded_model.hpp"
#include "fake_model.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

bool names_voxel_13(const std::string& error, int step)
{
    return contains(error, "in step " + std::to_string(step) + " ") && contains(error, "voxel 13 ") && contains(error, "not a finite number");
}

}  // namespace

TEMPLATE_TEST_CASE("a rate that is not finite stops the run on every rank and names voxel and step", "[reference][exact]", FakeRun, ExactRun<150>)
{
    for (const double broken : {not_a_number, std::numeric_limits<double>::infinity()})
        for (const Clock clock : {Clock::Continuous, Clock::Increment, Clock::Bernoulli}) {
            FakePhysics physics;
            physics.tiles = 7;
            physics.voxels_per_tile = 3;
            physics.rate = [&](std::int64_t voxel, int, double, double strain) { return voxel == 13 && strain > 2.5e-4 ? broken : 0.0; };
            RampedOptions options;
            options.clock = clock;
            options.strain_increment = options.horizon = 1e-4;
            TestType run(physics, world(), options);
            const std::string error = run.stopped_within(10);
            CAPTURE(broken, static_cast<int>(clock), error);
            REQUIRE(everywhere(names_voxel_13(error, 3)));
        }
}

TEST_CASE("exact: a rate that is not finite is not passed over for barriers whose order is not sure", "[exact]")
{
    FakePhysics physics;
    physics.tiles = 7;
    physics.voxels_per_tile = 3;
    physics.rate = [](std::int64_t voxel, int, double, double) { return voxel == 13 ? not_a_number : 1.0; };
    physics.barrier = [](std::int64_t voxel, double, const std::vector<int>& events) { return voxel % 3 == 0 && events[voxel] == 0 ? -0.5 : 1.0; };
    FakeBounds bounds;
    bounds.uncertainty = 0.1;
    BoundedRun run(physics, bounds, world(), {});
    const std::string error = run.stopped_within(1);
    CAPTURE(error);
    REQUIRE(everywhere(names_voxel_13(error, 1)));
}

TEMPLATE_TEST_CASE("a voxel that transforms too often stops the run on every rank and is named", "[reference][exact]", FakeRun, ExactRun<150>)
{
    for (const Athermal athermal : {Athermal::Sequential, Athermal::Simultaneous}) {
        FakePhysics physics;
        physics.tiles = 4;
        physics.voxels_per_tile = 3;
        physics.rate = [](std::int64_t, int, double, double) { return 1.0; };
        physics.barrier = [](std::int64_t voxel, double, const std::vector<int>&) { return voxel == 7 ? -0.1 : 1.0; };
        RampedOptions options;
        options.athermal = athermal;
        options.max_generation = 5;
        TestType run(physics, world(), options);
        REQUIRE(everywhere(run.stopped_within(5).empty()));
        const std::string error = run.stopped_within(1);
        CAPTURE(error);
        REQUIRE(everywhere(contains(error, "voxel 7 ") && contains(error, "kmc.max_generation = 5")));
        REQUIRE(everywhere(run.model().events()[7] == 5));
    }
}

TEST_CASE("published: a rate that is not finite stops the run in the step that begins with it", "[reference]")
{
    FakePhysics physics;
    physics.tiles = 7;
    physics.voxels_per_tile = 3;
    physics.rate = [](std::int64_t voxel, int, double, double strain) { return voxel == 13 && strain > 2.5e-4 ? not_a_number : 0.0; };
    RampedOptions options;
    options.clock = Clock::Published;
    options.strain_increment = 1e-4;
    FakeRun run(physics, world(), options);
    // A step begins at the strain that the one before has reached.
    REQUIRE(everywhere(names_voxel_13(run.stopped_within(10), 4)));
}
