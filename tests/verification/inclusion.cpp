// Ranks: 2
//
// A circular inclusion with eigenstrain ε*_xx = −ε*_yy = e in plane strain approaches Eshelby's solution as voxels per radius R and cell
// size over radius, L/R, grow together.
//
// Inside, with s = −μ e / (2 (1 − ν)): σ_xx = −σ_yy = s. Outside, Airy's function φ = (a1 r⁻² + a2) cos 2θ gives
//     σ_rr = −(6 a1 r⁻⁴ + 4 a2 r⁻²) cos 2θ,  σ_θθ = 6 a1 r⁻⁴ cos 2θ,  σ_rθ = −(6 a1 r⁻⁴ + 2 a2 r⁻²) sin 2θ.
// The tractions inside are σ_rr = s cos 2θ and σ_rθ = −s sin 2θ. Their continuity at r = R makes a2 = −s R², a1 = s R⁴/2.

#include <cmath>

#include <fmt/format.h>

#include <shearwater/elasticity/mean_response.hpp>
#include <shearwater/elasticity/solve/solver.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

using Tensor = SymmetricTensor<2>;

constexpr double young = 57.0923;     // [GPa]
constexpr double poisson = 0.421965;  // [-]
constexpr double eigenstrain_size = 0.1;
constexpr int elements_per_voxel_edge = 2;

double interior_stress()
{
    const double mu = young / (2.0 * (1.0 + poisson));
    return -mu * eigenstrain_size / (2.0 * (1.0 - poisson));
}

/// Stress at (x, y) from the centre, both in units of the radius.
Tensor eshelby(double x, double y)
{
    const double s = interior_stress();
    const double squared = x * x + y * y;
    if (squared < 1.0) return {s, -s, 0.0};
    const double theta = std::atan2(y, x);
    const double r2 = 1.0 / squared;
    const double r4 = r2 * r2;
    const double rr = s * (4.0 * r2 - 3.0 * r4) * std::cos(2.0 * theta);
    const double tt = s * 3.0 * r4 * std::cos(2.0 * theta);
    const double rt = s * (2.0 * r2 - 3.0 * r4) * std::sin(2.0 * theta);
    const double c = std::cos(theta);
    const double n = std::sin(theta);
    return {rr * c * c + tt * n * n - 2.0 * rt * n * c, rr * n * n + tt * c * c + 2.0 * rt * n * c, (rr - tt) * n * c + rt * (c * c - n * n)};
}

double sum_over_ranks(double value)
{
    MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, world().get());
    return value;
}

/// Sums over the voxels of a region.
struct Region {
    double voxels = 0.0;
    double squared_error = 0.0;
    double squared = 0.0;
    Tensor mean_error{};

    void add(const Tensor& stress, const Tensor& exact)
    {
        Tensor error{};
        for (int i = 0; i < 3; ++i) error[i] = stress[i] - exact[i];
        voxels += 1.0;
        squared_error += contract<2>(error, error);
        squared += contract<2>(exact, exact);
        for (int i = 0; i < 3; ++i) mean_error[i] += error[i];
    }

    /// Collective.
    void reduce()
    {
        for (double* value : {&voxels, &squared_error, &squared, &mean_error[0], &mean_error[1], &mean_error[2]}) *value = sum_over_ranks(*value);
        for (double& component : mean_error) component /= voxels;
    }

    [[nodiscard]] double l2() const { return std::sqrt(squared_error / squared); }

    /// Error of the mean stress, over the root mean square of the exact stress.
    [[nodiscard]] double mean() const { return std::sqrt(contract<2>(mean_error, mean_error) / (squared / voxels)); }
};

struct Errors {
    Region interior;
    Region exterior;  ///< 1.5 R < r < 3 R
    Region cell;      ///< everything, against no stress
};

/// Voxel position from the centre of the cell, a corner of voxels, in units of the radius.
std::array<double, 2> position(const Index<2>& voxel, int cell, int radius)
{
    return {(voxel[0] + 0.5 - 0.5 * cell) / radius, (voxel[1] + 0.5 - 0.5 * cell) / radius};
}

/// Adds what the mean strain contributes when all mean stresses are zero. Collective.
void release(const Moduli& moduli, double mean_eigenstrain, std::vector<Tensor>& stress)
{
    auto eigenstress = stress_of<2>(moduli, {mean_eigenstrain, -mean_eigenstrain, 0.0});
    for (double& component : eigenstress) component = -component;
    const MeanResponse<2> response(stiffness_matrix<2>(moduli), {false, false, false});
    const auto state = response.state({0.0, 0.0, 0.0}, eigenstress);
    const auto added = stress_of<2>(moduli, state.strain);
    for (auto& tensor : stress)
        for (int i = 0; i < 3; ++i) tensor[i] += added[i];
}

/// Collective. @param radius  voxels  @param cell  edge of the cell [voxels]
Errors errors_of(int radius, int cell)
{
    const auto moduli = moduli_of<2>(young, poisson, Plane::Strain);
    const Partition<2> partition(Grid<2>{{cell, cell}}, world().size());
    const auto box = partition.box(world().rank());
    std::vector<Tensor> eigenstrain(box.count());
    double inside = 0.0;
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
        const auto [x, y] = position(box.index(voxel), cell, radius);
        if (x * x + y * y >= 1.0) continue;
        eigenstrain[voxel] = {eigenstrain_size, -eigenstrain_size, 0.0};
        inside += 1.0;
    }
    ElasticSolver<2> solver(world(), partition, elements_per_voxel_edge, {moduli}, 1e-10);
    auto stress = solver.stress(eigenstrain);
    release(moduli, eigenstrain_size * sum_over_ranks(inside) / static_cast<double>(partition.grid().count()), stress);
    Errors errors;
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) {
        const auto [x, y] = position(box.index(voxel), cell, radius);
        const double r = std::hypot(x, y);
        errors.cell.add(stress[voxel], {});
        if (r < 1.0) errors.interior.add(stress[voxel], eshelby(x, y));
        if (r > 1.5 && r < 3.0) errors.exterior.add(stress[voxel], eshelby(x, y));
    }
    errors.interior.reduce();
    errors.exterior.reduce();
    errors.cell.reduce();
    return errors;
}

}  // namespace

TEST_CASE("the exterior solution continues the tractions of the interior", "[inclusion]")
{
    for (const double theta : {0.1, 0.9, 2.5, 4.0}) {
        const double x = std::cos(theta);
        const double y = std::sin(theta);
        const auto inside = eshelby(0.999999 * x, 0.999999 * y);
        const auto outside = eshelby(1.000001 * x, 1.000001 * y);
        CHECK(outside[0] * x + outside[2] * y == Approx(inside[0] * x + inside[2] * y).margin(1e-4));
        CHECK(outside[2] * x + outside[1] * y == Approx(inside[2] * x + inside[1] * y).margin(1e-4));
    }
}

TEST_CASE("a circular inclusion approaches Eshelby's stress", "[inclusion]")
{
    if (world().is_root())
        fmt::print("\nrelative errors of the voxel stress, interior stress {:.6f} GPa, k={}\n{:>6} {:>6} {:>8} {:>14} {:>12} {:>12}\n",
                   interior_stress(), elements_per_voxel_edge, "R", "L/R", "voxels", "interior mean", "interior L2", "exterior L2");
    Errors before{};
    for (const int radius : {4, 8, 16}) {
        const int ratio = 2 * radius;
        const auto errors = errors_of(radius, radius * ratio);
        if (world().is_root())
            fmt::print("{:>6} {:>6} {:>8.0f} {:>14.5f} {:>12.5f} {:>12.5f}\n", radius, ratio, errors.interior.voxels, errors.interior.mean(),
                       errors.interior.l2(), errors.exterior.l2());
        for (const double component : errors.cell.mean_error) CHECK(std::abs(component) < 1e-10);  // mean stress of the cell [GPa]
        if (radius > 4) {
            CHECK(errors.interior.mean() < before.interior.mean());
            CHECK(errors.interior.l2() < before.interior.l2());
            CHECK(errors.exterior.l2() < before.exterior.l2());
        }
        before = errors;
    }
    CHECK(before.interior.mean() < 0.02);
    CHECK(before.exterior.l2() < 0.02);
}
