// Ranks: 2
//
// A manufactured solution: a periodic cell with eigenstrains made of a few waves, of which the continuum solution is known. A wave
// E cos θ of eigenstrain, θ = q·x + φ, displaces by V sin θ and leaves the stress C:(sym(q⊗V) − E) cos θ, where equilibrium
// makes V = K⁻¹ (C:E) q with K⁻¹ = (1 − (λ+μ)/(λ+2μ) q⊗q/q²)/(μ q²).

#include <cmath>

#include <fmt/format.h>

#include <shearwater/elasticity/solve/solver.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

constexpr double two_pi = 6.283185307179586476925286766559;

/// A wave of eigenstrain in a cell of edge 1.
template <int Dim>
struct Wave {
    Index<Dim> number;            ///< periods along each axis
    double phase;                 ///< φ
    SymmetricTensor<Dim> strain;  ///< E
};

template <int Dim>
std::vector<Wave<Dim>> some_waves()
{
    if constexpr (Dim == 2)
        return {{{1, 0}, 0.3, {0.5, -0.4, 0.3}}, {{1, 1}, 1.1, {-0.2, 0.6, 0.4}}, {{1, -2}, 2.0, {0.3, 0.1, -0.5}}, {{0, 2}, -0.7, {0.1, 0.2, 0.3}}};
    else
        return {{{1, 0, 1}, 0.3, {0.5, -0.4, 0.1, 0.3, -0.2, 0.6}},
                {{1, 1, -1}, 1.1, {-0.2, 0.6, 0.3, -0.1, 0.5, 0.4}},
                {{0, 2, 1}, 2.0, {0.3, 0.1, -0.4, 0.2, 0.6, -0.5}}};
}

/// A wave with its continuum solution.
template <int Dim>
struct Solution {
    Wave<Dim> wave;
    std::array<double, Dim> amplitude{};  ///< V, of the displacement, in edges of the cell
    SymmetricTensor<Dim> stress{};        ///< [GPa]

    Solution(const Wave<Dim>& of, const Moduli& moduli) : wave(of)
    {
        const auto resisted = stress_of<Dim>(moduli, wave.strain);
        std::array<double, Dim> q{};
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            q[axis] = two_pi * wave.number[axis];
            squared += q[axis] * q[axis];
        }
        std::array<double, Dim> force{};
        for (int c = 0; c < tensor_size<Dim>; ++c) {
            const auto [i, j] = axes_of<Dim>(c);
            force[i] += resisted[c] * q[j];
            if (i != j) force[j] += resisted[c] * q[i];
        }
        double along = 0.0;
        for (int axis = 0; axis < Dim; ++axis) along += q[axis] * force[axis] / squared;
        const double removed = along * (moduli.lambda + moduli.mu) / (moduli.lambda + 2.0 * moduli.mu);
        for (int axis = 0; axis < Dim; ++axis) amplitude[axis] = (force[axis] - removed * q[axis]) / (moduli.mu * squared);
        SymmetricTensor<Dim> elastic{};
        for (int c = 0; c < tensor_size<Dim>; ++c) {
            const auto [i, j] = axes_of<Dim>(c);
            elastic[c] = 0.5 * (amplitude[i] * q[j] + amplitude[j] * q[i]) - wave.strain[c];
        }
        stress = stress_of<Dim>(moduli, elastic);
    }

    [[nodiscard]] double angle(const std::array<double, Dim>& x) const
    {
        double theta = wave.phase;
        for (int axis = 0; axis < Dim; ++axis) theta += two_pi * wave.number[axis] * x[axis];
        return theta;
    }
};

/// Sums of squares of errors and of what they are errors of. The terms of all ranks.
struct Error {
    std::vector<double> squared_error;
    std::vector<double> squared;

    void add(double value, double exact)
    {
        squared_error.push_back((value - exact) * (value - exact));
        squared.push_back(exact * exact);
    }

    /// L2 norm of the error over that of the exact field. Collective.
    [[nodiscard]] double relative() const { return std::sqrt(exact_sum(world(), squared_error) / exact_sum(world(), squared)); }
};

struct Errors {
    double displacement;  ///< at the nodes
    double stress;        ///< voxel means against the stress at voxel centres
};

/// A grid point in edges of the cell; `shift` 0 for lower corners, ½ for centres.
template <int Dim>
std::array<double, Dim> position(const Grid<Dim>& grid, const Index<Dim>& index, double shift)
{
    std::array<double, Dim> x{};
    for (int axis = 0; axis < Dim; ++axis) x[axis] = (index[axis] + shift) / grid.size[axis];
    return x;
}

template <int Dim>
Error displacement_error(const Grid<Dim>& nodes, const Box<Dim>& box, const std::vector<Solution<Dim>>& solutions, Vec displacement)
{
    const PetscScalar* values = nullptr;
    SHEARWATER_PETSC(VecGetArrayRead(displacement, &values));
    // Both fields have waves only, so that their means are rounding errors: the solver removes translations.
    Error error;
    for (std::int64_t node = 0; node < box.count(); ++node) {
        const auto x = position<Dim>(nodes, box.index(node), 0.0);
        std::array<double, Dim> exact{};
        for (const auto& solution : solutions)
            for (int axis = 0; axis < Dim; ++axis) exact[axis] += solution.amplitude[axis] * std::sin(solution.angle(x));
        for (int axis = 0; axis < Dim; ++axis) error.add(values[Dim * node + axis] / nodes.size[0], exact[axis]);
    }
    SHEARWATER_PETSC(VecRestoreArrayRead(displacement, &values));
    return error;
}

/// Collective. @param mesh  elements along each axis  @param k  of them per voxel edge
template <int Dim>
Errors errors_on(int mesh, int k)
{
    const auto moduli = moduli_of<Dim>(57.0923, 0.421965, Plane::Strain);
    std::vector<Solution<Dim>> solutions;
    for (const auto& wave : some_waves<Dim>()) solutions.emplace_back(wave, moduli);
    Grid<Dim> grid;
    grid.size.fill(mesh / k);
    const Partition<Dim> partition(grid, world().size());
    const auto box = partition.box(world().rank());
    std::vector<SymmetricTensor<Dim>> eigenstrain(box.count());
    std::vector<SymmetricTensor<Dim>> exact(box.count());
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel)
        for (const auto& solution : solutions) {
            const double cosine = std::cos(solution.angle(position<Dim>(grid, box.index(voxel), 0.5)));
            for (int c = 0; c < tensor_size<Dim>; ++c) {
                eigenstrain[voxel][c] += solution.wave.strain[c] * cosine;
                exact[voxel][c] += solution.stress[c] * cosine;
            }
        }
    ElasticSolver<Dim> solver(world(), partition, k, {moduli}, 1e-10);
    const auto stress = solver.stress(eigenstrain);
    Error stress_error;
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel)
        for (int c = 0; c < tensor_size<Dim>; ++c) stress_error.add(stress[voxel][c], exact[voxel][c]);
    const auto displacement = displacement_error(grid.refined(k), box.refined(k), solutions, solver.displacement());
    return {displacement.relative(), stress_error.relative()};
}

template <int Dim>
void check_order(int k, const std::vector<int>& meshes)
{
    if (world().is_root())
        fmt::print("\n{}D, k={}: relative L2 errors\n{:>6} {:>14} {:>6} {:>14} {:>6}\n", Dim, k, "mesh", "displacement", "order", "voxel stress",
                   "order");
    Errors before{};
    for (const int mesh : meshes) {
        const auto errors = errors_on<Dim>(mesh, k);
        const double order = std::log2(before.displacement / errors.displacement);
        const double stress_order = std::log2(before.stress / errors.stress);
        const bool is_first = mesh == meshes.front();
        if (world().is_root())
            fmt::print("{:>6} {:>14.6e} {:>6} {:>14.6e} {:>6}\n", mesh, errors.displacement, is_first ? "" : fmt::format("{:.3f}", order),
                       errors.stress, is_first ? "" : fmt::format("{:.3f}", stress_order));
        CHECK((is_first || std::abs(order - 2.0) < 0.1));
        CHECK((is_first || std::abs(stress_order - 2.0) < 0.1));
        before = errors;
    }
}

}  // namespace

TEST_CASE("displacement and voxel stress converge to the continuum's at second order, plane strain", "[convergence]")
{
    check_order<2>(1, {16, 32, 64, 128});
    check_order<2>(2, {32, 64, 128, 256});
}

TEST_CASE("displacement and voxel stress converge to the continuum's at second order in three dimensions", "[convergence]")
{
    check_order<3>(1, {16, 32, 64});
    check_order<3>(2, {16, 32, 64});
}
