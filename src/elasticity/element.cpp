#include <shearwater/elasticity/element.hpp>

#include <cmath>

namespace shearwater {

namespace {

template <int Dim>
using StrainMatrix = std::array<std::array<double, element_unknowns<Dim>>, tensor_size<Dim>>;

/// B at a point of the unit element: tensor strain per nodal displacement.
template <int Dim>
StrainMatrix<Dim> strain_matrix(const std::array<double, Dim>& point) noexcept
{
    StrainMatrix<Dim> b{};
    for (int node = 0; node < element_nodes<Dim>; ++node) {
        std::array<double, Dim> gradient{};
        for (int i = 0; i < Dim; ++i) {
            gradient[i] = 1.0;
            for (int j = 0; j < Dim; ++j) {
                const bool upper = (node >> j & 1) != 0;
                gradient[i] *= i == j ? (upper ? 1.0 : -1.0) : (upper ? point[j] : 1.0 - point[j]);
            }
        }
        for (int c = 0; c < tensor_size<Dim>; ++c) {
            const auto [i, j] = axes_of<Dim>(c);
            b[c][Dim * node + i] += 0.5 * gradient[j];
            b[c][Dim * node + j] += 0.5 * gradient[i];
        }
    }
    return b;
}

template <int Dim>
void add_stiffness(typename Element<Dim>::Matrix& stiffness, const StrainMatrix<Dim>& b, const Moduli& moduli, double weight) noexcept
{
    for (int column = 0; column < element_unknowns<Dim>; ++column) {
        SymmetricTensor<Dim> strain{};
        for (int c = 0; c < tensor_size<Dim>; ++c) strain[c] = b[c][column];
        const auto stress = stress_of<Dim>(moduli, strain);
        for (int row = 0; row < element_unknowns<Dim>; ++row)
            for (int c = 0; c < tensor_size<Dim>; ++c) stiffness[row][column] += weight * multiplicity<Dim>(c) * b[c][row] * stress[c];
    }
}

}  // namespace

template <int Dim>
Element<Dim>::Element() noexcept
{
    const double gauss = 0.5 / std::sqrt(3.0);
    const double weight = std::ldexp(1.0, -Dim);
    for (int corner = 0; corner < element_nodes<Dim>; ++corner) {
        std::array<double, Dim> point{};
        for (int i = 0; i < Dim; ++i) point[i] = 0.5 + ((corner >> i & 1) != 0 ? gauss : -gauss);
        const auto b = strain_matrix<Dim>(point);
        add_stiffness<Dim>(stiffness_lambda, b, {1.0, 0.0}, weight);
        add_stiffness<Dim>(stiffness_mu, b, {0.0, 1.0}, weight);
        for (int c = 0; c < tensor_size<Dim>; ++c)
            for (int a = 0; a < element_unknowns<Dim>; ++a) mean_strain[c][a] += weight * b[c][a];
    }
}

template struct Element<2>;
template struct Element<3>;

}  // namespace shearwater
