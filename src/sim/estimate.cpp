#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/engine/deferred_glass.hpp>
#include <shearwater/engine/glass_model.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

template <int Dim>
std::string Simulation<Dim>::estimate() const
{
    const auto voxels = static_cast<double>(partition_.grid().count());
    const double megabyte = 1e6;
    const auto bytes = options_.kmc.engine == EngineKind::Exact ? DeferredGlass<Dim>::bytes_per_voxel(options_.catalogue)
                                                                : GlassModel<Dim>::bytes_per_voxel(options_.catalogue);
    const double state = voxels * static_cast<double>(bytes);
    constexpr int n = deviator_size<Dim>;
    double table = 0.0;
    double solve = 0.0;
    if (options_.elasticity.update == Update::Kernel) {
        // The operator of half the planes of half the wave vectors, the spectra, and one field.
        solve = voxels * sizeof(double) * (n * (n + 1) / 8.0 + n + 1.0);
        table = sizeof(double) * n * (n + 1) / 2.0 * (partition_.grid().size[0] + lane_count);
        for (int axis = 1; axis < Dim; ++axis) table *= partition_.grid().size[axis] / 2 + 1;
    }
    double mesh = 0.0;
    std::string judged;
    if (solver_) {
        const auto& cell = solver_->partition().grid();
        const auto nodes = static_cast<double>(cell.refined(elements_per_voxel<Dim>(options_.elasticity)).count());
        // Displacement, forces, residual, CG's three vectors and two with ghosts; the transforms' spectra, one component and one spectrum on
        // the way; and the inverse operator of the preconditioner.
        mesh = nodes * sizeof(double) * (8.0 * Dim + Dim + 2.0 + tensor_size<Dim> / 2.0);
        judged = fmt::format(" of {} voxels", fmt::join(cell.size, "x"));
    }
    const double modes = static_cast<double>(options_.catalogue.modes);
    return fmt::format(
        "memory: {:.0f} bytes per voxel, {:.1f} MB for all; kernel {:.1f} MB per node and {:.1f} MB for all while it "
        "solves; PETSc's mesh{} about {:.0f} MB for all, {:.0f} MB per rank\n"
        "work per event: {:.3g} exponentials and {:.3g} MB read; at 0.5e9 exponentials/s and core about {:.3g} events/s on {} ranks\n",
        state / voxels, state / megabyte, table / megabyte, solve / megabyte, judged, mesh / megabyte, mesh / megabyte / comm_.size(), voxels * modes,
        state / megabyte, 0.5e9 * comm_.size() / (voxels * modes), comm_.size());
}

template std::string Simulation<2>::estimate() const;
template std::string Simulation<3>::estimate() const;

}  // namespace shearwater
