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

/// Contributions to the memory, per voxel unless stated otherwise [bytes].
struct Memory {
    double catalogue = 0.0;
    double engine = 0.0;      ///< stresses, rates, tiles
    double history = 0.0;     ///< state of voxels in lane groups in which a voxel has transformed
    double kernel = 0.0;      ///< tables of the kernel, one copy per node
    double far_field = 0.0;   ///< local expansions
    double transforms = 0.0;  ///< kernel in Fourier space
    double snapshot = 0.0;    ///< stresses while a snapshot is written
    double entries = 0.0;     ///< sublattice engine: upper limit of the sources stored for blocks
    double at_hand = 0.0;     ///< cached barriers of settled lane groups [bytes per rank]

    [[nodiscard]] double begin() const noexcept { return catalogue + engine + kernel + far_field + transforms + snapshot; }
};

template <int Dim>
double voxels_of_tile() noexcept
{
    double voxels = 1.0;
    for (const int edge : tile_edge<Dim>) voxels *= edge;
    return voxels;
}

/// Adds the tables of the kernel and its Fourier transform, which is kept for solves of the whole field.
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

/// Adds the tables for near and far stresses and the local expansions of the far field.
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
    // A leaf has two expansions. Each cell of the levels above has one, and 2^Dim children.
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
    // A tile also has a time in the queue of candidates, with an eighth more in later rounds of the tournament, and a number of draws.
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

/// Memory of the solver of the check and of the fields passed to it [bytes].
template <int Dim>
double mesh_bytes(const RunOptions& options, const Layout<Dim>& layout)
{
    if (!layout.mesh) return 0.0;
    const auto& cell = layout.mesh->grid();
    const auto nodes = static_cast<double>(cell.refined(elements_per_voxel<Dim>(options.elasticity)).count());
    // Displacements, and one component with its ghost nodes; several ranks also need the buffer of a transform.
    const double components = Dim + (layout.partition.ranks() > 1 ? 2.0 : 1.0);
    // The solution, the vectors of the conjugate gradient method, with and without ghost nodes, spectra, and the numberings of PETSc's mesh take as
    // much memory as 16 vectors (measured, in 2D and 3D). A run that updates stresses with PETSc has the vectors of the conjugate gradient method
    // twice.
    const double vectors = decides_by_petsc(options) ? 19.0 : 16.0;
    // Eigenstrains and stresses as tensors and as fields, and the differences of stresses.
    const double fields = 2.0 * tensor_size<Dim> + 3.0 * deviator_size<Dim> + 2.0;
    const double of_node = options.elasticity.check == Check::Operator ? components : vectors * Dim;
    return sizeof(double) * (nodes * of_node + static_cast<double>(cell.count()) * fields);
}

/// Memory of the program with its libraries, and the additional memory of every further rank (measured) [bytes].
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
        "memory: {:.0f} MB before any voxel has transformed, at most {:.0f} MB after voxels of every group of {} have (on one node, at snapshots), "
        "of which\n"
        "  bytes per voxel: catalogue {:.1f}, state {:.1f}, history {:.1f} where voxels have transformed, kernel {:.1f} per node, far field {:.1f}, "
        "transforms {:.1f}, stresses at a snapshot {:.1f}, sources stored for blocks at most {:.1f}\n"
        "  {}'s mesh{} {:.0f} MB; the program {:.0f} MB and {:.0f} MB for every further rank, cached barriers {:.0f} MB per rank\n",
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
