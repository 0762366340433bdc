// The sublattice engine on voxels that do not know of each other: then it makes no error, whatever the windows.

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "fake_block_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr double strain_rate = 1e-4;  ///< [1/s]

/// Four blocks; one has two tiles, and one tile two voxels that matter.
FakeCell<2> cell()
{
    FakeCell<2> cell;
    cell.grid = {{64, 68}};
    cell.at = {{3, 3}, {40, 0}, {31, 31}, {20, 67}, {63, 40}};
    return cell;
}

constexpr int voxels = 10;

/// Share of a voxel in the rate of all.
double share_of(std::int64_t voxel)
{
    constexpr double shares[voxels] = {0.1, 0.05, 0.2, 0.0, 0.15, 0.1, 0.08, 0.02, 0.25, 0.05};
    return shares[voxel];
}

FakePhysics physics_of(double (*rate)(double strain))
{
    FakePhysics physics;
    physics.tiles = voxels / 2;
    physics.voxels_per_tile = 2;
    physics.rate = [rate](std::int64_t voxel, int, double, double strain) { return share_of(voxel) * rate(strain); };
    return physics;
}

/// Windows are of `seconds`, however many events fall into them.
RampedOptions options_with(double seconds, std::uint64_t seed)
{
    RampedOptions options;
    options.strain_rate = strain_rate;
    options.horizon = seconds * strain_rate;
    options.events_per_window = 1e30;
    options.seed = seed;
    return options;
}

double constant(double /*strain*/)
{
    return 2.0;
}

/// Rises by 2/s every second.
double rising(double strain)
{
    return 0.5 + 2.0 * strain / strain_rate;
}

double rising_hazard(double t)
{
    return 0.5 * t + t * t;
}

/// Falls from 5.2/s to 0.2/s in 2.5 s.
double falling(double strain)
{
    return 0.2 + std::max(0.0, 5.0 - 2.0 * strain / strain_rate);
}

double falling_hazard(double t)
{
    return 0.2 * t + (t < 2.5 ? 5.0 * t - t * t : 6.25);
}

/// Probabilities of 0, 1, ... events of a Poisson distribution; the last is of all from there on.
std::vector<double> poisson(double mean, int classes)
{
    std::vector<double> probabilities{std::exp(-mean)};
    double rest = 1.0 - probabilities[0];
    for (int n = 1; n < classes - 1; ++n) {
        probabilities.push_back(probabilities.back() * mean / n);
        rest -= probabilities.back();
    }
    probabilities.push_back(rest);
    return probabilities;
}

constexpr int seeds = 5000;

}  // namespace

TEST_CASE("sublattice: numbers of events at constant rates have Poisson's distribution", "[sublattice]")
{
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    std::uint64_t first_seed = 0;  // no two runs with the same draws
    for (const double headroom_factor : {1.0, 3.0})
        for (const int cycles : {1, 7}) {
            constexpr double seconds = 6.0;
            // Numbers of events of voxels, up to 15, as digits of a number.
            const auto codes = over_seeds(seeds, [&](std::uint64_t seed) {
                auto options = options_with(seconds / cycles, first_seed + seed);
                options.max_strain = seconds * strain_rate;
                SublatticeRun<2> run(physics_of(constant), headroom(headroom_factor), cell(), self, options);
                for (int cycle = 0; cycle < cycles; ++cycle) static_cast<void>(run.advance());
                double code = 0.0;
                for (const int events : run.model().events()) code = 16.0 * code + std::min(events, 15);
                return code;
            });
            first_seed += seeds;
            std::vector<std::vector<std::int64_t>> counts(voxels, std::vector<std::int64_t>(7));
            for (const double code : codes) {
                auto digits = static_cast<std::uint64_t>(code);
                for (int voxel = voxels - 1; voxel >= 0; --voxel, digits /= 16) ++counts[voxel][std::min<std::uint64_t>(digits % 16, 6)];
            }
            for (int voxel = 0; voxel < voxels; ++voxel) {
                const double mean = share_of(voxel) * constant(0.0) * seconds;
                // Classes in which fewer than five are expected become one.
                auto probabilities = poisson(mean, 7);
                while (probabilities.size() > 1 && seeds * probabilities.back() < 5.0) {
                    probabilities[probabilities.size() - 2] += probabilities.back();
                    counts[voxel][probabilities.size() - 2] += counts[voxel][probabilities.size() - 1];
                    probabilities.pop_back();
                    counts[voxel].pop_back();
                }
                if (probabilities.size() == 1)
                    CHECK(counts[voxel][0] == seeds);  // a rate of zero
                else
                    family.add(fmt::format("headroom {}, {} cycles: voxel {}", headroom_factor, cycles, voxel),
                               proportions_p(counts[voxel], probabilities));
            }
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
}

TEST_CASE("sublattice: the first wait of a voxel follows the law of its rate along the ramp", "[sublattice]")
{
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    std::uint64_t first_seed = 0;  // no two runs with the same draws
    for (const double window : {0.1, 1.0, 5.0}) {
        const auto add = [&](const char* name, double (*rate)(double), double (*hazard)(double)) {
            const auto waits = over_seeds(seeds, [&](std::uint64_t seed) {
                SublatticeRun<2> run(physics_of(rate), headroom(1.5), cell(), self, options_with(window, first_seed + seed));
                return -std::expm1(-hazard(run.run_to(1)[0].time.seconds()));
            });
            first_seed += seeds;
            family.add(fmt::format("{}, windows of {} s", name, window), kolmogorov_smirnov(waits));
        };
        add("rising", rising, rising_hazard);
        add("falling", falling, falling_hazard);
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
}

TEST_CASE("sublattice: events along a ramp are a Poisson process of its rate", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const double window : {0.05, 0.5, 20.0}) {
        SublatticeRun<2> run(physics_of(rising), headroom(1.7), cell(), self, options_with(window, 7));
        std::vector<double> waits;
        std::vector<std::vector<double>> waits_of_voxel(voxels);
        std::vector<std::int64_t> counts(voxels);
        std::vector<double> last_of_voxel(voxels);
        double last = 0.0;
        for (const Event& event : run.run_to(5000)) {
            const double now = rising_hazard(event.time.seconds());
            waits.push_back(-std::expm1(last - now));
            waits_of_voxel[event.voxel].push_back(-std::expm1(share_of(event.voxel) * (last_of_voxel[event.voxel] - now)));
            last = last_of_voxel[event.voxel] = now;
            ++counts[event.voxel];
        }
        std::vector<double> probabilities;
        for (int voxel = 0; voxel < voxels; ++voxel) probabilities.push_back(share_of(voxel));
        const auto name = fmt::format("windows of {} s", window);
        family.add(name + ": waits", kolmogorov_smirnov(waits));
        family.add(name + ": successive waits", contingency_p(waits, {waits.begin() + 1, waits.end()}));
        family.add(name + ": places", proportions_p(counts, probabilities));
        for (int voxel = 0; voxel < voxels; ++voxel)
            if (share_of(voxel) > 0.0) family.add(fmt::format("{}: waits of voxel {}", name, voxel), kolmogorov_smirnov(waits_of_voxel[voxel]));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
}

TEST_CASE("sublattice: candidates are events and rejections, by as much as bounds are too high", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    SublatticeRun<2> run(physics_of(constant), headroom(4.0), cell(), self, options_with(2.0, 11));
    const auto events = run.run_to(3000).size();
    const auto counters = run.counters();
    CHECK(counters.candidates - counters.rejections == static_cast<std::int64_t>(events));
    const auto candidates = static_cast<double>(counters.candidates);
    // Each is rejected with probability 3/4.
    const double p = two_sided_p((static_cast<double>(counters.rejections) - 0.75 * candidates) / std::sqrt(0.1875 * candidates));
    CAPTURE(p);
    CHECK(p > significance);
}

TEST_CASE("sublattice: cycles follow each other along the ramp to its end, and their events lie in them in order", "[sublattice]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    for (const int sweeps : {1, 3}) {
        auto options = options_with(0.7, 3);
        options.max_strain = 5.0 * strain_rate;
        options.sweeps_per_cycle = sweeps;
        SublatticeRun<2> run(physics_of(constant), headroom(1.5), cell(), self, options);
        std::size_t events = 0;
        const int cycles = sweeps == 1 ? 8 : 3;
        for (int cycle = 0; cycle < cycles; ++cycle) {
            const CycleStep step = run.advance();
            CAPTURE(sweeps, cycle);
            REQUIRE(step.interval_end);
            const double begin = 0.7 * sweeps * cycle;
            const double end = std::min(begin + 0.7 * sweeps, 5.0);
            CHECK(step.now.seconds() == Approx(end).epsilon(1e-14));
            CHECK(step.load == Approx(strain_rate * end).epsilon(1e-14));
            CHECK(step.cycle.seconds == Approx(end - begin).epsilon(1e-12));
            // The last sweep of all is a short one.
            REQUIRE(step.cycle.sweeps == (cycle == 2 && sweeps == 3 ? 2 : sweeps));
            double before = begin;
            for (const Event& event : step.events) {
                CHECK(event.time.seconds() >= before);
                before = event.time.seconds();
            }
            CHECK(before <= end);
            REQUIRE(static_cast<std::int64_t>(step.waypoints.size()) == step.cycle.sweeps - 1);
            for (std::size_t i = 0; i < step.waypoints.size(); ++i) {
                const double time = begin + 0.7 * static_cast<double>(i + 1);
                CHECK(step.waypoints[i].load == Approx(strain_rate * time).epsilon(1e-14));
                // The first code is 1 for every event.
                const auto later =
                    std::count_if(step.events.begin(), step.events.end(), [&](const Event& event) { return event.time.seconds() > time; });
                CHECK(step.waypoints[i].codes_left[0] == later);
            }
            events += step.events.size();
        }
        // The ramp ends there to the bit, as a run expects.
        const CycleStep last = run.advance();
        CHECK(last.load == options.max_strain);
        CHECK(last.now == PreciseTime(options.max_strain / options.strain_rate));
        CHECK(last.events.empty());
        CHECK(events > 3);
        CHECK(run.cycle_counters().cycles == cycles + 1);
    }
}
