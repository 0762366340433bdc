#include <cmath>
#include <cstring>

#include <Eigen/Eigenvalues>

#include <shearwater/core/error.hpp>
#include <shearwater/core/random.hpp>
#include <shearwater/elasticity/cell.hpp>

#include "support.hpp"

using namespace shearwater;
using shearwater::test::world;

namespace {

constexpr double pi = 3.14159265358979323846;

double young_of(const Moduli& moduli, double poisson)
{
    return 2.0 * moduli.mu * (1.0 + poisson);
}

/// Values per voxel of this rank's box, put together to those of the whole lattice on every rank.
template <int Dim>
std::vector<double> whole_lattice(const Partition<Dim>& partition, const std::vector<double>& mine)
{
    const auto bytes = gather_all(world(), std::as_bytes(std::span<const double>(mine)));
    std::vector<double> in_ranks(bytes.size() / sizeof(double));
    std::memcpy(in_ranks.data(), bytes.data(), bytes.size());
    std::vector<double> lattice(in_ranks.size());
    std::size_t next = 0;
    for (const auto& box : partition.boxes())
        for (std::int64_t voxel = 0; voxel < box.count(); ++voxel) lattice[partition.grid().id(box.index(voxel))] = in_ranks[next++];
    return lattice;
}

/// Relative deviation of Young's modulus from its mean over the standard deviation asked for: standard normal if all is right.
std::vector<double> deviations(const Partition<2>& partition, const ElasticityOptions& options, std::uint64_t seed)
{
    std::vector<double> mine;
    for (const auto& moduli : draw_moduli<2>(world(), partition, options, seed))
        mine.push_back((young_of(moduli, options.poisson) / options.young - 1.0) / options.modulus_std);
    return whole_lattice(partition, mine);
}

/// Mean over the periodic lattice of the product of a field with itself shifted.
double correlation(const Grid<2>& grid, const std::vector<double>& field, int dx, int dy)
{
    double total = 0.0;
    for (int y = 0; y < grid.size[1]; ++y)
        for (int x = 0; x < grid.size[0]; ++x) total += field[grid.id({x, y})] * field[grid.id({(x + dx) % grid.size[0], (y + dy) % grid.size[1]})];
    return total / static_cast<double>(grid.count());
}

template <int Dim>
bool same_on_one_rank(const Grid<Dim>& grid, const ElasticityOptions& options)
{
    const Communicator alone(MPI_COMM_SELF);
    const Partition<Dim> whole(grid, 1);
    const Partition<Dim> parts(grid, world().size());
    const auto reference = draw_moduli<Dim>(alone, whole, options, 7);
    const auto mine = draw_moduli<Dim>(world(), parts, options, 7);
    const auto box = parts.box(world().rank());
    bool same = static_cast<std::int64_t>(mine.size()) == box.count() && static_cast<std::int64_t>(reference.size()) == grid.count();
    for (std::int64_t voxel = 0; same && voxel < box.count(); ++voxel) {
        const auto& other = reference[grid.id(box.index(voxel))];
        same = mine[voxel].lambda == other.lambda && mine[voxel].mu == other.mu;
    }
    return same;
}

ElasticityOptions uneven(double std, double length, int elements)
{
    ElasticityOptions options;
    options.modulus_std = std;
    options.modulus_correlation = length;
    options.elements_per_voxel = elements;
    options.update = Update::Solve;
    options.rtol = 1e-10;
    return options;
}

/// A cell of voxels with moduli of their own, and these moduli.
template <int Dim>
struct UnevenCell {
    UnevenCell(const Grid<Dim>& size, const ElasticityOptions& elasticity)
        : grid(size),
          options(elasticity),
          partition(grid, world().size()),
          box(partition.box(world().rank())),
          moduli(draw_moduli<Dim>(world(), partition, options, 3)),
          cell(world(), partition, options,
               std::make_unique<ElasticSolver<Dim>>(world(), partition, elements_per_voxel<Dim>(options), moduli, options.rtol), moduli)
    {
    }

    [[nodiscard]] double mean(const std::vector<double>& mine) const
    {
        double total = 0.0;
        for (const double value : whole_lattice<Dim>(partition, mine)) total += value;
        return total / static_cast<double>(grid.count());
    }

    Grid<Dim> grid;
    ElasticityOptions options;
    Partition<Dim> partition;
    Box<Dim> box;
    std::vector<Moduli> moduli;
    ElasticCell<Dim> cell;
};

template <int Dim>
using Matrix = Eigen::Matrix<double, tensor_size<Dim>, tensor_size<Dim>>;

/// A stiffness per unit tensor component as a matrix between coefficients in an orthonormal basis of symmetric tensors.
template <int Dim>
Matrix<Dim> orthonormal(const typename MeanResponse<Dim>::Stiffness& stiffness)
{
    Matrix<Dim> matrix;
    for (int i = 0; i < tensor_size<Dim>; ++i)
        for (int j = 0; j < tensor_size<Dim>; ++j) matrix(i, j) = stiffness[i][j] * std::sqrt(multiplicity<Dim>(i) / multiplicity<Dim>(j));
    return matrix;
}

template <int Dim>
double smallest_eigenvalue(const Matrix<Dim>& matrix)
{
    return Eigen::SelfAdjointEigenSolver<Matrix<Dim>>(matrix).eigenvalues()[0];
}

/// Reuss < ⟨A⟩ < Voigt as quadratic forms, strictly; with one Poisson's ratio they are C of the harmonic and of the arithmetic mean of E.
template <int Dim>
void check_bounds(const UnevenCell<Dim>& uneven_cell)
{
    const auto& options = uneven_cell.options;
    std::vector<double> young;
    std::vector<double> inverse;
    for (const auto& moduli : uneven_cell.moduli) {
        young.push_back(young_of(moduli, options.poisson));
        inverse.push_back(1.0 / young.back());
    }
    const auto voigt = orthonormal<Dim>(stiffness_matrix<Dim>(moduli_of<Dim>(uneven_cell.mean(young), options.poisson, options.plane)));
    const auto reuss = orthonormal<Dim>(stiffness_matrix<Dim>(moduli_of<Dim>(1.0 / uneven_cell.mean(inverse), options.poisson, options.plane)));
    const auto mean = orthonormal<Dim>(uneven_cell.cell.mean_stiffness());
    INFO("Reuss\n" << reuss << "\nmean\n" << mean << "\nVoigt\n" << voigt);
    CHECK(test::everywhere((mean - mean.transpose()).cwiseAbs().maxCoeff() < 1e-7));
    CHECK(test::everywhere(smallest_eigenvalue<Dim>(voigt - mean) > 1e-3));
    CHECK(test::everywhere(smallest_eigenvalue<Dim>(mean - reuss) > 1e-3));
}

/// Mean stress of an eigenstrain field: the mean of the stress field, and by reciprocity (Levin) −⟨ε*:A⟩.
template <int Dim>
void check_mean_eigenstress(UnevenCell<Dim>& uneven_cell)
{
    constexpr int n = deviator_size<Dim>;
    constexpr int size = tensor_size<Dim>;
    const auto& box = uneven_cell.box;
    Fields eigenstrain(n, std::vector<double>(box.count()));
    for (std::int64_t voxel = 0; voxel < box.count(); ++voxel)
        for (int a = 0; a < n; ++a) {
            const auto id = static_cast<std::uint64_t>(uneven_cell.grid.id(box.index(voxel)));
            const auto [u, v] = uniform_pair({11, Purpose::Waiting, id, static_cast<std::uint32_t>(a), 0});
            eigenstrain[a][voxel] = u < 0.3 ? 0.2 * (v - 0.3) : 0.0;
        }
    const auto stress = uneven_cell.cell.stress(eigenstrain);
    const auto given = uneven_cell.cell.mean_eigenstress({}, stress);

    Deviator<Dim> deviator_mean{};
    for (int a = 0; a < n; ++a) deviator_mean[a] = uneven_cell.mean(stress[a]);
    auto of_field = from_deviator<Dim>(deviator_mean);
    for (int i = 0; i < Dim; ++i) of_field[i] += uneven_cell.mean(stress[n]);

    double largest = 0.0;
    for (int c = 0; c < size; ++c) {
        std::vector<double> work(box.count());
        for (std::int64_t voxel = 0; voxel < box.count(); ++voxel)
            for (int a = 0; a < n; ++a) work[voxel] -= eigenstrain[a][voxel] * uneven_cell.cell.load_response()[voxel][a][c];
        const double reciprocal = uneven_cell.mean(work) / multiplicity<Dim>(c);
        INFO("component " << c << ": " << given[c] << ", mean of the field " << of_field[c] << ", by reciprocity " << reciprocal);
        CHECK(test::everywhere(std::abs(given[c] - of_field[c]) < 1e-12));
        CHECK(test::everywhere(std::abs(given[c] - reciprocal) < 1e-7));
        largest = std::max(largest, std::abs(given[c]));
    }
    CHECK(test::everywhere(largest > 0.01));
}

}  // namespace

TEST_CASE("equal moduli are one for all", "[moduli]")
{
    const ElasticityOptions options;
    const auto moduli = draw_moduli<2>(world(), Partition<2>({{32, 32}}, world().size()), options, 1);
    REQUIRE(moduli.size() == 1);
    CHECK(young_of(moduli.front(), options.poisson) == Approx(options.young));
}

TEST_CASE("moduli without correlation are normal and independent", "[moduli]")
{
    const Grid<2> grid{{128, 128}};
    const auto z = deviations(Partition<2>(grid, world().size()), uneven(0.15, 0.0, 1), 5);
    double mean = 0.0;
    for (const double value : z) mean += value / static_cast<double>(z.size());
    // N = 16384 independent numbers: mean and correlations within N^(-1/2), the variance within (2/N)^(1/2), times 4.
    const double tolerance = 4.0 / std::sqrt(static_cast<double>(grid.count()));
    CHECK(std::abs(mean) < tolerance);
    CHECK(std::abs(correlation(grid, z, 0, 0) - 1.0) < std::sqrt(2.0) * tolerance);
    CHECK(std::abs(correlation(grid, z, 1, 0)) < tolerance);
    CHECK(std::abs(correlation(grid, z, 0, 1)) < tolerance);
    CHECK(std::abs(correlation(grid, z, 3, 4)) < tolerance);
}

TEST_CASE("moduli have the mean, the standard deviation and the correlation that were asked for", "[moduli]")
{
    constexpr double length = 3.0;
    constexpr int fields = 32;
    const Grid<2> grid{{128, 128}};
    const Partition<2> partition(grid, world().size());
    const std::vector<std::array<int, 2>> shifts{{0, 0}, {1, 0}, {0, 1}, {2, 0}, {0, 2}, {3, 0}, {0, 3},
                                                 {2, 2}, {4, 0}, {0, 4}, {3, 4}, {0, 6}, {9, 0}, {20, 30}};
    double mean = 0.0;
    std::vector<double> measured(shifts.size());
    for (int seed = 1; seed <= fields; ++seed) {
        const auto z = deviations(partition, uneven(0.1, length, 1), static_cast<std::uint64_t>(seed));
        for (const double value : z) mean += value / static_cast<double>(grid.count() * fields);
        for (std::size_t i = 0; i < shifts.size(); ++i) measured[i] += correlation(grid, z, shifts[i][0], shifts[i][1]) / fields;
    }
    // With the correlation C(r), the mean of N voxels has the variance Σ_r C(r)/N = 2π L²/N, and a measured correlation at most
    // 2 Σ_r C(r)²/N = 2π L²/N: both as of N/(2π L²) independent patches, 290 in each of the 32 fields. So one standard error is 0.0104.
    const double patches = fields * static_cast<double>(grid.count()) / (2.0 * pi * length * length);
    const double tolerance = 4.0 / std::sqrt(patches);
    CHECK(std::abs(mean) < tolerance);
    for (std::size_t i = 0; i < shifts.size(); ++i) {
        const auto [x, y] = shifts[i];
        const double expected = std::exp(-0.5 * (x * x + y * y) / (length * length));
        INFO("distance (" << x << ", " << y << "): " << measured[i] << ", expected " << expected);
        CHECK(std::abs(measured[i] - expected) < tolerance);
    }
}

TEST_CASE("moduli do not depend on the number of ranks", "[moduli]")
{
    CHECK(test::everywhere(same_on_one_rank<2>({{40, 24}}, uneven(0.1, 0.0, 1))));
    CHECK(test::everywhere(same_on_one_rank<2>({{40, 24}}, uneven(0.1, 2.5, 1))));
    CHECK(test::everywhere(same_on_one_rank<2>({{45, 37}}, uneven(0.1, 4.0, 1))));
    CHECK(test::everywhere(same_on_one_rank<3>({{16, 8, 12}}, uneven(0.1, 0.0, 1))));
    CHECK(test::everywhere(same_on_one_rank<3>({{16, 8, 12}}, uneven(0.1, 2.0, 1))));
}

TEST_CASE("a standard deviation that makes a modulus negative is refused on all ranks", "[moduli]")
{
    const Partition<2> partition({{128, 128}}, world().size());
    CHECK_THROWS_AS(draw_moduli<2>(world(), partition, uneven(0.5, 0.0, 1), 1), InputError);
    CHECK_THROWS_AS(draw_moduli<2>(world(), partition, uneven(0.5, 2.0, 1), 1), InputError);
    CHECK_THROWS_WITH(draw_moduli<2>(world(), partition, uneven(0.5, 2.0, 1), 1), Catch::Contains("elasticity.modulus_std=0.5"));
}

TEST_CASE("a 2D cell of different moduli lies between Reuss and Voigt, and its mean eigenstress is that of its field", "[moduli]")
{
    UnevenCell<2> uneven_cell({{32, 32}}, uneven(0.2, 2.0, 2));
    CHECK_FALSE(uneven_cell.cell.is_uniform());
    check_bounds(uneven_cell);
    check_mean_eigenstress(uneven_cell);
}

TEST_CASE("a 3D cell of different moduli lies between Reuss and Voigt, and its mean eigenstress is that of its field", "[moduli]")
{
    UnevenCell<3> uneven_cell({{16, 12, 8}}, uneven(0.2, 1.0, 1));
    check_bounds(uneven_cell);
    check_mean_eigenstress(uneven_cell);
}
