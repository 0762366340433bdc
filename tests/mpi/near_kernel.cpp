// The packed kernel of small distances against the table that it is taken from.

#include <array>
#include <random>

#include <shearwater/elasticity/kernel/near_kernel.hpp>
#include <shearwater/elasticity/options.hpp>
#include <shearwater/lattice/partition.hpp>

#include "support.hpp"

using namespace shearwater;
using test::everywhere;
using test::world;

namespace {

/// Compares the two for random events and lane groups at most `radius` apart along each axis.
template <int Dim>
bool agrees(const Index<Dim>& size, int radius)
{
    constexpr int n = deviator_size<Dim>;
    const Grid<Dim> grid{size};
    const Partition<Dim> partition(grid, world().size());
    SpectralResponse<Dim> response(world(), grid, partition.boxes(), moduli_of<Dim>(57.0923, 0.421965, Plane::Strain), Discretization::FiniteElements,
                                   1);
    const KernelTable<Dim> table(world(), partition.boxes(), response);
    const NearKernel<Dim> near(world().node(), table, radius);
    std::mt19937 random(7 + world().rank());
    std::normal_distribution<double> normal;
    bool same = true;
    for (int trial = 0; trial < 3000; ++trial) {
        Index<Dim> source{};
        Index<Dim> first{};
        for (int axis = 0; axis < Dim; ++axis) {
            const auto at = static_cast<int>(random() % static_cast<unsigned>(size[axis]));
            // Every tenth at the limit, on one side or the other.
            int apart = static_cast<int>(random() % static_cast<unsigned>(2 * radius + 1)) - radius;
            if (trial % 10 == 0) apart = random() % 2 == 0 ? radius : -radius;
            source[axis] = at;
            first[axis] = ((at + apart) % size[axis] + size[axis]) % size[axis];
        }
        std::array<double, n> strain{};
        for (double& coefficient : strain) coefficient = normal(random);
        Lanes expected[n] = {};
        Lanes found[n] = {};
        table.add(source, strain.data(), first, expected);
        near.add(source, strain.data(), first, found);
        for (int a = 0; a < n; ++a)
            for (int lane = 0; lane < lane_count; ++lane) same = same && found[a][lane] == expected[a][lane] && found[a][lane] != 0.0;
    }
    return everywhere(same);
}

}  // namespace

TEST_CASE("the packed kernel has the bits of the table, around the edges of the cell as well", "[near_kernel]")
{
    CHECK(agrees<2>({96, 96}, 40));
    CHECK(agrees<2>({250, 170}, 64));
    CHECK(agrees<2>({160, 48}, 64));  // y is shorter than the window
    CHECK(agrees<2>({50, 34}, 64));   // both are
    CHECK(agrees<2>({97, 51}, 40));
    CHECK(agrees<3>({48, 40, 24}, 16));
    CHECK(agrees<3>({64, 64, 4}, 32));
    CHECK(agrees<3>({8, 48, 48}, 20));
    CHECK(agrees<3>({25, 27, 29}, 32));
}
