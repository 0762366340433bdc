// The engines on voxels whose rate follows the strain: k = a + b * strain, and strain = strain rate * t, so that waiting
// times have the law 1 - exp(-(H(t) - H(t_last))) with H(t) the integral of the rate.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "fake_bounded_model.hpp"
#include "fake_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

constexpr double strain_rate = 1e-4;  ///< [1/s]

RampedOptions options_with(Clock clock, double step_seconds, std::uint64_t seed)
{
    RampedOptions options;
    options.clock = clock;
    options.strain_rate = strain_rate;
    options.strain_increment = options.horizon = step_seconds * strain_rate;
    options.seed = seed;
    return options;
}

/// Rises by 2/s every second, or falls from 5.2/s to 0.2/s in 2.5 s.
double rising(double strain)
{
    return 0.5 + 2.0 * strain / strain_rate;
}

double falling(double strain)
{
    return 0.2 + std::max(0.0, 5.0 - 2.0 * strain / strain_rate);
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
FakePhysics physics_of(double (*rate)(double strain))
{
    FakePhysics physics;
    physics.tiles = 3;
    physics.rate = [rate](std::int64_t voxel, int, double, double strain) { return std::vector{0.5, 0.2, 0.3}[voxel] * rate(strain); };
    return physics;
}

constexpr int realisations = 10000;

}  // namespace

TEMPLATE_TEST_CASE("the first wait follows the law of a rate that rises or falls with the ramp", "[reference][exact]", FakeRun, ExactRun<100>,
                   ExactRun<170>)
{
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    for (const double horizon_seconds : {0.02, 1.0, 100.0}) {
        const auto add = [&](const std::string& name, double (*rate)(double), double (*hazard)(double)) {
            const auto waits = test::over_seeds(realisations, [&](std::uint64_t seed) {
                TestType run(physics_of(rate), self, options_with(Clock::Continuous, horizon_seconds, seed));
                return -std::expm1(-hazard(run.run_to(1)[0].time.seconds()));
            });
            family.add(fmt::format("{}, horizon {} s", name, horizon_seconds), test::kolmogorov_smirnov(waits));
        };
        add("rising", rising, rising_hazard);
        add("falling", falling, falling_hazard);
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEMPLATE_TEST_CASE("events along a ramp are a Poisson process of its rate", "[reference][exact]", FakeRun, ExactRun<100>, ExactRun<170>)
{
    if (!world().is_root()) return;  // takes one rank
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    const auto add = [&](const std::string& name, Clock clock, double step_seconds, const std::function<double(double)>& hazard) {
        TestType run(physics_of(rising), self, options_with(clock, step_seconds, 7));
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
    // Steps so long that a clock that raised the strain at their end or middle would be told from one that raises it at their beginning.
    add("increment, 0.5 s", Clock::Increment, 0.5, [](double t) { return stepped_hazard(t, 0.5); });
    add("increment, 5 s", Clock::Increment, 5.0, [](double t) { return stepped_hazard(t, 5.0); });
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}
