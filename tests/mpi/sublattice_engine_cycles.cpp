// The sublattice engine from cycle to cycle: the order of colours, and how long the next interval is.

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fake_block_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

/// Nothing happens.
FakePhysics idle()
{
    FakePhysics physics;
    physics.rate = [](std::int64_t, int, double, double) { return 0.0; };
    return physics;
}

template <int Dim>
FakeCell<Dim> cell(const Index<Dim>& size)
{
    FakeCell<Dim> cell;
    cell.grid.size = size;
    cell.at = {{}};
    return cell;
}

RampedOptions options_with(std::uint64_t seed)
{
    RampedOptions options;
    options.horizon = 1e-2 * options.strain_rate;
    options.sweeps_per_cycle = 1;
    options.seed = seed;
    return options;
}

/// Orders of colours in so many cycles of a run on one rank.
template <int Dim>
std::vector<std::vector<int>> orders(const Index<Dim>& size, int cycles, std::uint64_t seed)
{
    const Communicator self(MPI_COMM_SELF);
    SublatticeRun<Dim> run(idle(), {}, cell<Dim>(size), self, options_with(seed));
    std::vector<std::vector<int>> orders;
    for (int cycle = 0; cycle < cycles; ++cycle) {
        static_cast<void>(run.advance());
        orders.push_back(run.take_colours());
    }
    return orders;
}

bool is_permutation_of(std::vector<int> order, int colours)
{
    std::vector<int> all(static_cast<std::size_t>(colours));
    std::iota(all.begin(), all.end(), 0);
    std::sort(order.begin(), order.end());
    return order == all;
}

/// Which of the 24 permutations of 0 to 3 one is.
std::size_t number_of(const std::vector<int>& order)
{
    std::vector<int> permutation{0, 1, 2, 3};
    std::size_t number = 0;
    while (permutation != order) {
        std::next_permutation(permutation.begin(), permutation.end());
        ++number;
    }
    return number;
}

}  // namespace

TEST_CASE("sublattice: in every cycle each colour has one turn, all its blocks in it", "[sublattice]")
{
    const auto all_are_permutations = [](const std::vector<std::vector<int>>& orders, int colours) {
        return std::all_of(orders.begin(), orders.end(), [&](const auto& order) { return is_permutation_of(order, colours); });
    };
    CHECK(all_are_permutations(orders<2>({132, 68}, 50, 1), 4));
    CHECK(all_are_permutations(orders<2>({64, 16}, 50, 1), 2));
    CHECK(all_are_permutations(orders<2>({16, 16}, 50, 1), 1));
    CHECK(all_are_permutations(orders<3>({68, 35, 34}, 50, 1), 8));
    CHECK(all_are_permutations(orders<3>({68, 35, 8}, 50, 1), 4));
}

TEST_CASE("sublattice: all orders of colours are equally likely, independently from cycle to cycle and from seed to seed", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    PValues family;
    const std::vector<double> even(24, 1.0 / 24.0);
    const auto count = [](const std::vector<std::vector<int>>& orders) {
        std::vector<std::int64_t> counts(24);
        for (const auto& order : orders) ++counts[number_of(order)];
        return counts;
    };
    for (const std::uint64_t seed : {1, 2}) {
        const auto of_cycles = orders<2>({64, 64}, 5000, seed);
        family.add(fmt::format("cycles of seed {}", seed), proportions_p(count(of_cycles), even));
        // Who comes first in a cycle, and in the next.
        std::vector<std::int64_t> pairs(16);
        for (std::size_t i = 0; i + 1 < of_cycles.size(); i += 2) ++pairs[4 * of_cycles[i][0] + of_cycles[i + 1][0]];
        family.add(fmt::format("successive cycles of seed {}", seed), proportions_p(pairs, std::vector<double>(16, 1.0 / 16.0)));
    }
    std::vector<std::vector<int>> of_seeds;
    for (std::uint64_t seed = 100; seed < 3100; ++seed) of_seeds.push_back(orders<2>({64, 64}, 1, seed)[0]);
    family.add("first cycles of many seeds", proportions_p(count(of_seeds), even));
    // 8 colours: each at each place equally often.
    const auto in_3d = orders<3>({32, 32, 32}, 2000, 5);
    for (std::size_t place = 0; place < 8; ++place) {
        std::vector<std::int64_t> colours(8);
        for (const auto& order : in_3d) ++colours[order[place]];
        family.add(fmt::format("place {} of 8", place), proportions_p(colours, std::vector<double>(8, 1.0 / 8.0)));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
}

TEST_CASE("sublattice: ranks give colours their turns in the same order", "[sublattice]")
{
    // Ranks with two blocks or more see colours follow each other as one rank does.
    const auto alone = orders<2>({132, 68}, 50, 9);
    SublatticeRun<2> run(idle(), {}, cell<2>({132, 68}), world(), options_with(9));
    bool same = true;
    for (const auto& expected : alone) {
        static_cast<void>(run.advance());
        const auto mine = run.take_colours();
        auto seen = expected;
        std::erase_if(seen, [&](int colour) { return std::find(mine.begin(), mine.end(), colour) == mine.end(); });
        same = same && mine == seen;
    }
    REQUIRE(everywhere(same));
}

namespace {

/// Six voxels with constant rates in eight blocks, three of which have none.
struct Steady {
    std::vector<double> rates{0.5, 2.0, 1.25, 0.25, 3.0, 1.0};  ///< [1/s]; sums are exact

    [[nodiscard]] FakePhysics physics() const
    {
        FakePhysics physics;
        physics.tiles = static_cast<int>(rates.size());
        physics.rate = [*this](std::int64_t voxel, int, double, double) { return rates[voxel]; };
        return physics;
    }

    [[nodiscard]] static FakeCell<2> cell()
    {
        FakeCell<2> cell;
        cell.grid = {{132, 68}};
        cell.at = {{0, 0}, {10, 20}, {40, 3}, {3, 50}, {131, 67}, {64, 33}};
        return cell;
    }
};

}  // namespace

TEST_CASE("sublattice: windows hold as many bursts of rested voxels as asked for, but are no longer than the horizon", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    const Steady steady;
    for (const double burst_age : {0.0, 0.3})
        for (const double events_per_window : {0.05, 0.3, 100.0}) {
            RampedOptions options;
            options.horizon = 0.5 * options.strain_rate;
            options.events_per_window = events_per_window;
            options.drift_tolerance = 1e30;
            options.sweeps_per_cycle = 1;
            auto cell = Steady::cell();
            cell.burst_age = burst_age;
            SublatticeRun<2> run(steady.physics(), headroom(1.5), cell, self, options);
            std::vector<double> last(steady.rates.size(), -1.0);
            PreciseTime end;
            int limited_by_horizon = 0;
            for (int cycle = 0; cycle < 300; ++cycle) {
                // In the first cycle as well, when all are at rest.
                const auto now = cycle == 0 ? PreciseTime() : end;
                const auto bursts_within = [&](double seconds) {
                    double bursts = 0.0;
                    for (std::size_t voxel = 0; voxel < last.size(); ++voxel)
                        if (last[voxel] < 0.0 || now.seconds() - last[voxel] >= burst_age) bursts += std::min(steady.rates[voxel] * seconds, 1.0);
                    return bursts;
                };
                const CycleStep step = run.advance();
                const double seconds = step.cycle.seconds;
                CAPTURE(burst_age, events_per_window, cycle, seconds);
                REQUIRE(seconds <= 0.5 * (1.0 + 1e-12));
                // Each voxel counts once. Where one is about to be sure to have a burst there may be a fifth more of them.
                const double most = events_per_window * 8.0;
                const double over = seconds * 3.0 > 0.5 ? 1.25 : 1.0;
                const bool is_longest = seconds >= 0.5 * (1.0 - 1e-12);
                REQUIRE(bursts_within(seconds) <= over * most * (1.0 + 1e-6));
                REQUIRE((is_longest || bursts_within(seconds) >= most * (1.0 - 1e-6)));
                limited_by_horizon += is_longest ? 1 : 0;
                for (const Event& event : step.events) last[event.voxel] = event.time.seconds();
                end = step.now;
            }
            CHECK((limited_by_horizon == 300) == (events_per_window == 100.0));
        }
}

namespace {

/// Runs a steady lattice whose events miss sqrt(growth × cycle length), half of it from afar; growth may change from event to event.
SublatticeRun<2> drifting(const Communicator& comm, double tolerance, std::function<double()> growth, int sample = 1 << 30)
{
    RampedOptions options;
    options.horizon = 0.3 * options.strain_rate;  // so short that no voxel is sure to transform in it
    options.events_per_window = 1e30;
    options.drift_tolerance = tolerance;
    options.error_sample = sample;
    options.sweeps_per_cycle = 1;
    auto cell = Steady::cell();
    cell.missed = [growth = std::move(growth)](const Event&, double cycle_seconds, const FakeCell<2>::Others&) {
        const double exponent = std::sqrt(growth() * cycle_seconds);
        return Missed{1.5 * exponent, -0.5 * exponent, 0.0, 0.0, exponent, 1.5 * exponent};
    };
    return {Steady{}.physics(), headroom(1.5), cell, comm, options};
}

}  // namespace

TEST_CASE("sublattice: the window is such that the root mean square of missed exponents is the drift tolerance", "[sublattice]")
{
    // Squares are 0.8/s times the window.
    for (const double tolerance : {0.1, 0.25, 0.7, 5.0}) {
        auto run = drifting(world(), tolerance, [] { return 0.8; });
        double expected = 0.3;  // until something was measured
        for (int cycle = 0; cycle < 60; ++cycle) {
            const CycleStep step = run.advance();
            CAPTURE(tolerance, cycle);
            REQUIRE(step.cycle.seconds == Approx(expected).epsilon(1e-7));
            if (run.model().commits() > 0) expected = std::min(0.3, tolerance * tolerance / 0.8);
        }
    }
}

TEST_CASE("sublattice: so many sweeps make a cycle that what is missed far away is half the drift tolerance", "[sublattice]")
{
    // Squares are 0.8/s times the cycle far away, and less than nothing of that altogether: what is nearby makes up for it.
    struct Case {
        double tolerance;
        int sweeps;
    };
    for (const auto& [tolerance, sweeps] : {Case{0.1, 1}, {0.3, 2}, {0.5, 7}, {5.0, 9}}) {
        RampedOptions options;
        options.horizon = 0.01 * options.strain_rate;
        options.events_per_window = 1e30;
        options.drift_tolerance = tolerance;
        options.error_sample = 1 << 30;
        options.sweeps_per_cycle = 9;
        auto cell = Steady::cell();
        cell.missed = [](const Event&, double cycle_seconds, const FakeCell<2>::Others&) {
            const double exponent = std::sqrt(0.8 * cycle_seconds);
            return Missed{exponent, -exponent, 0.0, 0.0, 0.0, exponent};
        };
        SublatticeRun<2> run(Steady{}.physics(), headroom(1.5), cell, world(), options);
        int expected = 9;  // until something was measured
        for (int cycle = 0; cycle < 60; ++cycle) {
            const CycleStep step = run.advance();
            CAPTURE(tolerance, cycle);
            REQUIRE(step.cycle.sweeps == expected);
            REQUIRE(step.cycle.seconds == Approx(0.01 * expected).epsilon(1e-10));
            if (run.model().commits() > 0) expected = sweeps;
        }
        CHECK(everywhere(expected == sweeps));
    }
}

TEST_CASE("sublattice: what shorter intervals would not show makes none", "[sublattice]")
{
    RampedOptions options;
    options.horizon = 0.3 * options.strain_rate;
    options.drift_tolerance = 0.1;
    options.sweeps_per_cycle = 4;
    options.events_per_window = 1e30;
    auto cell = Steady::cell();
    cell.missed = [](const Event&, double, const FakeCell<2>::Others&) { return Missed{3.0, 4.0, 0.0, 0.0, 0.0, 0.0}; };
    SublatticeRun<2> run(Steady{}.physics(), headroom(1.5), cell, world(), options);
    for (int cycle = 0; cycle < 20; ++cycle) {
        const CycleStep step = run.advance();
        REQUIRE(step.cycle.sweeps == 4);
        REQUIRE(step.cycle.seconds == Approx(1.2).epsilon(1e-10));
    }
    REQUIRE(run.model().commits() > 0);
}

TEST_CASE("sublattice: the window follows the missed exponents of the last thousand events or so", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    double growth = 2.0;
    auto run = drifting(self, 0.5, [&growth] { return growth; });
    while (run.cycle_counters().events_here < 3000) static_cast<void>(run.advance());
    CHECK(run.advance().cycle.seconds == Approx(0.125).epsilon(1e-10));
    // Missed exponents become five times as large: a few events change little, thousands all.
    growth = 50.0;
    const auto before = run.cycle_counters().events_here;
    while (run.cycle_counters().events_here < before + 10) static_cast<void>(run.advance());
    double window = run.advance().cycle.seconds;
    CHECK(window < 0.125);
    CHECK(window > 0.0125);
    double last = window;
    bool is_falling = true;
    while (run.cycle_counters().events_here < before + 12000) {
        last = run.advance().cycle.seconds;
        is_falling = is_falling && last <= window * (1.0 + 1e-12);
        window = last;
    }
    CHECK(is_falling);
    CHECK(last == Approx(0.005).epsilon(1e-2));
}

TEST_CASE("sublattice: about as many events are measured as asked for, all if there are no more", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const int sample : {3, 64}) {
        auto run = drifting(
            self, 1e30, [] { return 1.0; }, sample);
        double excess = 0.0;
        double variance = 0.0;
        for (int cycle = 0; cycle < 500; ++cycle) {
            const CycleStep step = run.advance();
            const auto events = static_cast<double>(step.counts.events);
            const auto measured = static_cast<double>(step.cycle.missed.measured);
            if (events <= sample) {
                CHECK(measured == events);
                continue;
            }
            const double share = sample / events;
            excess += measured - sample;
            variance += sample * (1.0 - share);
        }
        if (variance > 0.0) family.add(fmt::format("samples of {}", sample), two_sided_p(excess / std::sqrt(variance)));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
}
