#include <shearwater/elasticity/element.hpp>

#include <algorithm>
#include <cmath>
#include <complex>

#include <Eigen/Dense>

#include <shearwater/core/random.hpp>
#include <shearwater/elasticity/kernel/symbol.hpp>

#include "support.hpp"

using namespace shearwater;

namespace {

const Moduli moduli{63.2, 20.1};  // [GPa]

template <int Dim>
constexpr int unknowns = element_unknowns<Dim>;

template <int Dim>
using Matrix = Eigen::Matrix<double, unknowns<Dim>, unknowns<Dim>>;

template <int Dim>
using Vector = Eigen::Matrix<double, unknowns<Dim>, 1>;

template <int Dim>
using Gradient = Eigen::Matrix<double, Dim, Dim>;  ///< of the displacement, [component][axis]

double random_number(std::uint32_t index, std::uint64_t item)
{
    return 2.0 * uniform_pair({5, Purpose::Moduli, item, index, 0})[0] - 1.0;
}

template <int Dim>
Matrix<Dim> stiffness(const Element<Dim>& element)
{
    Matrix<Dim> k;
    for (int a = 0; a < unknowns<Dim>; ++a)
        for (int b = 0; b < unknowns<Dim>; ++b) k(a, b) = moduli.lambda * element.stiffness_lambda[a][b] + moduli.mu * element.stiffness_mu[a][b];
    return k;
}

int corner(int node, int axis)
{
    return node >> axis & 1;
}

/// Nodal displacements u = G x.
template <int Dim>
Vector<Dim> linear_displacement(const Gradient<Dim>& gradient)
{
    Vector<Dim> u = Vector<Dim>::Zero();
    for (int node = 0; node < element_nodes<Dim>; ++node)
        for (int i = 0; i < Dim; ++i)
            for (int j = 0; j < Dim; ++j) u(Dim * node + i) += gradient(i, j) * corner(node, j);
    return u;
}

template <int Dim>
Gradient<Dim> some_gradient()
{
    Gradient<Dim> gradient;
    for (int i = 0; i < Dim; ++i)
        for (int j = 0; j < Dim; ++j) gradient(i, j) = random_number(static_cast<std::uint32_t>(i), static_cast<std::uint64_t>(j));
    return gradient;
}

template <int Dim>
SymmetricTensor<Dim> symmetric_part(const Gradient<Dim>& gradient)
{
    SymmetricTensor<Dim> strain{};
    for (int c = 0; c < tensor_size<Dim>; ++c) {
        const auto axes = axes_of<Dim>(c);
        strain[c] = 0.5 * (gradient(axes[0], axes[1]) + gradient(axes[1], axes[0]));
    }
    return strain;
}

template <int Dim>
std::array<double, unknowns<Dim>> as_array(const Vector<Dim>& u)
{
    std::array<double, unknowns<Dim>> array;
    std::copy(u.data(), u.data() + unknowns<Dim>, array.begin());
    return array;
}

template <int Dim>
double phase(const std::array<double, Dim>& q, int node)
{
    double sum = 0.0;
    for (int axis = 0; axis < Dim; ++axis) sum += q[axis] * corner(node, axis);
    return sum;
}

/// Row and column of a node's unknowns in the infinite mesh, summed with the phases of a wave: each of the elements around a node sees it
/// as another of its corners a, and couples it to its corners b.
template <int Dim>
Eigen::Matrix<std::complex<double>, Dim, Dim> assembled(const Matrix<Dim>& k, const std::array<double, Dim>& q)
{
    Eigen::Matrix<std::complex<double>, Dim, Dim> sum = Eigen::Matrix<std::complex<double>, Dim, Dim>::Zero();
    for (int a = 0; a < element_nodes<Dim>; ++a)
        for (int b = 0; b < element_nodes<Dim>; ++b)
            for (int i = 0; i < Dim; ++i)
                for (int j = 0; j < Dim; ++j) sum(i, j) += k(Dim * a + i, Dim * b + j) * std::polar(1.0, phase<Dim>(q, b) - phase<Dim>(q, a));
    return sum;
}

template <int Dim>
std::array<double, Dim> some_wave_vector(std::uint64_t item)
{
    std::array<double, Dim> q{};
    for (int axis = 0; axis < Dim; ++axis) q[axis] = 3.14159 * random_number(static_cast<std::uint32_t>(axis), item);
    return q;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("the element stiffness is symmetric", "[element]", ((int Dim), Dim), 2, 3)
{
    const Element<Dim> element;
    for (int a = 0; a < unknowns<Dim>; ++a)
        for (int b = 0; b < a; ++b) {
            CHECK(std::abs(element.stiffness_lambda[a][b] - element.stiffness_lambda[b][a]) < 1e-15);
            CHECK(std::abs(element.stiffness_mu[a][b] - element.stiffness_mu[b][a]) < 1e-15);
        }
}

TEMPLATE_TEST_CASE_SIG("translations and linearised rotations need no force", "[element]", ((int Dim), Dim), 2, 3)
{
    const auto k = stiffness(Element<Dim>{});
    for (int i = 0; i < Dim; ++i) {
        Vector<Dim> translation = Vector<Dim>::Zero();
        for (int node = 0; node < element_nodes<Dim>; ++node) translation(Dim * node + i) = 1.0;
        CHECK((k * translation).cwiseAbs().maxCoeff() < 1e-13);
        for (int j = 0; j < i; ++j) {
            Gradient<Dim> rotation = Gradient<Dim>::Zero();
            rotation(i, j) = 1.0;
            rotation(j, i) = -1.0;
            CHECK((k * linear_displacement<Dim>(rotation)).cwiseAbs().maxCoeff() < 1e-13);
        }
    }
}

TEMPLATE_TEST_CASE_SIG("nothing but rigid motions is free of force: no hourglass modes", "[element]", ((int Dim), Dim), 2, 3)
{
    const Eigen::SelfAdjointEigenSolver<Matrix<Dim>> modes(stiffness(Element<Dim>{}));
    const auto& values = modes.eigenvalues();
    constexpr int rigid = Dim * (Dim + 1) / 2;
    for (int mode = 0; mode < unknowns<Dim>; ++mode) {
        if (mode < rigid)
            CHECK(std::abs(values(mode)) < 1e-12);
        else
            CHECK(values(mode) > 1.0);  // [GPa]
    }
}

TEMPLATE_TEST_CASE_SIG("a linear displacement has exact mean strain and the forces of its stress", "[element]", ((int Dim), Dim), 2, 3)
{
    const Element<Dim> element;
    const auto gradient = some_gradient<Dim>();
    const auto u = linear_displacement<Dim>(gradient);
    const auto exact = symmetric_part<Dim>(gradient);
    const auto strain = element.strain(as_array<Dim>(u));
    for (int c = 0; c < tensor_size<Dim>; ++c) CHECK(std::abs(strain[c] - exact[c]) < 1e-15);
    const Vector<Dim> force = stiffness(element) * u;
    const auto expected = element.force(stress_of<Dim>(moduli, exact));
    for (int a = 0; a < unknowns<Dim>; ++a) CHECK(std::abs(force(a) - expected[a]) < 1e-13);
    // Virtual work on a unit element: u·f = σ:ε.
    CHECK(u.dot(force) == Approx(contract<Dim>(stress_of<Dim>(moduli, exact), exact)).epsilon(1e-13));
}

TEMPLATE_TEST_CASE_SIG("the symbol of the elements is their sum over an infinite mesh", "[element]", ((int Dim), Dim), 2, 3)
{
    const Element<Dim> element;
    const auto k = stiffness(element);
    for (std::uint64_t draw = 0; draw < 50; ++draw) {
        const auto q = some_wave_vector<Dim>(draw);
        const auto symbol = q1_symbol<Dim>(q, moduli);
        const auto expected = assembled<Dim>(k, q);
        double deviation = 0.0;
        for (int i = 0; i < Dim; ++i)
            for (int j = 0; j < Dim; ++j) deviation = std::max(deviation, std::abs(symbol.stiffness[i][j] - expected(i, j)));
        CHECK(deviation < 1e-12);
    }
}

TEMPLATE_TEST_CASE_SIG("the symbol's gradient is the mean gradient of a wave over an element", "[element]", ((int Dim), Dim), 2, 3)
{
    const Element<Dim> element;
    for (std::uint64_t draw = 0; draw < 50; ++draw) {
        const auto q = some_wave_vector<Dim>(draw);
        const auto d = q1_symbol<Dim>(q, moduli).gradient;
        const auto centre = std::polar(1.0, 0.5 * phase<Dim>(q, element_nodes<Dim> - 1));
        double deviation = 0.0;
        for (int moved = 0; moved < Dim; ++moved)
            for (int c = 0; c < tensor_size<Dim>; ++c) {
                std::complex<double> strain = 0.0;
                for (int node = 0; node < element_nodes<Dim>; ++node)
                    strain += element.mean_strain[c][Dim * node + moved] * std::polar(1.0, phase<Dim>(q, node));
                const auto axes = axes_of<Dim>(c);
                const double expected = 0.5 * ((axes[0] == moved ? d[axes[1]] : 0.0) + (axes[1] == moved ? d[axes[0]] : 0.0));
                deviation = std::max(deviation, std::abs(strain - std::complex<double>(0.0, expected) * centre));
            }
        CHECK(deviation < 1e-14);
    }
}

TEMPLATE_TEST_CASE_SIG("solve_stiffness inverts the symbol's stiffness", "[element]", ((int Dim), Dim), 2, 3)
{
    for (std::uint64_t draw = 0; draw < 50; ++draw) {
        const auto symbol = q1_symbol<Dim>(some_wave_vector<Dim>(draw), moduli);
        std::array<double, Dim> force{};
        for (int i = 0; i < Dim; ++i) force[i] = random_number(7, draw + static_cast<std::uint64_t>(100 * i));
        const auto u = solve_stiffness<Dim>(symbol, force);
        for (int i = 0; i < Dim; ++i) {
            double product = 0.0;
            for (int j = 0; j < Dim; ++j) product += symbol.stiffness[i][j] * u[j];
            CHECK(product == Approx(force[i]).margin(1e-11));
        }
    }
}
