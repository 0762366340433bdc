#include <shearwater/elasticity/fmm/interpolation.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

using namespace shearwater;

namespace {

/// Value at x of the polynomial through f at the nodes.
template <int Order, class Function>
double interpolate(const Interpolation<Order>& interpolation, double x, Function&& f)
{
    double sum = 0.0;
    for (int k = 0; k < Order; ++k) sum += interpolation.weight(k, x) * f(interpolation.nodes()[k]);
    return sum;
}

/// Powers of a variable that runs from −1 to 1 in the cell.
template <int Order>
double power_at(const Interpolation<Order>& interpolation, double x, int power)
{
    const double half = 0.5 * (interpolation.edge() - 1);
    return std::pow((x - half) / half, power);
}

const std::vector<int> edges{8, 9, 16, 32, 64, 128, 2048};

}  // namespace

TEMPLATE_TEST_CASE_SIG("nodes are different points of the cell, symmetric, with both ends", "[interpolation]", ((int order), order),
                       LocalInterpolation::order, MultipoleInterpolation::order)
{
    for (const int edge : edges) {
        const Interpolation<order> interpolation(edge);
        const auto& nodes = interpolation.nodes();
        CAPTURE(edge);
        CHECK(interpolation.edge() == edge);
        CHECK(nodes.front() == 0);
        CHECK(nodes.back() == edge - 1);
        for (int k = 0; k < order; ++k) {
            // A node in the middle of an even number of points lies before the middle.
            CHECK(nodes[k] + nodes[order - 1 - k] == edge - 1 - (2 * k == order - 1 && edge % 2 == 0 ? 1 : 0));
            if (k > 0) CHECK(nodes[k] > nodes[k - 1]);
        }
    }
}

TEMPLATE_TEST_CASE_SIG("polynomials below the order are exact on all points", "[interpolation]", ((int order), order), LocalInterpolation::order,
                       MultipoleInterpolation::order)
{
    for (const int edge : edges) {
        const Interpolation<order> interpolation(edge);
        double worst = 0.0;
        for (int power = 0; power < order; ++power) {
            const auto f = [&](double x) { return power_at(interpolation, x, power) + 0.5; };
            for (int x = 0; x < edge; ++x) worst = std::max(worst, std::abs(interpolate(interpolation, x, f) - f(x)));
        }
        CAPTURE(edge);
        CHECK(worst < 1e-13);
    }
}

TEMPLATE_TEST_CASE_SIG("a polynomial is one at its node and zero at the others", "[interpolation]", ((int order), order), LocalInterpolation::order,
                       MultipoleInterpolation::order)
{
    const Interpolation<order> interpolation(32);
    for (int k = 0; k < order; ++k)
        for (int j = 0; j < order; ++j) CHECK(interpolation.weight(k, interpolation.nodes()[j]) == (k == j ? 1.0 : 0.0));
}

TEMPLATE_TEST_CASE_SIG("the Lebesgue constant bounds polynomials by their values at the nodes, and is reached", "[interpolation]",
                       ((int order), order), LocalInterpolation::order, MultipoleInterpolation::order)
{
    for (const int edge : edges) {
        const Interpolation<order> interpolation(edge);
        double largest = 0.0;
        for (int x = 0; x < edge; ++x) {
            double sum = 0.0;
            for (int k = 0; k < order; ++k) sum += std::abs(interpolation.weight(k, x));
            largest = std::max(largest, sum);
        }
        CAPTURE(edge);
        CHECK(interpolation.lebesgue() == Approx(largest).epsilon(1e-14));
        CHECK(interpolation.lebesgue() >= 1.0);
        // Chebyshev's stretched nodes have 1.83 on the whole interval; rounding them to few points costs some.
        CHECK(interpolation.lebesgue() < (edge < 2 * order ? 3.0 : 2.2));
    }
}

TEMPLATE_TEST_CASE_SIG("the error factor bounds the error of the first power that is not exact, and is reached", "[interpolation]",
                       ((int order), order), LocalInterpolation::order, MultipoleInterpolation::order)
{
    double factorial = 1.0;
    for (int k = 2; k <= order; ++k) factorial *= k;
    for (const int edge : edges) {
        const Interpolation<order> interpolation(edge);
        const double unit = std::pow(0.5 * (edge - 1), order);  // x^order has differences of order!
        double worst = 0.0;
        for (int x = 0; x < edge; ++x) {
            const auto f = [&](double at) { return power_at(interpolation, at, order); };
            worst = std::max(worst, std::abs(interpolate(interpolation, x, f) - f(x)));
        }
        CAPTURE(edge);
        CHECK(interpolation.error_factor() * factorial / unit == Approx(worst).epsilon(1e-9).margin(1e-13));
    }
}
