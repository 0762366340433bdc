// The sublattice engine when barriers vanish by events of other blocks: what transforms when, and when a cycle ends.

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "fake_block_model.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr double strain_rate = 1e-4;  ///< [1/s]

/// Tiles 0 to 3 lie in four blocks around the point where they meet, in this order of x and y, and hold three voxels each. Four more blocks have
/// nothing to do, so that eight ranks can share.
FakeCell<2> corner()
{
    FakeCell<2> cell;
    cell.grid = {{132, 68}};
    cell.at = {{31, 31}, {32, 31}, {31, 32}, {32, 32}};
    return cell;
}

RampedOptions options_with(std::uint64_t seed)
{
    RampedOptions options;
    options.strain_rate = strain_rate;
    options.horizon = strain_rate;  // cycles of a second
    options.sweeps_per_cycle = 1;
    options.seed = seed;
    return options;
}

/// Voxels that transform one after another: the first when the strain reaches `begin`, each of the others once the one before has.
struct Chain {
    std::vector<std::int64_t> voxels;
    double begin;  ///< strain

    [[nodiscard]] FakePhysics physics() const
    {
        FakePhysics physics;
        physics.tiles = 4;
        physics.voxels_per_tile = 3;
        physics.rate = [](std::int64_t, int, double, double) { return 0.0; };
        physics.barrier = [*this](std::int64_t voxel, double strain, const std::vector<int>& events) {
            const auto place = std::find(voxels.begin(), voxels.end(), voxel);
            if (place == voxels.end() || events[voxel] > 0) return 1.0;
            if (place == voxels.begin()) return 1.0 - strain / begin;
            return events[*(place - 1)] > 0 ? -0.1 : 1.0;
        };
        return physics;
    }
};

/// Around the corner several times, twice within a block, and back.
const Chain around{{0, 3, 4, 9, 6, 1, 10, 7, 5, 2, 8, 11}, 2.4e-4};

/// What a cascade comes to when colours have their turns in this order: which events happen at the time of the first, before others at the cycle's
/// end, and in how many rounds. Told from the chain alone.
struct Expected {
    std::size_t at_once = 0;
    std::int64_t rounds = 0;
};

Expected expected_of(const Chain& chain, const std::vector<int>& order, const Blocks<2>& blocks)
{
    Expected expected;
    const auto cell = corner();
    std::ptrdiff_t turn = 0;
    for (const auto voxel : chain.voxels) {
        const int colour = blocks.colour(blocks.block_of(cell.at[voxel / 3]));
        const auto own = std::find(order.begin(), order.end(), colour) - order.begin();
        if (own < turn) ++expected.rounds;
        turn = own;
        if (expected.rounds == 0) ++expected.at_once;
    }
    return expected;
}

bool happens_as_expected(const Step& step, const Chain& chain, const Expected& expected)
{
    bool right = step.events.size() == chain.voxels.size();
    for (std::size_t i = 0; right && i < step.events.size(); ++i) {
        const Event& event = step.events[i];
        right = event.voxel == chain.voxels[i] && event.athermal == 1;
        if (i < expected.at_once)
            right = right && std::abs(event.time.seconds() - chain.begin / strain_rate) < 1e-14 * event.time.seconds();
        else
            right = right && event.time == step.now;
    }
    return right;
}

/// Orders of the four colours in the third cycle of runs with seeds 1 to count, from runs on one rank.
std::vector<std::vector<int>> orders_of_third_cycle(int seeds)
{
    const Communicator self(MPI_COMM_SELF);
    FakePhysics nothing = around.physics();
    nothing.barrier = {};
    std::vector<std::vector<int>> orders;
    for (int seed = 1; seed <= seeds; ++seed) {
        SublatticeRun<2> run(nothing, {}, corner(), self, options_with(static_cast<std::uint64_t>(seed)));
        for (int cycle = 0; cycle < 2; ++cycle) static_cast<void>(run.advance());
        static_cast<void>(run.take_colours());
        static_cast<void>(run.advance());
        orders.push_back(run.take_colours());
        orders.back().resize(4);  // a sweep
    }
    return orders;
}

}  // namespace

TEST_CASE("sublattice: barriers that vanish by events of other blocks are carried out when those are known, colour by colour until none is left",
          "[sublattice]")
{
    constexpr int seeds = 40;
    const auto orders = orders_of_third_cycle(seeds);
    std::int64_t fewest = 100;
    std::int64_t most = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        SublatticeRun<2> run(around.physics(), {}, corner(), world(), options_with(static_cast<std::uint64_t>(seed)));
        for (int cycle = 0; cycle < 2; ++cycle) {
            const CycleStep before = run.advance();
            REQUIRE(everywhere(before.events.empty() && before.counts.events == 0 && before.cycle.rounds == 0));
        }
        const CycleStep step = run.advance();
        const auto expected = expected_of(around, orders[seed - 1], run.blocks_of_cell());
        CAPTURE(seed, orders[seed - 1], expected.at_once, expected.rounds, step.cycle.rounds);
        REQUIRE(everywhere(!world().is_root() || happens_as_expected(step, around, expected)));
        REQUIRE(everywhere(step.cycle.rounds == expected.rounds));
        // A turn has events in one block alone: the busiest ranks have all.
        REQUIRE(everywhere(step.counts.events == 12 && step.counts.athermal_events == 12 && step.cycle.busiest == 12));
        REQUIRE(step.cycle.critical_path <= 12);
        REQUIRE(everywhere(step.now.seconds() == Approx(3.0).epsilon(1e-14)));
        const CycleStep after = run.advance();
        REQUIRE(everywhere(after.counts.events == 0 && after.cycle.rounds == 0));
        fewest = std::min(fewest, expected.rounds);
        most = std::max(most, expected.rounds);
    }
    CHECK(fewest < most);  // orders make a difference
}

TEST_CASE("sublattice: what far events leave unstable is carried out when the next cycle begins", "[sublattice]")
{
    FakeCell<2> cell;
    cell.grid = {{160, 80}};
    cell.block = 40;
    cell.at = {{20, 20}, {60, 20}};  // more than 16 from each other's blocks
    FakePhysics physics;
    physics.tiles = 2;
    physics.rate = [](std::int64_t, int, double, double) { return 0.0; };
    physics.barrier = [](std::int64_t voxel, double strain, const std::vector<int>& events) {
        if (events[voxel] > 0) return 1.0;
        return voxel == 0 ? 1.0 - strain / 1.5e-4 : events[0] > 0 ? -0.1 : 1.0;
    };
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        SublatticeRun<2> run(physics, {}, cell, world(), options_with(seed));
        REQUIRE(everywhere(run.advance().counts.events == 0));
        const CycleStep second = run.advance();
        REQUIRE(everywhere(second.counts.events == 1 && second.cycle.rounds == 0));
        const CycleStep third = run.advance();
        REQUIRE(everywhere(third.counts.events == 1 && third.cycle.rounds == 0));
        REQUIRE(everywhere(!world().is_root() || (third.events[0].voxel == 1 && third.events[0].time == second.now)));
        REQUIRE(everywhere(run.model().commits() == 2));
    }
}

namespace {

/// Two voxels that set each other off for ever, once the strain has reached 1.5e-4.
FakePhysics endless()
{
    auto physics = around.physics();
    physics.barrier = [](std::int64_t voxel, double strain, const std::vector<int>& events) {
        constexpr std::int64_t one = 1;
        constexpr std::int64_t other = 10;
        if (voxel == one && events[one] == 0) return 1.0 - strain / 1.5e-4;
        if (voxel == one && events[one] <= events[other]) return -0.1;
        if (voxel == other && events[other] < events[one]) return -0.1;
        return 1.0;
    };
    return physics;
}

/// Whether all ranks have the text of rank 0. Collective.
bool is_same_everywhere(const std::string& text)
{
    const auto expected = broadcast(world(), text);  // also where an assertion would not look
    return everywhere(text == expected);
}

}  // namespace

TEST_CASE("sublattice: a cascade that does not end stops the run on every rank after kmc.max_rounds", "[sublattice]")
{
    for (const int rounds : {1, 6}) {
        auto options = options_with(5);
        options.max_rounds = rounds;
        SublatticeRun<2> run(endless(), {}, corner(), world(), options);
        REQUIRE(everywhere(run.stopped_within(1).empty()));
        const std::string error = run.stopped_within(1);
        CAPTURE(error);
        REQUIRE(is_same_everywhere(error));
        REQUIRE(contains(error, "in cycle 1 (time 2 s, load 0.0002)"));
        REQUIRE(contains(error, "after " + std::to_string(rounds) + " sweeps over all colours (kmc.max_rounds), in 1 blocks"));
        REQUIRE(contains(error, "raise kmc.max_rounds"));
        REQUIRE(everywhere(run.model().commits() == 0));
    }
}

TEST_CASE("sublattice: a cascade may take kmc.max_rounds, and no more", "[sublattice]")
{
    SublatticeRun<2> free(around.physics(), {}, corner(), world(), options_with(5));
    for (int cycle = 0; cycle < 2; ++cycle) static_cast<void>(free.advance());
    const auto rounds = static_cast<int>(free.advance().cycle.rounds);
    REQUIRE(everywhere(rounds > 1));
    for (const int most : {rounds, rounds - 1}) {
        auto options = options_with(5);
        options.max_rounds = most;
        SublatticeRun<2> run(around.physics(), {}, corner(), world(), options);
        REQUIRE(everywhere(run.stopped_within(3).empty() == (most == rounds)));
    }
}
