// The engines on voxels that are soft after an event: k(t) = k0 exp(-t/tau) + k1, t since the event. The waiting time's
// law is that of an inhomogeneous Poisson process, 1 - exp(-H(t)), H(t) = k0 tau (1 - exp(-t/tau)) + k1 t.

#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "fake_bounded_model.hpp"
#include "fake_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

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

RampedOptions options_with(Clock clock, double step_seconds, std::uint64_t seed)
{
    RampedOptions options;
    options.clock = clock;
    options.strain_increment = options.horizon = step_seconds * options.strain_rate;
    options.seed = seed + (clock == Clock::Increment ? 1000000 : 0);  // else both clocks draw the same numbers
    return options;
}

const char* name_of(Clock clock)
{
    return clock == Clock::Continuous ? "continuous" : "increment";
}

constexpr int realisations = 10000;

}  // namespace

TEMPLATE_TEST_CASE("the first wait of a softened voxel follows the law of its decaying rate", "[reference][exact]", FakeRun, ExactRun<100>,
                   ExactRun<300>)
{
    struct Case {
        const char* name;
        Decay decay;
        double step_seconds;
    };
    const std::vector<Case> cases{
        {"k0 tau = 1, steps of 0.3 tau", {1.0, 1.0, 0.1}, 0.3},     {"k0 tau = 1, one step", {1.0, 1.0, 0.1}, 1e4},
        {"k0 tau = 25, steps of 0.01 tau", {25.0, 1.0, 0.2}, 0.01}, {"k0 tau = 25, one step", {25.0, 1.0, 0.2}, 1e4},
        {"k0 tau = 0.7, k1 tau = 3e-7, steps of 1 s", stiff, 1.0},
    };
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const auto& law : cases)
        for (const Clock clock : {Clock::Continuous, Clock::Increment}) {
            const auto waits = test::over_seeds(realisations, [&](std::uint64_t seed) {
                TestType run(physics_of({law.decay}, 1), self, options_with(clock, law.step_seconds, seed));
                return -std::expm1(-law.decay.hazard(run.run_to(1)[0].time.seconds()));
            });
            family.add(fmt::format("{}, {}", law.name, name_of(clock)), test::kolmogorov_smirnov(waits));
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEMPLATE_TEST_CASE("of several softened voxels the first to transform follows the law of all", "[reference][exact]", FakeRun, ExactRun<100>,
                   ExactRun<300>)
{
    const std::vector<Decay> voxels{{1.0, 1.0, 0.1}, {0.0, 1.0, 0.5}, {20.0, 0.05, 0.0}, {3.0, 0.3, 0.01}, {0.0, 1.0, 0.0}, {0.2, 5.0, 0.1}};
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const Clock clock : {Clock::Continuous, Clock::Increment})
        for (const double step_seconds : {0.1, 100.0}) {
            const auto encoded = test::over_seeds(realisations, [&](std::uint64_t seed) {
                TestType run(physics_of(voxels, 2), self, options_with(clock, step_seconds, seed));
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

TEMPLATE_TEST_CASE("waits of 1e-13 s and of a second follow one law through t = 500 s", "[reference][exact]", FakeRun, ExactRun<100>, ExactRun<300>)
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    // One double tells times apart by 6e-14 s there.
    for (const Decay& decay : {stiff, Decay{0.7 / 1e-13, 1e-13, 2.0}})
        for (const Clock clock : {Clock::Continuous, Clock::Increment}) {
            TestType run(physics_of({decay}, 1), self, options_with(clock, 1.0, 99));
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

TEMPLATE_TEST_CASE("a rate above its bound stops the run", "[reference][exact]", FakeRun, ExactRun<100>)
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    FakePhysics physics;
    physics.rate = [](std::int64_t, int, double age, double) { return 1.0 + age; };  // rises with the age, which the model does not allow
    TestType run(physics, self, options_with(Clock::Continuous, 1e6, 1));
    CHECK_THROWS_AS(run.advance(), std::logic_error);
}
