#include <shearwater/sim/estimate.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/engine/reference/reference_glass.hpp>
#include <shearwater/engine/sublattice/sublattice_glass.hpp>
#include <shearwater/engine/thinning/bounded_tiles.hpp>

namespace shearwater {

namespace {

constexpr double megabyte = 1e6;

/// Memory in bytes per voxel, and what does not grow with the cell.
struct Memory {
    double catalogue = 0.0;
    double engine = 0.0;     ///< stresses, rates, tiles
    double history = 0.0;    ///< of a voxel in a lane group that has transformed
    double kernel = 0.0;     ///< tables, one per node
    double far_field = 0.0;  ///< polynomials
    double transforms = 0.0;
    double snapshot = 0.0;  ///< stresses while a snapshot is written
    double entries = 0.0;   ///< sublattice engine: sources that blocks remember, at most
    double at_hand = 0.0;   ///< barriers of settled lane groups [bytes per rank]

    [[nodiscard]] double begin() const noexcept { return catalogue + engine + kernel + far_field + transforms + snapshot; }
};

template <int Dim>
double voxels_of_tile() noexcept
{
    double voxels = 1.0;
    for (const int edge : tile_edge<Dim>) voxels *= edge;
    return voxels;
}

/// Tables of the kernel, and what is kept in Fourier space to make them and to solve for whole fields.
template <int Dim>
void add_kernel(const Layout<Dim>& layout, Memory& memory)
{
    constexpr int n = deviator_size<Dim>;
    constexpr int components = n * (n + 1) / 2;
    const auto& grid = layout.partition.grid();
    const auto voxels = static_cast<double>(grid.count());
    double rows = grid.size[0] + lane_count;
    for (int axis = 1; axis < Dim; ++axis) rows *= grid.size[axis] / 2 + 1;
    memory.kernel += components * sizeof(double) * rows / voxels;
    memory.transforms = components * sizeof(double) / 4.0;
}

/// Tables and polynomials that tell the stress of events near and far.
template <int Dim>
void add_far_field(const Layout<Dim>& layout, Memory& memory)
{
    constexpr int n = deviator_size<Dim>;
    const auto& grid = layout.partition.grid();
    const auto voxels = static_cast<double>(grid.count());
    const bool is_far = *std::max_element(grid.size.begin(), grid.size.end()) >= 3 * FarField<Dim>::leaf_edge;
    if (!is_far) return;
    const auto from = layout.blocks ? Separation::CellToCell : Separation::PointToCell;
    const int radius = std::max(layout.blocks ? layout.blocks->widest() + halo_width<Dim> : 0, CellTree<Dim>::near_radius(grid, from));
    memory.kernel += static_cast<double>(FarKernel<Dim>::entries(grid)) * sizeof(float) / voxels;
    memory.kernel += NearKernel<Dim>::components * sizeof(double) * static_cast<double>(NearKernel<Dim>::window(grid, radius).count()) / voxels;
    // Two sums for every leaf, and a cell of each level above it, which has 2^Dim parts.
    double leaf = 1.0;
    for (int axis = 0; axis < Dim; ++axis) leaf *= FarField<Dim>::leaf_edge;
    memory.far_field = (1.0 + 1.0 / (1.0 - 1.0 / (1 << Dim))) * n * node_count<Dim> * sizeof(double) / leaf;
}

template <int Dim>
Memory memory_of(const RunOptions& options, const Layout<Dim>& layout)
{
    constexpr int n = deviator_size<Dim>;
    const bool bounds_rates = traits(options.kmc.engine).bounds_rates;
    const auto voxels = static_cast<double>(layout.partition.grid().count());
    Memory memory;
    memory.catalogue = Voxels<Dim>::bytes_per_voxel(options.catalogue);
    memory.history = Voxels<Dim>::history_bytes_per_voxel;
    const double glass =
        bounds_rates ? BoundedTiles<Dim>::bytes_per_voxel(options.catalogue) : ReferenceGlass<Dim>::bytes_per_voxel(options.catalogue);
    // Besides the tile itself its clock (a time, and an eighth more in later rounds) and number of draws.
    const double tile = sizeof(Tile) + sizeof(Index<Dim>) + (bounds_rates ? 9 * sizeof(PreciseTime) / 8 + sizeof(std::uint64_t) : sizeof(TileBounds));
    memory.engine = glass - memory.catalogue + tile / voxels_of_tile<Dim>();
    memory.snapshot = (n + 1) * sizeof(double);
    if (options.elasticity.modulus_std > 0.0) memory.engine += (2 * n * tensor_size<Dim> + 2) * sizeof(double);
    if (options.elasticity.update == Update::Solve) return memory;
    add_kernel(layout, memory);
    if (!bounds_rates) return memory;
    memory.at_hand =
        std::min<double>(BoundedTiles<Dim>::settled_at_hand, voxels / lane_count) * options.catalogue.modes * lane_count * sizeof(double);
    add_far_field(layout, memory);
    if (layout.blocks) memory.entries = SublatticeGlass<Dim>::bytes_of_entries * static_cast<double>(layout.blocks->count()) / voxels;
    return memory;
}

/// What the solver that others are checked by takes, and what is handed to it [bytes].
template <int Dim>
double mesh_bytes(const RunOptions& options, const Layout<Dim>& layout)
{
    if (!layout.mesh) return 0.0;
    const auto& cell = layout.mesh->grid();
    const auto nodes = static_cast<double>(cell.refined(elements_per_voxel<Dim>(options.elasticity)).count());
    // Displacements with the ghosts of one component on the way; several ranks have the lines of a transform besides.
    const double components = Dim + (layout.partition.ranks() > 1 ? 2.0 : 1.0);
    // Vectors of the solution and of conjugate gradients, with and without ghosts, spectra, and the numberings of PETSc's mesh: in 2D and 3D as
    // much as 16 vectors, measured. A run that solves has the vectors of conjugate gradients once more.
    const double vectors = decides_by_petsc(options) ? 19.0 : 16.0;
    // Eigenstrains and stresses as tensors, as fields and as what is compared.
    const double fields = 2.0 * tensor_size<Dim> + 3.0 * deviator_size<Dim> + 2.0;
    const double of_node = options.elasticity.check == Check::Operator ? components : vectors * Dim;
    return sizeof(double) * (nodes * of_node + static_cast<double>(cell.count()) * fields);
}

/// Of the program and its libraries, and of what every further rank has of its own besides, measured [bytes].
constexpr double program_bytes = 50.0 * megabyte;
constexpr double rank_bytes = 12.0 * megabyte;

}  // namespace

template <int Dim>
MemoryEstimate estimate_memory(const RunOptions& options, const Layout<Dim>& layout)
{
    const auto memory = memory_of(options, layout);
    const auto voxels = static_cast<double>(layout.partition.grid().count());
    const double begin = voxels * memory.begin() + mesh_bytes(options, layout) + program_bytes + (layout.partition.ranks() - 1) * rank_bytes +
                         layout.partition.ranks() * memory.at_hand;
    return {begin, begin + voxels * (memory.history + memory.entries)};
}

template <int Dim>
std::string describe_estimate(const RunOptions& options, const Layout<Dim>& layout)
{
    const auto memory = memory_of(options, layout);
    const auto total = estimate_memory(options, layout);
    const auto voxels = static_cast<double>(layout.partition.grid().count());
    const int ranks = layout.partition.ranks();
    auto text = fmt::format(
        "memory: {:.0f} MB while nothing has transformed, at most {:.0f} MB when every group of {} voxels has (on one node, at snapshots); of it\n"
        "  bytes per voxel: catalogue {:.1f}, state {:.1f}, history {:.1f} where voxels have transformed, kernel {:.1f} per node, far field {:.1f}, "
        "transforms {:.1f}, stresses at a snapshot {:.1f}, sources that blocks remember at most {:.1f}\n"
        "  {}'s mesh{} {:.0f} MB; the program {:.0f} MB and {:.0f} MB for every further rank, barriers at hand {:.0f} MB per rank\n",
        total.begin / megabyte, total.end / megabyte, lane_count, memory.catalogue, memory.engine, memory.history, memory.kernel, memory.far_field,
        memory.transforms, memory.snapshot, memory.entries, options.elasticity.check == Check::Operator ? "the element operator" : "PETSc",
        layout.mesh ? fmt::format(" ({} voxels)", fmt::join(layout.mesh->grid().size, "x")) : "", mesh_bytes(options, layout) / megabyte,
        program_bytes / megabyte, rank_bytes / megabyte, memory.at_hand / megabyte);
    if (traits(options.kmc.engine).bounds_rates) return text;
    const double exponentials = voxels * static_cast<double>(options.catalogue.modes);
    return text +
           fmt::format("work per event: {:.3g} exponentials and {:.3g} MB read; at 0.5e9 exponentials/s and core about {:.3g} events/s on {} ranks\n",
                       exponentials, voxels * (memory.catalogue + memory.engine) / megabyte, 0.5e9 * ranks / exponentials, ranks);
}

template MemoryEstimate estimate_memory<2>(const RunOptions&, const Layout<2>&);
template MemoryEstimate estimate_memory<3>(const RunOptions&, const Layout<3>&);
template std::string describe_estimate<2>(const RunOptions&, const Layout<2>&);
template std::string describe_estimate<3>(const RunOptions&, const Layout<3>&);

}  // namespace shearwater
