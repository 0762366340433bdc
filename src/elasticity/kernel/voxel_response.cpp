/// A voxel is a box of k^d elements that share one eigenstrain. Its field of element eigenstrains is a sum of waves q_m = (q + 2π m)/k,
/// m = 0..k-1 on every axis, that the voxel lattice cannot tell apart (aliases). The transform B(q_m) of the box weights each wave, and the element
/// response G(q_m) gives its stress. Averaging that over a voxel weights it again, by B*(q_m)/k^d, and taking one value per voxel divides by k^d:
///
///     h(q) = k^{-2d} Σ_m |B(q_m)|² G(q_m),   |B(q)|² = Π_axes sin²(k q/2)/sin²(q/2).
///
/// The response is real because a voxel is symmetric under inversion. Where a component of q is π, a real field cannot distinguish
/// q from −q; for Q1 elements the sum over aliases contains both, for the continuum operator the mean over both signs is taken.

#include <cmath>

#include <shearwater/elasticity/kernel/symbol.hpp>

namespace shearwater {

namespace {

constexpr double pi = 3.14159265358979323846;

double squared_box_transform(double q, int elements) noexcept
{
    const double below = std::sin(0.5 * q);
    if (std::abs(below) < 1e-12) return static_cast<double>(elements) * elements;
    const double ratio = std::sin(0.5 * elements * q) / below;
    return ratio * ratio;
}

template <int Dim>
void add(ResponseMatrix<Dim>& sum, const ResponseMatrix<Dim>& term, double weight) noexcept
{
    for (int i = 0; i < tensor_size<Dim>; ++i)
        for (int j = 0; j < tensor_size<Dim>; ++j) sum[i][j] += weight * term[i][j];
}

template <int Dim>
bool is_zero(const std::array<double, Dim>& q) noexcept
{
    for (const double component : q)
        if (component != 0.0) return false;
    return true;
}

template <int Dim>
ResponseMatrix<Dim> spectral_response(const std::array<double, Dim>& q, const Moduli& moduli) noexcept
{
    ResponseMatrix<Dim> mean{};
    for (int signs = 0; signs < 1 << Dim; ++signs) {
        auto signed_q = q;
        for (int axis = 0; axis < Dim; ++axis)
            if ((signs >> axis & 1) != 0 && std::abs(std::abs(q[axis]) - pi) < 1e-9) signed_q[axis] = -q[axis];
        add<Dim>(mean, element_response<Dim>(continuum_symbol<Dim>(signed_q, moduli), moduli, is_zero<Dim>(q)), std::ldexp(1.0, -Dim));
    }
    return mean;
}

}  // namespace

template <int Dim>
ResponseMatrix<Dim> voxel_response(const std::array<double, Dim>& q, const Moduli& moduli, Discretization discretization, int elements) noexcept
{
    if (discretization == Discretization::Spectral) return spectral_response<Dim>(q, moduli);
    ResponseMatrix<Dim> sum{};
    const double normalisation = std::pow(elements, -2.0 * Dim);
    std::array<int, Dim> alias{};
    for (bool more = true; more;) {
        std::array<double, Dim> wave{};
        double weight = normalisation;
        for (int axis = 0; axis < Dim; ++axis) {
            wave[axis] = (q[axis] + 2.0 * pi * alias[axis]) / elements;
            weight *= squared_box_transform(wave[axis], elements);
        }
        if (weight > 1e-40) add<Dim>(sum, element_response<Dim>(q1_symbol<Dim>(wave, moduli), moduli, is_zero<Dim>(wave)), weight);
        more = false;
        for (int axis = 0; axis < Dim && !more; ++axis) {
            more = ++alias[axis] < elements;
            if (!more) alias[axis] = 0;
        }
    }
    return sum;
}

template ResponseMatrix<2> voxel_response<2>(const std::array<double, 2>&, const Moduli&, Discretization, int) noexcept;
template ResponseMatrix<3> voxel_response<3>(const std::array<double, 3>&, const Moduli&, Discretization, int) noexcept;

}  // namespace shearwater
