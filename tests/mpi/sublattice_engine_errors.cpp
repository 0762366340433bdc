// What stops the sublattice engine: it comes up in a block of one rank, and must stop all.

#include <limits>
#include <string>
#include <vector>

#include "fake_block_model.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A tile of two voxels in each of eight blocks.
FakeCell<2> cell()
{
    FakeCell<2> cell;
    cell.grid = {{132, 68}};
    cell.at = {{31, 31}, {32, 31}, {70, 31}, {131, 31}, {31, 32}, {32, 32}, {70, 32}, {131, 32}};
    return cell;
}

FakePhysics quiet()
{
    FakePhysics physics;
    physics.tiles = 8;
    physics.voxels_per_tile = 2;
    physics.rate = [](std::int64_t, int, double, double) { return 0.3; };
    return physics;
}

/// The barrier of voxel 0 vanishes at a strain of 2.5e-4, in the third cycle, and its event makes the rate of another voxel NaN.
FakePhysics broken_by_event(std::int64_t broken)
{
    auto physics = quiet();
    physics.rate = [broken](std::int64_t voxel, int, double, double) { return voxel == broken ? 1e-9 : 0.0; };
    physics.coupling = [broken](std::int64_t voxel, const std::vector<int>& events) { return voxel == broken && events[0] > 0 ? not_a_number : 1.0; };
    physics.barrier = [](std::int64_t voxel, double strain, const std::vector<int>& events) {
        return voxel == 0 && events[0] == 0 ? 1.0 - strain / 2.5e-4 : 1.0;
    };
    return physics;
}

RampedOptions options_with(std::uint64_t seed)
{
    RampedOptions options;
    options.horizon = options.strain_rate;  // cycles of a second
    options.events_per_window = 1e30;
    options.sweeps_per_cycle = 1;
    options.seed = seed;
    return options;
}

/// The text of the error that ends a run within so many cycles on all ranks; something else if texts differ. Collective.
std::string common_error(SublatticeRun<2>& run, int cycles)
{
    const std::string mine = run.stopped_within(cycles);
    const auto expected = broadcast(world(), mine);
    return everywhere(mine == expected) ? expected : "ranks have different errors";
}

}  // namespace

TEST_CASE("sublattice: a rate that is not finite stops the run on every rank and names voxel, cycle and time", "[sublattice]")
{
    for (const double broken : {not_a_number, std::numeric_limits<double>::infinity()})
        for (const std::int64_t culprit : {0, 7, 13}) {
            auto physics = quiet();
            physics.rate = [=](std::int64_t voxel, int, double, double strain) { return voxel == culprit && strain > 2.5e-4 ? broken : 0.3; };
            SublatticeRun<2> run(physics, {}, cell(), world(), options_with(3));
            REQUIRE(everywhere(run.stopped_within(2).empty()));
            const int commits = run.model().commits();
            const std::string error = common_error(run, 1);
            CAPTURE(broken, culprit, error);
            REQUIRE(contains(error, "in cycle 2 (time "));
            REQUIRE(contains(error, "the rate of voxel " + std::to_string(culprit) + " is not a finite number"));
            REQUIRE(everywhere(run.model().commits() == commits));
        }
}

TEST_CASE("sublattice: a rate that an event of a later turn breaks stops the run in that cycle", "[sublattice]")
{
    // Voxel 2's block has its turn before or after that of voxel 0, whose event breaks it: at once, or at the end of the cycle.
    const auto physics = broken_by_event(2);
    int at_once = 0;
    constexpr int seeds = 20;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        SublatticeRun<2> run(physics, {}, cell(), world(), options_with(seed));
        const std::string error = common_error(run, 10);
        CAPTURE(seed, error);
        REQUIRE(contains(error, "in cycle 2 (time "));
        REQUIRE(contains(error, "voxel 2 is not a finite number"));
        const bool is_at_once = contains(error, "load 0.00025)");
        REQUIRE((is_at_once || contains(error, "load 0.0003)")));
        at_once += is_at_once ? 1 : 0;
    }
    CHECK(at_once > 0);
    CHECK(at_once < seeds);
}

TEST_CASE("sublattice: a rate that a far event breaks stops the run when the cycle has been committed", "[sublattice]")
{
    const auto physics = broken_by_event(4);
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SublatticeRun<2> run(physics, {}, cell(), world(), options_with(seed));
        const std::string error = common_error(run, 10);
        CAPTURE(seed, error);
        REQUIRE(contains(error, "in cycle 2 (time "));
        REQUIRE(contains(error, "load 0.0003)"));
        REQUIRE(contains(error, "voxel 4 is not a finite number"));
        REQUIRE(everywhere(run.model().commits() == 1));
    }
}

TEST_CASE("sublattice: a voxel that transforms too often stops the run on every rank and is named", "[sublattice]")
{
    for (const std::int64_t culprit : {1, 14}) {
        auto physics = quiet();
        physics.barrier = [=](std::int64_t voxel, double strain, const std::vector<int>&) { return voxel == culprit ? 1.0 - strain / 1.5e-4 : 1.0; };
        auto options = options_with(8);
        options.max_generation = 50;
        SublatticeRun<2> run(physics, {}, cell(), world(), options);
        REQUIRE(everywhere(run.stopped_within(1).empty()));
        const std::string error = common_error(run, 1);
        CAPTURE(culprit, error);
        REQUIRE(contains(error, "in cycle 1 (time 1."));
        REQUIRE(contains(error, "s, load 0.00015): voxel " + std::to_string(culprit) + " would transform more than"));
        REQUIRE(contains(error, "kmc.max_generation = 50"));
        REQUIRE(sum(world(), run.model().events()[culprit]) == 50);
    }
}

TEST_CASE("sublattice: of errors on several ranks all ranks tell one", "[sublattice]")
{
    auto physics = quiet();
    physics.rate = [](std::int64_t voxel, int, double, double strain) { return strain > 0.5e-4 && voxel % 2 == 1 ? not_a_number : 0.3; };
    SublatticeRun<2> run(physics, {}, cell(), world(), options_with(3));
    const std::string error = common_error(run, 1);
    CAPTURE(error);
    REQUIRE(contains(error, "in cycle 0 (time 0 s, load 0): the rate of voxel "));
    REQUIRE(contains(error, " is not a finite number"));
}
