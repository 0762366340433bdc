#include <shearwater/elasticity/kernel/symbol.hpp>

#include <cmath>

namespace shearwater {

namespace {

/// Sets K_ij = δ_ij μ Σ_l T_ll + (λ + μ) T_ij.
template <int Dim>
void fill_stiffness(Symbol<Dim>& symbol, const std::array<std::array<double, Dim>, Dim>& t, const Moduli& moduli) noexcept
{
    double laplacian = 0.0;
    for (int i = 0; i < Dim; ++i) laplacian += t[i][i];
    for (int i = 0; i < Dim; ++i)
        for (int j = 0; j < Dim; ++j) symbol.stiffness[i][j] = (i == j ? moduli.mu * laplacian : 0.0) + (moduli.lambda + moduli.mu) * t[i][j];
}

}  // namespace

template <int Dim>
Symbol<Dim> q1_symbol(const std::array<double, Dim>& q, const Moduli& moduli) noexcept
{
    std::array<double, Dim> half_sine{};
    std::array<double, Dim> half_cosine{};
    std::array<double, Dim> mass{};
    for (int i = 0; i < Dim; ++i) {
        half_sine[i] = std::sin(0.5 * q[i]);
        half_cosine[i] = std::cos(0.5 * q[i]);
        mass[i] = 1.0 - 2.0 / 3.0 * half_sine[i] * half_sine[i];
    }
    Symbol<Dim> symbol;
    std::array<std::array<double, Dim>, Dim> t{};
    for (int i = 0; i < Dim; ++i) {
        symbol.gradient[i] = 2.0 * half_sine[i];
        for (int j = 0; j < Dim; ++j) {
            if (j != i) symbol.gradient[i] *= half_cosine[j];
            // sin q = 2 sin(q/2) cos(q/2)
            t[i][j] = i == j ? 4.0 * half_sine[i] * half_sine[i] : 4.0 * half_sine[i] * half_cosine[i] * half_sine[j] * half_cosine[j];
            for (int l = 0; l < Dim; ++l)
                if (l != i && l != j) t[i][j] *= mass[l];
        }
    }
    fill_stiffness<Dim>(symbol, t, moduli);
    return symbol;
}

template <int Dim>
Symbol<Dim> continuum_symbol(const std::array<double, Dim>& q, const Moduli& moduli) noexcept
{
    Symbol<Dim> symbol;
    symbol.gradient = q;
    std::array<std::array<double, Dim>, Dim> t{};
    for (int i = 0; i < Dim; ++i)
        for (int j = 0; j < Dim; ++j) t[i][j] = q[i] * q[j];
    fill_stiffness<Dim>(symbol, t, moduli);
    return symbol;
}

template <int Dim>
std::array<double, Dim> solve_stiffness(const Symbol<Dim>& symbol, const std::array<double, Dim>& force) noexcept
{
    const auto& k = symbol.stiffness;
    if constexpr (Dim == 2) {
        const double determinant = k[0][0] * k[1][1] - k[0][1] * k[0][1];
        return {(k[1][1] * force[0] - k[0][1] * force[1]) / determinant, (k[0][0] * force[1] - k[0][1] * force[0]) / determinant};
    } else {
        const double c00 = k[1][1] * k[2][2] - k[1][2] * k[1][2];
        const double c01 = k[0][2] * k[1][2] - k[0][1] * k[2][2];
        const double c02 = k[0][1] * k[1][2] - k[0][2] * k[1][1];
        const double c11 = k[0][0] * k[2][2] - k[0][2] * k[0][2];
        const double c12 = k[0][1] * k[0][2] - k[0][0] * k[1][2];
        const double c22 = k[0][0] * k[1][1] - k[0][1] * k[0][1];
        const double determinant = k[0][0] * c00 + k[0][1] * c01 + k[0][2] * c02;
        return {(c00 * force[0] + c01 * force[1] + c02 * force[2]) / determinant, (c01 * force[0] + c11 * force[1] + c12 * force[2]) / determinant,
                (c02 * force[0] + c12 * force[1] + c22 * force[2]) / determinant};
    }
}

template <int Dim>
ResponseMatrix<Dim> element_response(const Symbol<Dim>& symbol, const Moduli& moduli, bool zero_wave_vector) noexcept
{
    const auto& d = symbol.gradient;
    ResponseMatrix<Dim> response{};
    for (int component = 0; component < tensor_size<Dim>; ++component) {
        SymmetricTensor<Dim> eigenstrain{};
        eigenstrain[component] = 1.0;
        SymmetricTensor<Dim> strain{};
        if (!zero_wave_vector) {
            const auto stress = stress_of<Dim>(moduli, eigenstrain);
            std::array<double, Dim> force{};
            for (int i = 0; i < tensor_size<Dim>; ++i) {
                const auto [a, b] = axes_of<Dim>(i);
                force[a] += stress[i] * d[b];
                if (a != b) force[b] += stress[i] * d[a];
            }
            const auto u = solve_stiffness<Dim>(symbol, force);
            for (int i = 0; i < tensor_size<Dim>; ++i) {
                const auto [a, b] = axes_of<Dim>(i);
                strain[i] = 0.5 * (d[a] * u[b] + d[b] * u[a]);
            }
        }
        for (int i = 0; i < tensor_size<Dim>; ++i) strain[i] -= eigenstrain[i];
        const auto stress = stress_of<Dim>(moduli, strain);
        for (int i = 0; i < tensor_size<Dim>; ++i) response[i][component] = stress[i];
    }
    return response;
}

template Symbol<2> q1_symbol<2>(const std::array<double, 2>&, const Moduli&) noexcept;
template Symbol<3> q1_symbol<3>(const std::array<double, 3>&, const Moduli&) noexcept;
template Symbol<2> continuum_symbol<2>(const std::array<double, 2>&, const Moduli&) noexcept;
template Symbol<3> continuum_symbol<3>(const std::array<double, 3>&, const Moduli&) noexcept;
template std::array<double, 2> solve_stiffness<2>(const Symbol<2>&, const std::array<double, 2>&) noexcept;
template std::array<double, 3> solve_stiffness<3>(const Symbol<3>&, const std::array<double, 3>&) noexcept;
template ResponseMatrix<2> element_response<2>(const Symbol<2>&, const Moduli&, bool) noexcept;
template ResponseMatrix<3> element_response<3>(const Symbol<3>&, const Moduli&, bool) noexcept;

}  // namespace shearwater
