#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/engine/glass_model.hpp>
#include <shearwater/engine/tile_glass.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

/// Memory in bytes per voxel, and what does not grow with the cell.
struct Memory {
    double catalogue = 0.0;
    double engine = 0.0;     ///< stresses, rates, tiles
    double history = 0.0;    ///< of a voxel in a lane group that has transformed
    double kernel = 0.0;     ///< tables, one per node
    double far_field = 0.0;  ///< polynomials
    double transforms = 0.0;
    double snapshot = 0.0;  ///< stresses while a snapshot is written
    double at_hand = 0.0;   ///< barriers of settled lane groups [bytes per rank]

    [[nodiscard]] double undeformed() const noexcept { return catalogue + engine + kernel + far_field + transforms + snapshot; }
};

template <int Dim>
double voxels_of_tile() noexcept
{
    double voxels = 1.0;
    for (const int edge : tile_edge<Dim>) voxels *= edge;
    return voxels;
}

template <int Dim>
Memory memory_of(const RunOptions& options, const Grid<Dim>& grid)
{
    constexpr int n = deviator_size<Dim>;
    constexpr int components = n * (n + 1) / 2;
    const bool exact = options.kmc.engine != EngineKind::Reference;
    const auto voxels = static_cast<double>(grid.count());
    Memory memory;
    memory.catalogue = Voxels<Dim>::bytes_per_voxel(options.catalogue);
    memory.history = Voxels<Dim>::history_bytes_per_voxel;
    const double glass = exact ? TileGlass<Dim>::bytes_per_voxel(options.catalogue) : GlassModel<Dim>::bytes_per_voxel(options.catalogue);
    // Besides the tile itself the exact engine has its clock (a time, and an eighth more in later rounds) and number of draws.
    const double tile = sizeof(Tile) + sizeof(Index<Dim>) + (exact ? 9 * sizeof(PreciseTime) / 8 + sizeof(std::uint64_t) : sizeof(TileBounds));
    memory.engine = glass - memory.catalogue + tile / voxels_of_tile<Dim>();
    memory.snapshot = (n + 1) * sizeof(double);
    if (options.elasticity.update == Update::Solve) return memory;
    double orthant = 1.0;
    double half = grid.size[0] + lane_count;
    for (int axis = 0; axis < Dim; ++axis) orthant *= grid.size[axis] / 2 + 1;
    for (int axis = 1; axis < Dim; ++axis) half *= grid.size[axis] / 2 + 1;
    memory.kernel = components * sizeof(double) * half / voxels;
    memory.transforms = components * sizeof(double) / 4.0;
    if (!exact) return memory;
    memory.kernel += FarKernel<Dim>::stride * sizeof(float) * orthant / voxels;
    memory.kernel += NearKernel<Dim>::components * sizeof(double) *
                     static_cast<double>(NearKernel<Dim>::window(grid, 2 * FarField<Dim>::leaf_edge).count()) / voxels;
    memory.at_hand = std::min<double>(TileGlass<Dim>::settled_at_hand, voxels / lane_count) * options.catalogue.modes * lane_count * sizeof(double);
    // Two sums for every leaf, and a cell of each level above it, which has 2^Dim parts.
    double leaf = 1.0;
    for (int axis = 0; axis < Dim; ++axis) leaf *= FarField<Dim>::leaf_edge;
    memory.far_field = (1.0 + 1.0 / (1.0 - 1.0 / (1 << Dim))) * n * FarField<Dim>::nodes * sizeof(double) / leaf;
    return memory;
}

}  // namespace

template <int Dim>
std::string Simulation<Dim>::estimate() const
{
    constexpr double megabyte = 1e6;
    /// Of the program and its libraries, measured.
    constexpr double program = 60.0 * megabyte;
    const auto voxels = static_cast<double>(partition_.grid().count());
    const auto memory = memory_of<Dim>(options_, partition_.grid());
    double mesh = 0.0;
    std::string judged;
    if (solver_) {
        const auto& cell = solver_->partition().grid();
        const auto nodes = static_cast<double>(cell.refined(elements_per_voxel<Dim>(options_.elasticity)).count());
        // Displacement, forces, residual, CG's three vectors and two with ghosts; the transforms' spectra, one component and one spectrum on
        // the way; and the inverse operator of the preconditioner.
        mesh = nodes * sizeof(double) * (8.0 * Dim + Dim + 2.0 + tensor_size<Dim> / 2.0);
        judged = fmt::format(" ({} voxels)", fmt::join(cell.size, "x"));
    }
    const double fixed = mesh + comm_.size() * (program + memory.at_hand);
    const double undeformed = voxels * memory.undeformed() + fixed;
    auto text = fmt::format(
        "memory: {:.0f} MB while nothing has transformed, at most {:.0f} MB when every group of {} voxels has (on one node, at snapshots); of it\n"
        "  bytes per voxel: catalogue {:.1f}, state {:.1f}, history {:.1f} where voxels have transformed, kernel {:.1f} per node, far field {:.1f}, "
        "transforms {:.1f}, stresses at a snapshot {:.1f}\n"
        "  PETSc's mesh{} {:.0f} MB; the program {:.0f} MB and barriers at hand {:.0f} MB per rank\n",
        undeformed / megabyte, (undeformed + voxels * memory.history) / megabyte, lane_count, memory.catalogue, memory.engine, memory.history,
        memory.kernel, memory.far_field, memory.transforms, memory.snapshot, judged, mesh / megabyte, program / megabyte, memory.at_hand / megabyte);
    if (options_.kmc.engine != EngineKind::Reference) return text;
    const double exponentials = voxels * static_cast<double>(options_.catalogue.modes);
    return text +
           fmt::format("work per event: {:.3g} exponentials and {:.3g} MB read; at 0.5e9 exponentials/s and core about {:.3g} events/s on {} ranks\n",
                       exponentials, voxels * (memory.catalogue + memory.engine) / megabyte, 0.5e9 * comm_.size() / exponentials, comm_.size());
}

template std::string Simulation<2>::estimate() const;
template std::string Simulation<3>::estimate() const;

}  // namespace shearwater
