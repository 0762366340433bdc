#include <shearwater/observables/stress_strain.hpp>

#include "support.hpp"

using namespace shearwater;

TEST_CASE("an empty curve has neither peak nor yield", "[stress_strain]")
{
    const StressStrain curve;
    CHECK_FALSE(curve.peak());
    CHECK_FALSE(curve.yield());
    CHECK(curve.last().strain == 0.0);
    CHECK(curve.last().stress == 0.0);
    CHECK(curve.last().plastic_strain == 0.0);
}

TEST_CASE("peak, yield and end of a curve that rises, drops and rises again", "[stress_strain]")
{
    StressStrain curve;
    curve.add({0.00, 0.0, 0.0});
    curve.add({0.01, 1.0, 0.0});
    curve.add({0.02, 1.9, 0.0019999});
    CHECK_FALSE(curve.yield());
    curve.add({0.03, 2.5, 0.004});
    curve.add({0.04, 2.2, 0.001});  // plastic strain can fall back, which does not undo the yield
    curve.add({0.05, 2.4, 0.012});
    REQUIRE(curve.peak());
    CHECK(curve.peak()->stress == 2.5);
    CHECK(curve.peak()->strain == 0.03);
    CHECK(curve.peak()->plastic_strain == 0.004);
    REQUIRE(curve.yield());
    CHECK(curve.yield()->stress == 2.5);
    CHECK(curve.yield()->strain == 0.03);
    CHECK(curve.last().strain == 0.05);
    CHECK(curve.last().stress == 2.4);
    CHECK(curve.last().plastic_strain == 0.012);
}

TEST_CASE("a plastic strain of exactly 0.002 is yield, and only the first such point", "[stress_strain]")
{
    StressStrain curve;
    curve.add({0.01, 1.0, 0.002});
    curve.add({0.02, 2.0, 0.002});
    curve.add({0.03, 3.0, 0.02});
    REQUIRE(curve.yield());
    CHECK(curve.yield()->stress == 1.0);
    CHECK(curve.peak()->stress == 3.0);
}

TEST_CASE("of equal peaks the first counts", "[stress_strain]")
{
    StressStrain curve;
    curve.add({0.01, 2.0, 0.0});
    curve.add({0.02, 2.0, 0.001});
    CHECK(curve.peak()->strain == 0.01);
}

TEST_CASE("a curve below zero has a peak too", "[stress_strain]")
{
    StressStrain curve;
    curve.add({0.01, -2.0, 0.0});
    curve.add({0.02, -1.0, 0.0});
    REQUIRE(curve.peak());
    CHECK(curve.peak()->stress == -1.0);
}

TEST_CASE("points that do not count move the end, but neither peak nor yield", "[stress_strain]")
{
    StressStrain curve;
    curve.add({0.01, 9.0, 0.5}, false);
    CHECK_FALSE(curve.peak());
    CHECK_FALSE(curve.yield());
    CHECK(curve.last().stress == 9.0);
    curve.add({0.02, 1.0, 0.001});
    curve.add({0.02, 9.0, 0.5}, false);
    CHECK(curve.peak()->stress == 1.0);
    CHECK_FALSE(curve.yield());
    curve.add({0.03, 2.0, 0.003}, true);
    CHECK(curve.peak()->stress == 2.0);
    CHECK(curve.yield()->strain == 0.03);
    curve.add({0.04, 9.0, 0.6}, false);
    CHECK(curve.peak()->stress == 2.0);
    CHECK(curve.yield()->strain == 0.03);
    CHECK(curve.last().strain == 0.04);
    CHECK(curve.last().stress == 9.0);
    CHECK(curve.last().plastic_strain == 0.6);
}
