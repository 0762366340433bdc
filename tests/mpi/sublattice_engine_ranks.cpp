// The sublattice engine gives the same events and cycles, byte for byte, on any number of ranks; what it tells of a cycle is what its events say; and
// events come to other blocks once and when they should.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/random.hpp>

#include "fake_block_model.hpp"
#include "lively_physics.hpp"
#include "periodic.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr int tiles = 37;
constexpr double burst_age = 0.05;  ///< [s]

/// Blocks of different sizes, for one to eight ranks, and tiles all over them.
template <int Dim>
FakeCell<Dim> cell()
{
    FakeCell<Dim> cell;
    if constexpr (Dim == 2)
        cell.grid.size = {260, 68};
    else
        cell.grid.size = {100, 35, 34};
    for (int tile = 0; tile < tiles; ++tile) {
        Index<Dim> at{};
        for (int axis = 0; axis < Dim; ++axis) {
            const double draw = uniform_pair({1, Purpose::Moduli, static_cast<std::uint64_t>(tile), static_cast<std::uint32_t>(axis), 0})[0];
            at[axis] = std::min(static_cast<int>(draw * cell.grid.size[axis]), cell.grid.size[axis] - 1);
        }
        cell.at.push_back(at);
    }
    cell.burst_age = burst_age;
    cell.missed = [](const Event& event, double cycle_seconds, const auto& others) {
        const double far = 0.004 * cycle_seconds * static_cast<double>(others.before);
        const double boundary = 0.1 * std::sin(static_cast<double>(event.voxel));
        const double curable = 0.004 * cycle_seconds * static_cast<double>(others.long_before);
        return Missed{far, boundary, static_cast<double>(others.all), 0.2, curable + boundary, curable};
    };
    return cell;
}

RampedOptions options_with(std::uint64_t seed, int sweeps)
{
    RampedOptions options;
    options.horizon = 0.2 * options.strain_rate;
    options.events_per_window = 3.0;
    options.error_sample = 8;
    options.sweeps_per_cycle = sweeps;
    options.seed = seed;
    return options;
}

/// All that must be the same of a cycle, to the last bit.
std::string text_of(const CycleStep& step)
{
    const Cycle& cycle = step.cycle;
    const auto& missed = cycle.missed;
    std::string on_the_way;
    for (const Waypoint& point : step.waypoints) on_the_way += fmt::format(" {:a} {}", point.load, fmt::join(point.codes_left, ","));
    return fmt::format("{:a} {:a} {:a} {:a} {} {} {} {} {} {} {} {:x} {} {:a} {:a} {:a} {:a} {:a} {:a} {:a} {:a} {:a}", step.now.high(),
                       step.now.low(), step.load, cycle.seconds, cycle.sweeps, cycle.rounds, step.counts.events, step.counts.athermal_events,
                       step.counts.reversals, cycle.bursts, step.counts.max_generation, step.digest, missed.measured, missed.far_squares,
                       missed.boundary_squares, missed.squares, missed.far_largest, missed.boundary_largest, missed.far_bound, missed.boundary_bound,
                       missed.curable_squares, missed.far_curable_squares) +
           on_the_way + "\n";
}

template <class Item>
bool same_bytes(const std::vector<Item>& a, const std::vector<Item>& b)
{
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Item)) == 0);
}

/// In 3D messages are many.
template <int Dim>
constexpr int cycles = Dim == 2 ? 150 : 60;

/// A run with the records of its cycles.
template <int Dim>
struct Recorded {
    Recorded(const Communicator& comm, std::uint64_t seed, int sweeps = 3)
        : run(lively_physics(tiles), lively_bounds(), cell<Dim>(), comm, options_with(seed, sweeps))
    {
        for (int cycle = 0; cycle < cycles<Dim>; ++cycle) {
            steps.push_back(run.advance());
            text += text_of(steps.back());
            const auto mine = run.model().take_taken();
            Traffic ignored;
            arrivals.push_back(gather_on_root(comm, mine, ignored));
        }
    }

    SublatticeRun<Dim> run;
    std::vector<CycleStep> steps;
    std::string text;
    std::vector<std::vector<typename FakeBlockModel<Dim>::Arrival>> arrivals;  ///< of each cycle, on rank 0
};

/// What must be the same, summed over ranks. Collective.
std::vector<std::int64_t> totals(const Communicator& comm, const EngineCounters& counters, const CycleCounters& cycles)
{
    return {sum(comm, counters.candidates), sum(comm, counters.rejections), sum(comm, counters.model.refreshed_voxels),
            sum(comm, cycles.events_here),  counters.traffic.collectives,   cycles.cycles};
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("sublattice: events and cycles are the same on any number of ranks, to the last bit", "[sublattice]", ((int Dim), Dim), 2, 3)
{
    const Communicator self(MPI_COMM_SELF);
    for (const std::uint64_t seed : {1, 2}) {
        Recorded<Dim> together(world(), seed);
        std::string expected;
        std::vector<std::int64_t> wanted(6);
        int different = 0;
        if (world().is_root()) {
            Recorded<Dim> alone(self, seed);
            expected = alone.text;
            wanted = totals(self, alone.run.counters(), alone.run.cycle_counters());
            for (int cycle = 0; cycle < cycles<Dim>; ++cycle) {
                const bool same = same_bytes(together.steps[cycle].events, alone.steps[cycle].events) &&
                                  same_bytes(together.steps[cycle].missed, alone.steps[cycle].missed);
                different += same ? 0 : 1;
            }
        }
        CAPTURE(Dim, seed, different, together.text, expected);
        REQUIRE(everywhere(different == 0));
        const bool same_text = together.text == broadcast(world(), expected);
        REQUIRE(everywhere(same_text));
        const auto found = totals(world(), together.run.counters(), together.run.cycle_counters());
        CAPTURE(found, wanted);
        REQUIRE(everywhere(!world().is_root() || found == wanted));
        // Two messages for each cut axis after each turn.
        std::int64_t turns = 0;
        for (const CycleStep& step : together.steps) turns += (step.cycle.sweeps + step.cycle.rounds) * together.run.blocks_of_cell().colours();
        const auto parts = Partition<Dim>(together.run.blocks_of_cell(), world().size()).process_grid();
        const auto cut_axes = std::count_if(parts.begin(), parts.end(), [](int n) { return n > 1; });
        REQUIRE(everywhere(together.run.counters().traffic.messages == 2 * cut_axes * turns));
    }
}

TEMPLATE_TEST_CASE_SIG("sublattice: what is told of a cycle is what its events say", "[sublattice]", ((int Dim), Dim), 2, 3)
{
    Recorded<Dim> recorded(world(), 3);
    if (!world().is_root()) return;  // has the events
    Cycle all;
    EventCounts all_counts;
    std::map<std::int64_t, PreciseTime> last;
    PreciseTime begin;
    for (const CycleStep& step : recorded.steps) {
        EventCounts expected;
        std::int64_t bursts = 0;
        MissedStatistics missed;
        const auto measured = std::count_if(step.missed.begin(), step.missed.end(), [](const Missed& each) { return !std::isnan(each.far); });
        const double weight = measured > 0 ? static_cast<double>(step.events.size()) / static_cast<double>(measured) : 0.0;
        std::uint64_t hash = 0;
        bool in_order = true;
        PreciseTime before = begin;
        for (std::size_t i = 0; i < step.events.size(); ++i) {
            const Event& event = step.events[i];
            in_order = in_order && !(event.time < before) && !(step.now < event.time);
            before = event.time;
            ++expected.events;
            expected.athermal_events += event.athermal;
            expected.reversals += event.voxel % 3 == 0 ? 1 : 0;
            const bool in_burst = last.count(event.voxel) > 0 && event.time - last[event.voxel] < burst_age;
            bursts += event.athermal == 0 && !in_burst ? 1 : 0;
            expected.max_generation = std::max<std::int64_t>(expected.max_generation, event.generation + 1);
            hash += digest(event);
            last[event.voxel] = event.time;
            if (!std::isnan(step.missed[i].far)) missed.add(step.missed[i], weight);
        }
        const Cycle& cycle = step.cycle;
        REQUIRE(step.missed.size() == step.events.size());
        REQUIRE(in_order);
        REQUIRE(step.counts.events == expected.events);
        REQUIRE(cycle.events == expected.events);
        REQUIRE(step.counts.athermal_events == expected.athermal_events);
        REQUIRE(step.counts.reversals == expected.reversals);
        REQUIRE(cycle.bursts == bursts);
        REQUIRE(step.counts.max_generation == expected.max_generation);
        REQUIRE(step.digest == hash);
        REQUIRE(cycle.seconds == step.now - begin);
        REQUIRE((cycle.sweeps >= 1 && cycle.sweeps <= 3));
        REQUIRE(static_cast<std::int64_t>(step.waypoints.size()) == cycle.sweeps - 1);
        REQUIRE(cycle.missed.measured == missed.measured);
        // The sample stands for all events of its cycle.
        REQUIRE((measured == 0 || cycle.missed.events == Approx(static_cast<double>(cycle.events)).epsilon(1e-12)));
        REQUIRE(cycle.missed.squares == Approx(missed.squares).epsilon(1e-12));
        // The sums over ranks that were asked for, of all events of the cycle.
        REQUIRE((cycle.events == 0 || cycle.missed.far_bound == static_cast<double>(cycle.events) || cycle.missed.measured == 0));
        REQUIRE(cycle.busiest <= cycle.events);
        REQUIRE(cycle.busiest * world().size() >= cycle.events);
        REQUIRE((world().size() > 1 || cycle.busiest == cycle.events));
        // No shorter than what one rank must do, and waiting for neighbours takes no longer than waiting for all.
        REQUIRE(cycle.critical_path <= cycle.busiest);
        REQUIRE(cycle.critical_path * world().size() >= cycle.events);
        REQUIRE((world().size() > 1 || cycle.critical_path == cycle.events));
        begin = step.now;
        all.events += cycle.events;
        all_counts += step.counts;
        all.sweeps += cycle.sweeps;
        all.rounds += cycle.rounds;
        all.bursts += cycle.bursts;
        all.missed += cycle.missed;
    }
    // There was something of everything.
    CAPTURE(all.events, all_counts.athermal_events, all.bursts, all.rounds, all.missed.measured);
    CHECK(all.events > 500);
    CHECK(all_counts.athermal_events > 50);
    CHECK(all.bursts > 50);
    CHECK(all.events - all_counts.athermal_events - all.bursts > 50);
    CHECK(all.rounds > 5);
    CHECK(10 * all.sweeps > 11 * std::ssize(recorded.steps));
    CHECK(10 * all.sweeps < 29 * std::ssize(recorded.steps));
    CHECK(all.missed.measured > 100);
    CHECK(all.missed.measured < all.events - 100);
}

namespace {

/// Which block learns of an event of which voxel, when that happened, and until when the block has come.
struct ArrivalRecord {
    std::int64_t block;
    std::int64_t voxel;
    PreciseTime time;
    PreciseTime until;

    [[nodiscard]] auto key() const { return std::tuple(block, voxel, time.high(), time.low(), until.high(), until.low()); }
    [[nodiscard]] bool operator==(const ArrivalRecord& other) const { return key() == other.key(); }
    [[nodiscard]] bool operator<(const ArrivalRecord& other) const { return key() < other.key(); }
};

/// Those of a cycle, told from where its events lie and the order of colours.
template <int Dim>
std::vector<ArrivalRecord> expected_arrivals(const Step& step, const Blocks<Dim>& blocks, const std::vector<int>& order)
{
    const auto places = cell<Dim>();
    const auto turn_of = [&](std::int64_t block) { return std::find(order.begin(), order.end(), blocks.colour(block)); };
    std::vector<ArrivalRecord> expected;
    for (const Event& event : step.events) {
        const auto& at = places.at[event.voxel / 3];
        const auto source = blocks.block_of(at);
        for (std::int64_t block = 0; block < blocks.count(); ++block) {
            if (block == source || distance_to(places.grid, at, blocks.box(block)) > halo_width<Dim>) continue;
            expected.push_back({block, event.voxel, event.time, turn_of(block) > turn_of(source) ? event.time : step.now});
        }
    }
    std::sort(expected.begin(), expected.end());
    return expected;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("sublattice: an event comes to each block near to it once, at its own time if the block's turn is later, else at the end",
                       "[sublattice]", ((int Dim), Dim), 2, 3)
{
    Recorded<Dim> recorded(world(), 4, 1);
    if (!world().is_root()) return;  // has the arrivals
    const Communicator self(MPI_COMM_SELF);
    SublatticeRun<Dim> alone(lively_physics(tiles), lively_bounds(), cell<Dim>(), self, options_with(4, 1));  // for the order of colours
    std::int64_t at_own_time = 0;
    std::int64_t at_the_end = 0;
    for (int cycle = 0; cycle < cycles<Dim>; ++cycle) {
        static_cast<void>(alone.advance());
        auto order = alone.take_colours();
        order.resize(static_cast<std::size_t>(alone.blocks_of_cell().colours()));  // of the first sweep; later ones have the same
        const Step& step = recorded.steps[cycle];
        const auto expected = expected_arrivals<Dim>(step, alone.blocks_of_cell(), order);
        std::vector<ArrivalRecord> found;
        for (const auto& [block, source, until] : recorded.arrivals[cycle]) found.push_back({block, source.who, source.time, until});
        std::sort(found.begin(), found.end());
        CAPTURE(Dim, cycle, order, found.size(), expected.size());
        REQUIRE((found == expected));
        for (const auto& arrival : expected) ++(arrival.until == step.now ? at_the_end : at_own_time);
    }
    CHECK(at_own_time > 200);
    CHECK(at_the_end > 200);
}
