// Ranks: 1 2 4
//
// States that the elements must give exactly: uniform eigenstrains, uniaxial states, laminates.

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <shearwater/elasticity/cell.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

constexpr double young = 57.0923;     // [GPa]
constexpr double poisson = 0.421965;  // [-]

template <int Dim>
Grid<Dim> small_grid()
{
    Grid<Dim> grid;
    grid.size.fill(8);
    grid.size[Dim - 1] = 16;
    grid.size[0] = 16;
    return grid;
}

/// All components different and none zero.
template <int Dim>
SymmetricTensor<Dim> some_strain()
{
    SymmetricTensor<Dim> strain{};
    for (int i = 0; i < tensor_size<Dim>; ++i) strain[i] = (i % 2 == 0 ? 0.3 : -0.17) * (i + 1.0) + 0.05;
    return strain;
}

template <int Dim>
double largest_component(const SymmetricTensor<Dim>& tensor)
{
    double largest = 0.0;
    for (const double component : tensor) largest = std::max(largest, std::abs(component));
    return largest;
}

/// Largest deviation of the stresses from those expected, over the largest stress expected, over all ranks. Collective.
template <int Dim>
double relative_deviation(const std::vector<SymmetricTensor<Dim>>& stress, const std::vector<SymmetricTensor<Dim>>& expected)
{
    double deviation = 0.0;
    double scale = 0.0;
    for (std::size_t voxel = 0; voxel < stress.size(); ++voxel) {
        scale = std::max(scale, largest_component<Dim>(expected[voxel]));
        for (int i = 0; i < tensor_size<Dim>; ++i) deviation = std::max(deviation, std::abs(stress[voxel][i] - expected[voxel][i]));
    }
    return maximum(world(), deviation) / maximum(world(), scale);
}

double largest_displacement(Vec displacement)
{
    PetscReal norm = 0.0;
    SHEARWATER_PETSC(VecNorm(displacement, NORM_INFINITY, &norm));
    return norm;
}

/// Two materials in slabs normal to x, the stiff one of them half as thick as the other; period 6 does not divide any box.
template <int Dim>
struct Laminate {
    std::array<Moduli, 2> moduli;
    static constexpr std::array<double, 2> fraction{2.0 / 3.0, 1.0 / 3.0};

    [[nodiscard]] static int phase(const Index<Dim>& voxel) { return voxel[0] % 6 < 4 ? 0 : 1; }

    [[nodiscard]] static Grid<Dim> grid()
    {
        auto grid = small_grid<Dim>();
        grid.size[0] = 24;
        return grid;
    }

    template <class Value>
    [[nodiscard]] double mean(Value&& value) const
    {
        return fraction[0] * value(0) + fraction[1] * value(1);
    }

    /// Stress of each phase under mean strain E and eigenstrains e of the phases. Strains within the slabs' plane and stresses
    /// on it are the same in both phases. With g = E − e the elastic strain at zero fluctuation and t = λ Σ_{i>x} g_ii,
    ///     σ_xx = (⟨g_xx⟩ + ⟨t/(λ+2μ)⟩) / ⟨1/(λ+2μ)⟩,  σ_xi = 2 ⟨g_xi⟩ / ⟨1/μ⟩,  elastic ε_xx = (σ_xx − t)/(λ+2μ),  ε_xi = σ_xi/2μ,
    /// and the other elastic strains are those of g.
    [[nodiscard]] std::array<SymmetricTensor<Dim>, 2> stress(const SymmetricTensor<Dim>& mean_strain,
                                                             const std::array<SymmetricTensor<Dim>, 2>& eigenstrain) const
    {
        std::array<SymmetricTensor<Dim>, 2> elastic{};
        for (const int p : {0, 1})
            for (int i = 0; i < tensor_size<Dim>; ++i) elastic[p][i] = mean_strain[i] - eigenstrain[p][i];
        const auto within = [&](int p) { return moduli[p].lambda * std::accumulate(elastic[p].begin() + 1, elastic[p].begin() + Dim, 0.0); };
        const auto normal = [&](int p) { return moduli[p].lambda + 2.0 * moduli[p].mu; };
        const double sigma_xx = (mean([&](int p) { return elastic[p][0]; }) + mean([&](int p) { return within(p) / normal(p); })) /
                                mean([&](int p) { return 1.0 / normal(p); });
        const auto before = elastic;
        for (const int p : {0, 1}) elastic[p][0] = (sigma_xx - within(p)) / normal(p);
        for (int i = Dim; i < tensor_size<Dim>; ++i) {
            if (axes_of<Dim>(i)[0] != 0) continue;
            const double sigma = 2.0 * mean([&](int p) { return before[p][i]; }) / mean([&](int p) { return 1.0 / moduli[p].mu; });
            for (const int p : {0, 1}) elastic[p][i] = sigma / (2.0 * moduli[p].mu);
        }
        return {stress_of<Dim>(moduli[0], elastic[0]), stress_of<Dim>(moduli[1], elastic[1])};
    }

    [[nodiscard]] std::vector<Moduli> moduli_of_box(const Box<Dim>& box) const
    {
        std::vector<Moduli> all;
        for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) all.push_back(moduli[phase(box.index(voxel))]);
        return all;
    }
};

template <int Dim>
Laminate<Dim> some_laminate(Plane plane)
{
    return {{moduli_of<Dim>(young, poisson, plane), moduli_of<Dim>(3.0 * young, 0.2, plane)}};
}

template <int Dim>
void check_uniform_eigenstrain(int elements, Plane plane)
{
    const Partition<Dim> partition(small_grid<Dim>(), world().size());
    const auto count = partition.box(world().rank()).count();
    const auto moduli = moduli_of<Dim>(young, poisson, plane);
    ElasticSolver<Dim> solver(world(), partition, elements, {moduli}, 1e-10);
    const auto eigenstrain = some_strain<Dim>();
    auto expected = stress_of<Dim>(moduli, eigenstrain);
    for (double& component : expected) component = -component;
    const auto stress = solver.stress(std::vector<SymmetricTensor<Dim>>(count, eigenstrain));
    const double deviation = relative_deviation<Dim>(stress, std::vector<SymmetricTensor<Dim>>(count, expected));
    const double displacement = largest_displacement(solver.displacement());
    if (world().is_root())
        fmt::print("{}D k={} {:<13} stress {:.1e} relative, displacement {:.1e} element edges, {} iterations\n", Dim, elements,
                   plane == Plane::Stress ? "plane stress" : "", deviation, displacement, solver.last_iterations());
    CHECK(deviation < 1e-12);
    CHECK(displacement < 1e-12);
}

template <int Dim>
void check_laminate(int elements, Plane plane)
{
    const auto laminate = some_laminate<Dim>(plane);
    const Partition<Dim> partition(Laminate<Dim>::grid(), world().size());
    const auto box = partition.box(world().rank());
    ElasticSolver<Dim> solver(world(), partition, elements, laminate.moduli_of_box(box), 1e-13);
    const auto mean_strain = some_strain<Dim>();
    std::array<SymmetricTensor<Dim>, 2> eigenstrain{};
    for (int i = 0; i < tensor_size<Dim>; ++i) eigenstrain[1][i] = 0.2 - 0.1 * i;
    const auto of_phase = laminate.stress(mean_strain, eigenstrain);
    // The solver's mean strain is zero: a mean strain acts like an eigenstrain of opposite sign.
    std::vector<SymmetricTensor<Dim>> input(box.count());
    std::vector<SymmetricTensor<Dim>> expected(box.count());
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
        const int phase = Laminate<Dim>::phase(box.index(voxel));
        expected[voxel] = of_phase[phase];
        for (int i = 0; i < tensor_size<Dim>; ++i) input[voxel][i] = eigenstrain[phase][i] - mean_strain[i];
    }
    const double deviation = relative_deviation<Dim>(solver.stress(input), expected);
    if (world().is_root())
        fmt::print("{}D k={} {:<13} stress {:.1e} relative, {} iterations\n", Dim, elements, plane == Plane::Stress ? "plane stress" : "", deviation,
                   solver.last_iterations());
    CHECK(deviation < 1e-11);
}

/// Eigenstrains that differ from voxel to voxel and whose forces on the nodes are not small.
template <int Dim>
std::vector<SymmetricTensor<Dim>> uneven_eigenstrain(const Box<Dim>& box, double size)
{
    std::vector<SymmetricTensor<Dim>> eigenstrain(box.count());
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
        const auto index = box.index(voxel);
        for (int i = 0; i < tensor_size<Dim>; ++i) eigenstrain[voxel][i] = size * ((3 * index[0] + 5 * index[Dim - 1] + 2 * i) % 7 - 3) / 3.0;
    }
    return eigenstrain;
}

/// Mean stress per component of mean strain of a laminate, from the closed form.
template <int Dim>
typename MeanResponse<Dim>::Stiffness mean_stiffness(const Laminate<Dim>& laminate)
{
    typename MeanResponse<Dim>::Stiffness stiffness{};
    for (int column = 0; column < tensor_size<Dim>; ++column) {
        SymmetricTensor<Dim> unit{};
        unit[column] = 1.0;
        const auto stress = laminate.stress(unit, {});
        for (int i = 0; i < tensor_size<Dim>; ++i) stiffness[i][column] = laminate.mean([&](int p) { return stress[p][i]; });
    }
    return stiffness;
}

template <int Dim>
void check_mean_stiffness()
{
    const auto laminate = some_laminate<Dim>(Plane::Strain);
    const Partition<Dim> partition(Laminate<Dim>::grid(), world().size());
    const auto moduli = laminate.moduli_of_box(partition.box(world().rank()));
    ElasticityOptions options;
    options.update = Update::Solve;
    options.elements_per_voxel = 1;
    const ElasticCell<Dim> cell(world(), partition, options, std::make_unique<ElasticSolver<Dim>>(world(), partition, 1, moduli, 1e-13), moduli);
    const auto expected = mean_stiffness(laminate);
    double deviation = 0.0;
    for (int i = 0; i < tensor_size<Dim>; ++i)
        for (int j = 0; j < tensor_size<Dim>; ++j) deviation = std::max(deviation, std::abs(cell.mean_stiffness()[i][j] - expected[i][j]));
    CHECK(test::everywhere(deviation < 1e-10 * expected[0][0]));
}

/// The state of a uniform cell with one component of mean strain prescribed and every other mean stress zero.
template <int Dim>
MeanState<Dim> one_strained(const Moduli& moduli, int component, double strain, const SymmetricTensor<Dim>& eigenstrain)
{
    std::array<bool, tensor_size<Dim>> strained{};
    strained[component] = true;
    const MeanResponse<Dim> response(stiffness_matrix<Dim>(moduli), strained);
    SymmetricTensor<Dim> prescribed{};
    prescribed[component] = strain;
    auto eigenstress = stress_of<Dim>(moduli, eigenstrain);
    for (double& stress : eigenstress) stress = -stress;
    return response.state(prescribed, eigenstress);
}

/// Slope of the loading with one component of mean strain prescribed must be `modulus`, with no other stress, and eigenstrains of the
/// whole cell must only shift the strain.
template <int Dim>
void check_slope(const Moduli& moduli, int component, double modulus)
{
    constexpr double strain = 0.013;
    const auto state = one_strained<Dim>(moduli, component, strain, {});
    CHECK(std::abs(state.stress[component] / strain / modulus - 1.0) < 1e-13);
    const auto stress = stress_of<Dim>(moduli, state.strain);
    for (int i = 0; i < tensor_size<Dim>; ++i) CHECK(std::abs(stress[i] - (i == component ? modulus * strain : 0.0)) < 1e-13 * modulus * strain);
    const auto eigenstrain = some_strain<Dim>();
    const auto shifted = one_strained<Dim>(moduli, component, strain + eigenstrain[component], eigenstrain);
    for (int i = 0; i < tensor_size<Dim>; ++i) CHECK(std::abs(shifted.strain[i] - eigenstrain[i] - state.strain[i]) < 1e-13);
}

}  // namespace

TEST_CASE("a uniform eigenstrain in a uniform cell is resisted in full and moves nothing", "[patch]")
{
    if (world().is_root()) fmt::print("\nuniform eigenstrain\n");
    for (const int elements : {1, 2, 4})
        for (const auto plane : {Plane::Strain, Plane::Stress}) check_uniform_eigenstrain<2>(elements, plane);
    for (const int elements : {1, 2}) check_uniform_eigenstrain<3>(elements, Plane::Strain);
}

TEST_CASE("uniaxial states have the closed-form moduli", "[patch]")
{
    const auto strain_plane = moduli_of<2>(young, poisson, Plane::Strain);
    const auto stress_plane = moduli_of<2>(young, poisson, Plane::Stress);
    const auto solid = moduli_of<3>(young, poisson, Plane::Strain);
    const double two_mu = young / (1.0 + poisson);
    check_slope<2>(strain_plane, 1, young / (1.0 - poisson * poisson));
    check_slope<2>(stress_plane, 1, young);
    check_slope<3>(solid, 1, young);
    check_slope<2>(strain_plane, 2, two_mu);
    check_slope<2>(stress_plane, 2, two_mu);
    check_slope<3>(solid, 5, two_mu);
}

TEST_CASE("a laminate under mean strain and eigenstrains of its phases is exact", "[patch]")
{
    if (world().is_root()) fmt::print("\nlaminate\n");
    for (const int elements : {1, 2})
        for (const auto plane : {Plane::Strain, Plane::Stress}) check_laminate<2>(elements, plane);
    for (const int elements : {1, 2}) check_laminate<3>(elements, Plane::Strain);
}

TEST_CASE("the mean stiffness of a laminate is exact", "[patch]")
{
    check_mean_stiffness<2>();
    check_mean_stiffness<3>();
}

TEST_CASE("a solve does not depend on the one before it, however much larger that was", "[patch]")
{
    const auto laminate = some_laminate<2>(Plane::Strain);
    const Partition<2> partition(Laminate<2>::grid(), world().size());
    const auto box = partition.box(world().rank());
    const auto large = uneven_eigenstrain<2>(box, 1.0);
    for (const double size : {1e-3, 1e-6, 1e-12}) {
        INFO("size " << size);
        const auto small = uneven_eigenstrain<2>(box, size);
        ElasticSolver<2> fresh(world(), partition, 1, laminate.moduli_of_box(box), 1e-10);
        ElasticSolver<2> used(world(), partition, 1, laminate.moduli_of_box(box), 1e-10);
        static_cast<void>(used.stress(large));
        std::vector<SymmetricTensor<2>> stress;
        CHECK_NOTHROW(stress = used.stress(small));
        if (test::everywhere(!stress.empty())) CHECK(relative_deviation<2>(stress, fresh.stress(small)) < 1e-7);
    }
}

TEST_CASE("without eigenstrain there is no stress, whatever was solved before", "[patch]")
{
    const auto laminate = some_laminate<2>(Plane::Strain);
    const Partition<2> partition(Laminate<2>::grid(), world().size());
    const auto box = partition.box(world().rank());
    ElasticSolver<2> solver(world(), partition, 1, laminate.moduli_of_box(box), 1e-8);
    static_cast<void>(solver.stress(uneven_eigenstrain<2>(box, 1.0)));
    double largest = 0.0;
    for (const auto& stress : solver.stress(uneven_eigenstrain<2>(box, 0.0))) largest = std::max(largest, largest_component<2>(stress));
    CHECK(maximum(world(), largest) < 1e-12);  // [GPa]
}
