// Ranks: 2
//
// CG with the preconditioner `fft`: exact for uniform moduli, and with different moduli a number of iterations that depends on their
// contrast and not on the mesh. PETSc's algebraic multigrid must come to the same stress.

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <shearwater/core/random.hpp>
#include <shearwater/elasticity/solve/solver.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

using Tensor = SymmetricTensor<2>;

constexpr double young = 57.0923;     // [GPa]
constexpr double poisson = 0.421965;  // [-]

/// A PETSc option for as long as this object lives.
class PetscOption {
  public:
    PetscOption(const char* name, const char* value) : name_(name) { SHEARWATER_PETSC(PetscOptionsSetValue(nullptr, name, value)); }
    ~PetscOption() { PetscOptionsClearValue(nullptr, name_); }
    PetscOption(const PetscOption&) = delete;
    PetscOption& operator=(const PetscOption&) = delete;
    PetscOption(PetscOption&&) = delete;
    PetscOption& operator=(PetscOption&&) = delete;

  private:
    const char* name_;
};

/// Eigenstrains and moduli drawn voxel by voxel, the same on any number of ranks.
struct Problem {
    Partition<2> partition;
    Box<2> box;

    explicit Problem(int size) : partition(Grid<2>{{size, size}}, world().size()), box(partition.box(world().rank())) {}

    [[nodiscard]] DrawKey key(std::int64_t voxel, std::uint32_t index) const
    {
        return {11, Purpose::Moduli, static_cast<std::uint64_t>(partition.grid().id(box.index(voxel))), index, 0};
    }

    /// Normal numbers as components.
    [[nodiscard]] std::vector<Tensor> eigenstrain() const
    {
        std::vector<Tensor> drawn(box.count());
        for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
            const auto first = normal_pair(key(voxel, 0));
            drawn[voxel] = {first[0], first[1], normal_pair(key(voxel, 1))[0]};
        }
        return drawn;
    }

    /// A random half of the voxels is stiffer by `contrast`; a single value if that is 1.
    [[nodiscard]] std::vector<Moduli> moduli(double contrast) const
    {
        const auto soft = moduli_of<2>(young, poisson, Plane::Strain);
        if (contrast == 1.0) return {soft};
        std::vector<Moduli> drawn(box.count(), soft);
        for (std::int64_t voxel = 0; voxel < box.count(); ++voxel)
            if (uniform_pair(key(voxel, 2))[0] <= 0.5) drawn[voxel] = {contrast * soft.lambda, contrast * soft.mu};
        return drawn;
    }
};

/// Iterations of a first solve. Collective. @param size  voxels along each axis  @param k  elements per voxel edge
int iterations(int size, int k, double contrast, double rtol)
{
    const Problem problem(size);
    ElasticSolver<2> solver(world(), problem.partition, k, problem.moduli(contrast), rtol);
    static_cast<void>(solver.stress(problem.eigenstrain()));
    if (world().is_root()) {
        const auto mesh = fmt::format("{0}x{0}", size * k);
        fmt::print("{:>10} {:>4} {:>9g} {:>8g} {:>11}\n", mesh, k, contrast, rtol, solver.last_iterations());
    }
    return solver.last_iterations();
}

void print_head()
{
    if (world().is_root()) fmt::print("\n{:>10} {:>4} {:>9} {:>8} {:>11}\n", "elements", "k", "contrast", "rtol", "iterations");
}

/// Stress of a two-phase cell by the preconditioner that PETSc's options now name. Collective.
std::vector<Tensor> stress_of_two_phases(const Problem& problem, double rtol, const char* name)
{
    ElasticSolver<2> solver(world(), problem.partition, 1, problem.moduli(10.0), rtol);
    auto stress = solver.stress(problem.eigenstrain());
    if (world().is_root()) fmt::print("rtol {:g} {}: {} iterations\n", rtol, name, solver.last_iterations());
    return stress;
}

/// Largest difference of a component over all ranks [GPa]. Collective.
double largest_difference(const std::vector<Tensor>& one, const std::vector<Tensor>& other)
{
    double largest = 0.0;
    for (std::size_t voxel = 0; voxel < one.size(); ++voxel)
        for (int i = 0; i < 3; ++i) largest = std::max(largest, std::abs(one[voxel][i] - other[voxel][i]));
    return maximum(world(), largest);
}

}  // namespace

TEST_CASE("fft is exact for uniform moduli", "[preconditioner]")
{
    print_head();
    for (const int size : {64, 256, 1024}) CHECK(iterations(size, 1, 1.0, 1e-8) == 1);
    CHECK(iterations(16, 4, 1.0, 1e-8) == 1);
    CHECK(iterations(64, 4, 1.0, 1e-8) == 1);
}

TEST_CASE("the iterations of fft depend on the contrast and not on the mesh", "[preconditioner]")
{
    print_head();
    for (const auto& [contrast, limit] : {std::pair{2.0, 12}, std::pair{10.0, 30}}) {
        const int coarse = iterations(128, 1, contrast, 1e-6);
        const int fine = iterations(512, 1, contrast, 1e-6);
        const int refined = iterations(128, 2, contrast, 1e-6);
        CHECK(std::abs(fine - coarse) <= 2);
        CHECK(coarse < limit);
        CHECK(fine < limit);
        CHECK(refined < 2 * limit);
    }
}

TEST_CASE("multigrid and fft give the same stress", "[preconditioner]")
{
    if (world().is_root()) fmt::print("\n64x64 elements, k=1, contrast 10\n");
    const Problem problem(64);
    // Stresses reach 1900 GPa, so that 1e-7 GPa needs more than a residual of 1e-10.
    for (const auto& [rtol, tolerance] : {std::pair{1e-10, 1e-5}, std::pair{1e-12, 1e-7}}) {
        const auto by_fft = stress_of_two_phases(problem, rtol, "fft");
        const auto by_multigrid = [&, rtol = rtol] {
            const PetscOption chosen("-pc_type", "gamg");
            return stress_of_two_phases(problem, rtol, "gamg");
        }();
        const double difference = largest_difference(by_fft, by_multigrid);
        const double scale = largest_difference(by_fft, std::vector<Tensor>(by_fft.size()));
        if (world().is_root()) fmt::print("largest difference {:.1e} GPa, largest stress {:.0f} GPa\n", difference, scale);
        CHECK(difference < tolerance);
    }
}
