#include <shearwater/sim/layout.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <petscsys.h>

#include <shearwater/core/error.hpp>
#include <shearwater/elasticity/fmm/far_field.hpp>
#include <shearwater/elasticity/solve/stress_check.hpp>

namespace shearwater {

namespace {

template <int Dim>
Grid<Dim> grid_of(const LatticeOptions& lattice)
{
    SHEARWATER_EXPECTS(lattice.size.size() == Dim);
    Grid<Dim> grid;
    std::copy(lattice.size.begin(), lattice.size.end(), grid.size.begin());
    return grid;
}

template <int Dim>
std::optional<Blocks<Dim>> make_blocks(const Grid<Dim>& grid, const KmcOptions& options)
{
    if (!traits(options.engine).has_blocks) return {};
    return Blocks<Dim>(grid, block_edge<Dim>(options));
}

template <int Dim>
std::optional<Partition<Dim>> make_mesh(const Partition<Dim>& partition, const RunOptions& options)
{
    if (options.elasticity.discretization == Discretization::Spectral) return {};
    return decides_by_petsc(options) ? partition : checked_partition(partition, elements_per_voxel<Dim>(options.elasticity));
}

template <int Dim>
void require(bool holds, const Grid<Dim>& grid, const std::string& reason)
{
    if (!holds) throw InputError(fmt::format("lattice.size={}: {}", fmt::join(grid.size, "x"), reason));
}

template <int Dim>
void require_countable(const Layout<Dim>& layout, const RunOptions& options)
{
    const auto& grid = layout.partition.grid();
    constexpr std::int64_t most_voxels = std::int64_t{1} << 30;
    std::int64_t largest = 0;
    for (int rank = 0; rank < layout.partition.ranks(); ++rank) largest = std::max(largest, layout.partition.box(rank).count());
    require(largest <= most_voxels, grid,
            fmt::format("a rank would have {} voxels, but at most {} can be numbered; use {} ranks or more", largest, most_voxels,
                        (grid.count() + most_voxels - 1) / most_voxels));
    if (options.elasticity.update == Update::Kernel && traits(options.kmc.engine).bounds_rates)
        require(FarKernel<Dim>::entries(grid) < std::numeric_limits<std::int32_t>::max(), grid,
                fmt::format("the table of the far field would have {} entries, and they are numbered by 32-bit integers; use a smaller lattice",
                            FarKernel<Dim>::entries(grid)));
    if (!layout.mesh || options.elasticity.check == Check::Operator) return;
    const auto unknowns = Dim * layout.mesh->grid().refined(elements_per_voxel<Dim>(options.elasticity)).count();
    require(unknowns <= std::numeric_limits<PetscInt>::max(), grid,
            fmt::format("the mesh that PETSc solves on has more unknowns than PETSc's integers can number; {}use a smaller lattice, fewer elements "
                        "per voxel, or a PETSc with 64-bit integers",
                        decides_by_petsc(options) ? "" : "set elasticity.check = operator, choose sizes with small divisors (which fold), or "));
}

}  // namespace

template <int Dim>
Layout<Dim>::Layout(const RunOptions& options, int ranks)
    : blocks(make_blocks(grid_of<Dim>(options.lattice), options.kmc)),
      partition(blocks ? Partition<Dim>(*blocks, ranks) : Partition<Dim>(grid_of<Dim>(options.lattice), ranks)),
      mesh(make_mesh(partition, options))
{
    require_countable(*this, options);
}

template struct Layout<2>;
template struct Layout<3>;

}  // namespace shearwater
