#include <shearwater/stz/barrier.hpp>

#include <cmath>
#include <limits>

#include "support.hpp"

using namespace shearwater;

// Numbers were computed with 40 decimal digits by a program of its own (Python's decimal).
namespace {

constexpr double thermal_energy = 0.025851999786;  ///< k_B T at 300 K [eV]

}  // namespace

TEST_CASE("temporary softening decays in 1.6e-7 s at room temperature (Eq. 9)", "[barrier]")
{
    SofteningOptions softening;
    ActivationOptions activation;
    CHECK(boltzmann * activation.temperature == Approx(thermal_energy).epsilon(1e-15));
    CHECK(relaxation_time(softening, activation) == Approx(1.643336224729592e-7).epsilon(1e-13));
    activation.temperature = 500.0;
    activation.attempt_frequency = 1e12;
    CHECK(relaxation_time(softening, activation) == Approx(5.363346520570957e-9).epsilon(1e-13));
    softening.relaxation_barrier = 0.0;
    CHECK(relaxation_time(softening, activation) == Approx(1e-12).epsilon(1e-15));
}

TEST_CASE("permanent softening grows with each event up to its limit (Eq. 11)", "[barrier]")
{
    // An event of fixed magnitude has e² = ½ γ*²/2 = 0.0049 and adds 26 · 0.0049 = 0.1274; the fifth would reach 0.637.
    const SofteningOptions softening;
    const double squared_strain = 0.0049;
    double permanent = 0.0;
    for (const double expected : {0.1274, 0.2548, 0.3822, 0.5096}) {
        permanent = permanent_softening(softening, permanent, squared_strain);
        CHECK(permanent == Approx(expected).epsilon(1e-14));
    }
    permanent = permanent_softening(softening, permanent, squared_strain);
    CHECK(permanent == softening.limit);
    CHECK(permanent_softening(softening, permanent, squared_strain) == softening.limit);
    CHECK(std::exp(-softening.limit) == Approx(0.6).epsilon(1e-15));
}

TEST_CASE("temporary softening after an event is kappa_t e^2, without a limit (Eq. 12)", "[barrier]")
{
    SofteningOptions softening;
    CHECK(temporary_softening(softening, 0.0049) == Approx(0.3822).epsilon(1e-14));
    CHECK(temporary_softening(softening, 0.1) == Approx(7.8).epsilon(1e-14));
    softening.temporary = 39.0;
    CHECK(temporary_softening(softening, 0.0098) == Approx(0.3822).epsilon(1e-14));
}

TEST_CASE("softening is seen fully along the last event, by a quarter across, not at all back", "[barrier]")
{
    const Lanes aligned = alignment(Lanes{1.0, 0.0, -1.0, 0.5, -0.5, std::sqrt(0.5), -std::sqrt(0.5), 0.6});
    CHECK(aligned[0] == 1.0);
    CHECK(aligned[1] == 0.25);
    CHECK(aligned[2] == 0.0);
    CHECK(aligned[3] == 0.5625);
    CHECK(aligned[4] == 0.0625);
    // 45 degrees and 135 degrees: (1 ± √½)²/4.
    CHECK(aligned[5] == Approx(0.7285533905932737).epsilon(1e-14));
    CHECK(aligned[6] == Approx(0.0214466094067262).epsilon(1e-13));
    CHECK(aligned[7] == Approx(0.64).epsilon(1e-15));
}

TEST_CASE("softening lowers a barrier by exp(-D eta) (Eq. 8)", "[barrier]")
{
    const double limit = SofteningOptions{}.limit;
    const Lanes barrier = softened_barrier(Lanes{2.0, 2.0, 2.0, 2.0, 1.5, 2.0, 2.0, 2.0}, Lanes{1.0, 0.25, 0.0, 1.0, 1.0, 0.0, 0.5, 1.0},
                                           Lanes{limit, limit, limit, 0.0, limit, 5.0, 2 * limit, 0.3822 + 0.1274});
    CHECK(barrier[0] == Approx(1.2).epsilon(1e-14));
    CHECK(barrier[1] == Approx(1.760223473586787).epsilon(1e-14));  // 2 · 0.6^¼
    CHECK(barrier[2] == 2.0);
    CHECK(barrier[3] == 2.0);
    CHECK(barrier[4] == Approx(0.9).epsilon(1e-14));
    CHECK(barrier[5] == 2.0);
    CHECK(barrier[6] == Approx(1.2).epsilon(1e-14));
    CHECK(barrier[7] == Approx(1.201471650179686).epsilon(1e-14));  // 2 exp(−0.5096), fresh after one event
}

TEST_CASE("rates follow Arrhenius' law and stay finite below a vanished barrier (Eq. 5)", "[barrier]")
{
    const auto exponent = [](double barrier) { return -barrier / thermal_energy; };
    const double infinity = std::numeric_limits<double>::infinity();
    const Lanes rates = rate(Lanes{exponent(0.0), exponent(0.5), exponent(1.2), exponent(2.0), 150.0, 151.0, 1e6, infinity}, 1e13);
    CHECK(rates[0] == 1e13);
    CHECK(rates[1] == Approx(39844.62015337322).epsilon(1e-12));
    CHECK(rates[2] == Approx(6.932458179021417e-8).epsilon(1e-12));
    CHECK(rates[3] == Approx(2.520453931443972e-21).epsilon(1e-12));
    CHECK(rates[4] == Approx(1e13 * std::exp(150.0)).epsilon(1e-14));
    for (int lane = 5; lane < lane_count; ++lane) CHECK(rates[lane] == rates[4]);
    CHECK(rate(broadcast(0.0), 2e12)[3] == 2e12);
}
