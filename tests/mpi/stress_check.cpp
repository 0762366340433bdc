#include <algorithm>
#include <cmath>
#include <limits>

#include <shearwater/core/error.hpp>
#include <shearwater/core/random.hpp>
#include <shearwater/elasticity/cell.hpp>
#include <shearwater/parallel/reductions.hpp>

#include "support.hpp"

/// The check on a folded cell finds the same deviations as the check on the cell itself, and the element operator the same as PETSc.

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::world;

namespace {

constexpr double rounding = 1e-11;  // [GPa]

ElasticityOptions with_elements(int elements)
{
    ElasticityOptions options;
    options.elements_per_voxel = elements;
    return options;
}

Moduli moduli_of_cell(const ElasticityOptions& options, double factor = 1.0)
{
    return moduli_of<2>(factor * options.young, options.poisson, options.plane);
}

/// The stresses of an eigenstrain field by transforms, and checks of them.
template <int Dim>
struct Bench {
    Bench(const Grid<Dim>& grid, int elements, const StressCheckLimits& limits)
        : options(with_elements(elements)),
          partition(grid, world().size()),
          box(partition.box(world().rank())),
          folded(checked_partition(partition, elements, limits)),
          response(world(), grid, partition.boxes(), moduli_of_cell(options), options.discretization, elements),
          solver(world(), partition, elements, {moduli_of_cell(options)}, options.rtol),
          folded_solver(world(), folded, elements, {moduli_of_cell(options)}, options.rtol),
          transform_solver(world(), partition, elements, moduli_of_cell(options)),
          folded_transform_solver(world(), folded, elements, moduli_of_cell(options)),
          full_check(world(), partition, solver),
          folded_check(world(), partition, folded_solver),
          operator_check(world(), partition, transform_solver),
          folded_operator_check(world(), partition, folded_transform_solver),
          eigenstrain(deviator_size<Dim>, std::vector<double>(box.count()))
    {
        for (std::uint32_t a = 0; a < deviator_size<Dim>; ++a)
            for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
                const auto id = static_cast<std::uint64_t>(grid.id(box.index(voxel)));
                eigenstrain[a][voxel] = 0.1 * normal_pair({5, Purpose::Moduli, id, a, 0})[0];
            }
        stress = response.deviatoric_stress(eigenstrain);
        stress.push_back(response.mean_normal_stress(eigenstrain));
    }

    /// A voxel of the last rank.
    [[nodiscard]] double* some_voxel(std::size_t row) { return world().rank() + 1 == world().size() ? &stress[row][box.count() / 2] : nullptr; }

    [[nodiscard]] std::array<StressCheck<Dim>*, 4> checks() { return {&full_check, &folded_check, &operator_check, &folded_operator_check}; }

    [[nodiscard]] KernelTable<Dim> kernel(double factor)
    {
        SpectralResponse<Dim> other(world(), partition.grid(), partition.boxes(), moduli_of_cell(options, factor), options.discretization,
                                    options.elements_per_voxel);
        return KernelTable<Dim>(world(), partition.boxes(), other);
    }

    ElasticityOptions options;
    Partition<Dim> partition;
    Box<Dim> box;
    Partition<Dim> folded;
    SpectralResponse<Dim> response;
    ElasticSolver<Dim> solver;
    ElasticSolver<Dim> folded_solver;
    TransformSolver<Dim> transform_solver;
    TransformSolver<Dim> folded_transform_solver;
    StressCheck<Dim> full_check;
    StressCheck<Dim> folded_check;
    StressCheck<Dim> operator_check;
    StressCheck<Dim> folded_operator_check;
    Fields eigenstrain;
    Fields stress;
};

template <int Dim>
void check_right_stresses(Bench<Dim>& bench)
{
    const auto kernel = bench.kernel(1.0);
    for (auto* check : bench.checks()) {
        CHECK(check->deviation(bench.stress, bench.eigenstrain) < rounding);
        CHECK(check->kernel_deviation(kernel) < rounding);
    }
}

/// An error in one voxel counts as much in all checks, in every row.
template <int Dim>
void check_wrong_stresses(Bench<Dim>& bench)
{
    for (std::size_t row = 0; row < bench.stress.size(); ++row) {
        double* voxel = bench.some_voxel(row);
        const double right = voxel != nullptr ? *voxel : 0.0;
        const auto deviations = [&](double wrong) {
            if (voxel != nullptr) *voxel = wrong;
            std::vector<double> found;
            for (auto* check : bench.checks()) found.push_back(check->deviation(bench.stress, bench.eigenstrain));
            return found;
        };
        for (const double deviation : deviations(right + 1e-6)) CHECK(std::abs(deviation - 1e-6) < rounding);
        for (const double deviation : deviations(std::numeric_limits<double>::quiet_NaN())) CHECK(std::isinf(deviation));
        if (voxel != nullptr) *voxel = right;
    }
}

/// A kernel of slightly different moduli is found out.
template <int Dim>
void check_wrong_kernel(Bench<Dim>& bench)
{
    const auto kernel = bench.kernel(1.0 + 1e-7);
    const double full = bench.full_check.kernel_deviation(kernel);
    const double folded = bench.folded_check.kernel_deviation(kernel);
    CHECK(full > 1e-7);
    CHECK(folded > 1e-7);
    CHECK(folded < 10.0 * full);
    CHECK(std::abs(bench.operator_check.kernel_deviation(kernel) - full) < rounding);
    CHECK(std::abs(bench.folded_operator_check.kernel_deviation(kernel) - folded) < rounding);
}

/// Stresses by transforms that the element operator has verified are those that PETSc finds, of all tensor components, in a cell of odd sizes.
template <int Dim>
void check_against_petsc(const Grid<Dim>& grid, int elements)
{
    const auto options = with_elements(elements);
    const Partition<Dim> partition(grid, world().size());
    const auto box = partition.box(world().rank());
    const auto moduli = moduli_of<Dim>(options.young, options.poisson, options.plane);
    std::vector<SymmetricTensor<Dim>> eigenstrain(box.count());
    for (std::size_t voxel = 0; voxel < eigenstrain.size(); ++voxel)
        for (int c = 0; c < tensor_size<Dim>; ++c) {
            const auto id = static_cast<std::uint64_t>(grid.id(box.index(static_cast<std::int64_t>(voxel))));
            eigenstrain[voxel][c] = 0.1 * normal_pair({6, Purpose::Moduli, id, static_cast<std::uint32_t>(c), 0})[0];
        }
    TransformSolver<Dim> by_transforms(world(), partition, elements, moduli);
    ElasticSolver<Dim> by_petsc(world(), partition, elements, {moduli}, options.rtol);
    const auto ours = by_transforms.accurate_stress(eigenstrain);
    const auto theirs = by_petsc.accurate_stress(eigenstrain);
    double largest = 0.0;
    for (std::size_t voxel = 0; voxel < ours.size(); ++voxel)
        for (int c = 0; c < tensor_size<Dim>; ++c) largest = std::max(largest, std::abs(ours[voxel][c] - theirs[voxel][c]));
    CHECK(maximum(world(), largest) < rounding);
    // A uniform field has no forces, and the same stress everywhere.
    const SymmetricTensor<Dim> uniform{0.01, -0.02, 0.03};
    const auto expected = stress_of<Dim>(moduli, uniform);
    largest = 0.0;
    for (const auto& stress : by_transforms.accurate_stress(std::vector<SymmetricTensor<Dim>>(box.count(), uniform)))
        for (int c = 0; c < tensor_size<Dim>; ++c) largest = std::max(largest, std::abs(stress[c] + expected[c]));
    CHECK(maximum(world(), largest) < rounding);
    // A displacement that is wrong at one node is no solution.
    auto stress = by_transforms.eigenstress(eigenstrain);
    auto displacement = by_transforms.displacements(stress);
    CHECK(by_transforms.residual(displacement, stress) < 1e-13);
    displacement[Dim - 1][displacement[Dim - 1].size() / 2] += 1e-6;
    CHECK(by_transforms.residual(displacement, stress) > TransformSolver<Dim>::largest_residual);
    eigenstrain.front()[0] = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_AS(by_transforms.accurate_stress(eigenstrain), RunError);
}

}  // namespace

TEST_CASE("a folded 2D cell finds the deviations of the cell itself", "[stress_check][mpi]")
{
    Bench<2> bench({{64, 48}}, 2, {2048, 2048, 16});
    REQUIRE(bench.folded.grid().size == Index<2>{32, 16});
    check_right_stresses(bench);
    check_wrong_stresses(bench);
    check_wrong_kernel(bench);
}

TEST_CASE("a folded 3D cell finds the deviations of the cell itself", "[stress_check][mpi]")
{
    Bench<3> bench({{32, 16, 24}}, 1, {2048, 2048, 8});
    REQUIRE(bench.folded.grid().size == Index<3>{16, 16, 8});
    check_right_stresses(bench);
    check_wrong_stresses(bench);
    check_wrong_kernel(bench);
}

TEST_CASE("rounding of smooth fields on long axes is not taken for a wrong solution", "[stress_check][mpi]")
{
    // A band and a wave of shear: their displacements are large, and what they round to is, too.
    const Grid<2> grid{{509, 16}};
    const Partition<2> partition(grid, world().size());
    const auto box = partition.box(world().rank());
    const auto options = with_elements(4);
    TransformSolver<2> solver(world(), partition, 4, moduli_of_cell(options));
    for (const bool is_wave : {false, true}) {
        std::vector<SymmetricTensor<2>> eigenstrain(box.count());
        for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
            const double x = box.index(voxel)[0];
            eigenstrain[voxel][2] = is_wave ? 0.1 * std::sin(2.0 * std::acos(-1.0) * x / grid.size[0]) : (4.0 * x < grid.size[0] ? 0.1 : 0.0);
        }
        CHECK_NOTHROW(solver.accurate_stress(eigenstrain));
    }
}

TEST_CASE("transforms that the element operator verifies give PETSc's stresses", "[stress_check][mpi]")
{
    check_against_petsc<2>({{37, 29}}, 3);
    check_against_petsc<2>({{53, 17}}, 1);
    check_against_petsc<3>({{17, 13, 11}}, 2);
}

TEST_CASE("a cell whose solver has a folded cell gives stresses of the whole cell and checks them", "[stress_check][mpi]")
{
    Bench<2> bench({{64, 48}}, 2, {2048, 2048, 16});
    const std::vector<Moduli> moduli{moduli_of_cell(bench.options)};
    ElasticCell<2> cell(world(), bench.partition, bench.options, std::make_unique<ElasticSolver<2>>(world(), bench.folded, 2, moduli, 1e-8), moduli);
    CHECK(cell.kernel_deviation() < rounding);
    auto stress = cell.stress(bench.eigenstrain);
    CHECK(everywhere(stress.size() == 2 && static_cast<std::int64_t>(stress.front().size()) == bench.box.count()));
    stress.push_back(cell.mean_normal_stress(bench.eigenstrain));
    CHECK(cell.stress_deviation(stress, bench.eigenstrain) < rounding);
    CHECK(bench.full_check.deviation(stress, bench.eigenstrain) < rounding);
    CHECK(largest_difference(world(), stress, bench.stress) == 0.0);
}
