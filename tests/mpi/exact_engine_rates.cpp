// The exact engine on voxels whose rates change: with their age, along the ramp, and when other voxels transform. Waiting times have the
// law 1 - exp(-H(t)), H the integral of the rate, and sequences of coupled events the probabilities of a Markov chain.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fake_bounded_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using test::BoundedRun;
using test::FakeBounds;
using test::FakePhysics;
using test::PValues;
using test::world;

namespace {

constexpr int realisations = 10000;

/// k(t) = k0 exp(-t/tau) + k1.
struct Decay {
    double soft;   ///< k0 [1/s]
    double tau;    ///< [s]
    double floor;  ///< k1 [1/s]

    [[nodiscard]] double rate(double age) const { return soft * std::exp(-age / tau) + floor; }
    [[nodiscard]] double hazard(double age) const { return -soft * tau * std::expm1(-age / tau) + floor * age; }
};

/// What happens at room temperature: soft for 1.6e-7 s, then one event in half a second.
constexpr Decay stiff{0.7 / 1.64e-7, 1.64e-7, 2.0};

FakePhysics physics_of(const std::vector<Decay>& voxels, int voxels_per_tile)
{
    FakePhysics physics;
    physics.tiles = static_cast<int>(voxels.size()) / voxels_per_tile;
    physics.voxels_per_tile = voxels_per_tile;
    physics.rate = [voxels](std::int64_t voxel, int, double age, double) { return voxels[voxel].rate(age); };
    return physics;
}

KmcOptions options_with(Clock clock, double step_seconds, std::uint64_t seed)
{
    KmcOptions options;
    options.clock = clock;
    options.strain_increment = options.horizon = step_seconds * options.strain_rate;
    options.seed = seed + (clock == Clock::Increment ? 1000000 : 0);  // else both clocks draw the same numbers
    return options;
}

const char* name_of(Clock clock)
{
    return clock == Clock::Continuous ? "continuous" : "increment";
}

FakeBounds headroom(double factor)
{
    FakeBounds bounds;
    bounds.least_headroom = bounds.most_headroom = factor;
    return bounds;
}

}  // namespace

TEST_CASE("bounded: the first wait of a softened voxel follows the law of its decaying rate", "[exact]")
{
    struct Case {
        const char* name;
        Decay decay;
        double step_seconds;
        double headroom;
    };
    const std::vector<Case> cases{
        {"k0 tau = 1, steps of 0.3 tau", {1.0, 1.0, 0.1}, 0.3, 1.5},
        {"k0 tau = 1, one step", {1.0, 1.0, 0.1}, 1e4, 10.0},
        {"k0 tau = 25, one step", {25.0, 1.0, 0.2}, 1e4, 1.0},
        {"k0 tau = 0.7, k1 tau = 3e-7, steps of 1 s", stiff, 1.0, 1.5},
    };
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const auto& [name, decay, step_seconds, factor] : cases)
        for (const Clock clock : {Clock::Continuous, Clock::Increment}) {
            const auto waits = test::over_seeds(realisations, [&](std::uint64_t seed) {
                BoundedRun run(physics_of({decay}, 1), headroom(factor), self, options_with(clock, step_seconds, seed));
                return -std::expm1(-decay.hazard(run.run_to(1)[0].time.seconds()));
            });
            family.add(fmt::format("{}, {}", name, name_of(clock)), test::kolmogorov_smirnov(waits));
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("bounded: of several softened voxels the first to transform follows the law of all", "[exact]")
{
    const std::vector<Decay> voxels{{1.0, 1.0, 0.1}, {0.0, 1.0, 0.5}, {20.0, 0.05, 0.0}, {3.0, 0.3, 0.01}, {0.0, 1.0, 0.0}, {0.2, 5.0, 0.1}};
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const Clock clock : {Clock::Continuous, Clock::Increment})
        for (const double step_seconds : {0.1, 100.0}) {
            const auto encoded = test::over_seeds(realisations, [&](std::uint64_t seed) {
                BoundedRun run(physics_of(voxels, 2), headroom(1.3), self, options_with(clock, step_seconds, seed));
                const Event& event = run.run_to(1)[0];
                // Times are below 1000 s: a million per voxel keeps ten digits of them.
                return 1e6 * static_cast<double>(event.voxel) + event.time.seconds();
            });
            std::vector<double> waits;
            std::vector<double> excess(voxels.size());
            std::vector<double> variance(voxels.size());
            for (const double code : encoded) {
                const int chosen = static_cast<int>(code / 1e6);
                const double time = code - 1e6 * chosen;
                double hazard = 0.0;
                double total = 0.0;
                for (const Decay& voxel : voxels) {
                    hazard += voxel.hazard(time);
                    total += voxel.rate(time);
                }
                waits.push_back(-std::expm1(-hazard));
                // Given the time, the voxel is drawn by the rates of that time.
                for (std::size_t v = 0; v < voxels.size(); ++v) {
                    const double share = voxels[v].rate(time) / total;
                    excess[v] += (static_cast<int>(v) == chosen ? 1.0 : 0.0) - share;
                    variance[v] += share * (1.0 - share);
                }
            }
            const std::string name = fmt::format("{}, steps of {} s", name_of(clock), step_seconds);
            family.add(name + ": wait", test::kolmogorov_smirnov(waits));
            for (std::size_t v = 0; v < voxels.size(); ++v) {
                if (variance[v] > 0.0)
                    family.add(fmt::format("{}: voxel {}", name, v), test::two_sided_p(excess[v] / std::sqrt(variance[v])));
                else
                    CHECK(excess[v] == 0.0);
            }
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("bounded: waits of 1e-13 s and of a second follow one law through t = 500 s", "[exact]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    // One double tells times apart by 6e-14 s there.
    for (const Decay& decay : {stiff, Decay{0.7 / 1e-13, 1e-13, 2.0}})
        for (const Clock clock : {Clock::Continuous, Clock::Increment}) {
            BoundedRun run(physics_of({decay}, 1), headroom(1.5), self, options_with(clock, 1.0, 99));
            const auto& events = run.run_to(3000);
            CHECK(events.back().time.seconds() > 500.0);
            std::vector<double> waits;
            PreciseTime last;
            for (const Event& event : events) {
                waits.push_back(-std::expm1(-decay.hazard(event.time - last)));
                last = event.time;
            }
            const std::string name = fmt::format("tau = {} s, {}", decay.tau, name_of(clock));
            family.add(name + ": waits", test::kolmogorov_smirnov(waits));
            family.add(name + ": successive waits", test::contingency_p(waits, {waits.begin() + 1, waits.end()}));
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

namespace {

/// Rises by 2/s every second, or falls from 5.2/s to 0.2/s in 2.5 s, at 1e-4 of strain in a second.
double rising(double strain)
{
    return 0.5 + 2.0 * strain / 1e-4;
}

double falling(double strain)
{
    return 0.2 + std::max(0.0, 5.0 - 2.0 * strain / 1e-4);
}

double rising_hazard(double t)
{
    return 0.5 * t + t * t;
}

double falling_hazard(double t)
{
    return 0.2 * t + (t < 2.5 ? 5.0 * t - t * t : 6.25);
}

/// Integral of the rising rate when the strain rises in steps, each at its beginning.
double stepped_hazard(double t, double step_seconds)
{
    const double steps = std::floor(t / step_seconds);
    return 0.5 * t + 2.0 * step_seconds * (step_seconds * steps * (steps + 1.0) / 2.0 + (steps + 1.0) * (t - steps * step_seconds));
}

/// Three voxels in as many tiles share the rate unequally.
FakePhysics ramped(double (*rate)(double strain))
{
    FakePhysics physics;
    physics.tiles = 3;
    physics.rate = [rate](std::int64_t voxel, int, double, double strain) { return std::vector{0.5, 0.2, 0.3}[voxel] * rate(strain); };
    return physics;
}

}  // namespace

TEST_CASE("bounded: the first wait follows the law of a rate that rises or falls with the ramp", "[exact]")
{
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const double horizon_seconds : {0.02, 1.0, 100.0})
        for (const double factor : {1.0, 1.7}) {
            const auto add = [&](const std::string& name, double (*rate)(double), double (*hazard)(double)) {
                const auto waits = test::over_seeds(realisations / 2, [&](std::uint64_t seed) {
                    BoundedRun run(ramped(rate), headroom(factor), self, options_with(Clock::Continuous, horizon_seconds, seed));
                    return -std::expm1(-hazard(run.run_to(1)[0].time.seconds()));
                });
                family.add(fmt::format("{}, horizon {} s, headroom {}", name, horizon_seconds, factor), test::kolmogorov_smirnov(waits));
            };
            add("rising", rising, rising_hazard);
            add("falling", falling, falling_hazard);
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("bounded: events along a ramp are a Poisson process of its rate", "[exact]")
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    const auto add = [&](const std::string& name, Clock clock, double step_seconds, const std::function<double(double)>& hazard) {
        BoundedRun run(ramped(rising), headroom(1.2), self, options_with(clock, step_seconds, 7));
        std::vector<double> waits;
        std::vector<std::int64_t> counts(3);
        double last = 0.0;
        for (const Event& event : run.run_to(5000)) {
            const double now = hazard(event.time.seconds());
            waits.push_back(-std::expm1(last - now));
            last = now;
            ++counts[event.voxel];
        }
        family.add(name + ": waits", test::kolmogorov_smirnov(waits));
        family.add(name + ": successive waits", test::contingency_p(waits, {waits.begin() + 1, waits.end()}));
        family.add(name + ": places", test::proportions_p(counts, {0.5, 0.2, 0.3}));
    };
    add("continuous, 0.05 s", Clock::Continuous, 0.05, rising_hazard);
    add("continuous, 20 s", Clock::Continuous, 20.0, rising_hazard);
    add("increment, 0.5 s", Clock::Increment, 0.5, [](double t) { return stepped_hazard(t, 0.5); });
    add("increment, 5 s", Clock::Increment, 5.0, [](double t) { return stepped_hazard(t, 5.0); });
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

namespace {

constexpr int coupled_voxels = 4;

/// An event in one voxel (row) multiplies the rates of another (column).
constexpr double coupling_matrix[coupled_voxels][coupled_voxels] = {
    {1.5, 0.2, 3.0, 1.0}, {4.0, 0.5, 1.0, 0.6}, {0.3, 2.5, 0.8, 1.4}, {1.2, 1.9, 0.1, 2.0}};
constexpr double initial_rate[coupled_voxels] = {0.4, 0.9, 0.25, 0.6};

double coupled_rate(std::int64_t voxel, const std::vector<int>& events)
{
    double rate = initial_rate[voxel];
    for (int source = 0; source < coupled_voxels; ++source) rate *= std::pow(coupling_matrix[source][voxel], events[source]);
    return rate;
}

FakePhysics coupled_physics(int tiles)
{
    FakePhysics physics;
    physics.tiles = tiles;
    physics.voxels_per_tile = coupled_voxels / tiles;
    physics.rate = [](std::int64_t voxel, int, double, double) { return initial_rate[voxel]; };
    physics.coupling = [](std::int64_t voxel, const std::vector<int>& events) { return coupled_rate(voxel, events) / initial_rate[voxel]; };
    return physics;
}

double total_rate(const std::vector<int>& events)
{
    double total = 0.0;
    for (int voxel = 0; voxel < coupled_voxels; ++voxel) total += coupled_rate(voxel, events);
    return total;
}

/// Probabilities of the first three events, [first][second][third].
std::vector<double> sequence_probabilities()
{
    std::vector<double> probabilities;
    for (int code = 0; code < coupled_voxels * coupled_voxels * coupled_voxels; ++code) {
        std::vector<int> events(coupled_voxels);
        double probability = 1.0;
        for (const int voxel : {code / 16, code / 4 % 4, code % 4}) {
            probability *= coupled_rate(voxel, events) / total_rate(events);
            ++events[voxel];
        }
        probabilities.push_back(probability);
    }
    return probabilities;
}

/// One run of three events: their voxels and how long the third took, as a number that is uniform if the law is right.
double three_events(const std::vector<Event>& happened)
{
    std::vector<int> events(coupled_voxels);
    for (int i = 0; i < 2; ++i) ++events[happened[i].voxel];
    const double wait = -std::expm1(-total_rate(events) * (happened[2].time - happened[1].time));
    return static_cast<double>(16 * happened[0].voxel + 4 * happened[1].voxel + happened[2].voxel) + std::min(wait, 1.0 - 1e-12);
}

}  // namespace

TEST_CASE("bounded: sequences of coupled events have the probabilities of their Markov chain", "[exact]")
{
    constexpr int runs = 100000;
    const Communicator self(MPI_COMM_SELF);
    const auto probabilities = sequence_probabilities();
    PValues family;
    for (const int tiles : {2, 4}) {
        const double factor = tiles == 2 ? 1.3 : 3.0;
        const auto codes = test::over_seeds(runs / 2, [&](std::uint64_t seed) {
            BoundedRun run(coupled_physics(tiles), headroom(factor), self, options_with(Clock::Continuous, 2.0, seed + (tiles == 2 ? 0 : 500000)));
            return three_events(run.run_to(3));
        });
        std::vector<std::int64_t> counts(probabilities.size());
        std::vector<double> waits;
        for (const double code : codes) {
            ++counts[static_cast<std::size_t>(code)];
            waits.push_back(code - std::floor(code));
        }
        family.add(fmt::format("{} tiles: sequences", tiles), test::proportions_p(counts, probabilities));
        family.add(fmt::format("{} tiles: third wait", tiles), test::kolmogorov_smirnov(waits));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("bounded: sequences of coupled events have the same probabilities when tiles belong to different ranks", "[exact]")
{
    // All ranks together, so that candidates are really taken back.
    constexpr int runs = 1200;
    const auto sequences = sequence_probabilities();
    std::vector<double> probabilities(sequences.size() / coupled_voxels);  // of the first two events: all three are rare
    for (std::size_t code = 0; code < sequences.size(); ++code) probabilities[code / coupled_voxels] += sequences[code];
    std::vector<std::int64_t> counts(probabilities.size());
    std::vector<double> waits;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        BoundedRun run(coupled_physics(4), headroom(3.0), world(), options_with(Clock::Continuous, 2.0, 2000000 + seed));
        const double code = three_events(run.run_to(3));
        ++counts[static_cast<std::size_t>(code) / coupled_voxels];
        waits.push_back(code - std::floor(code));
    }
    PValues family;
    family.add("first two", test::proportions_p(counts, probabilities));
    family.add("third wait", test::kolmogorov_smirnov(waits));
    CAPTURE(family.report());
    REQUIRE(test::everywhere(family.smallest_adjusted() > test::significance));
}
