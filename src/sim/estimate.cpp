#include <cmath>

#include <fmt/format.h>

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
    if (options_.elasticity.update == Update::Kernel) {
        table = sizeof(double) * n * (n + 1) / 2.0 * (partition_.grid().size[0] + lane_count);
        for (int axis = 1; axis < Dim; ++axis) table *= partition_.grid().size[axis] / 2 + 1;
    }
    // Displacement, forces, residual and CG's three vectors, the transforms' real and complex stages, and the inverse operator of the preconditioner.
    const double nodes = voxels * std::pow(elements_per_voxel<Dim>(options_.elasticity), Dim);
    const double mesh = solver_ ? nodes * sizeof(double) * (6.0 * Dim + 2.0 + 2.0 * Dim + tensor_size<Dim> / 2.0) : 0.0;
    const double modes = static_cast<double>(options_.catalogue.modes);
    return fmt::format(
        "memory: {:.0f} bytes per voxel, {:.1f} MB for all; kernel {:.1f} MB per node; PETSc's mesh about {:.0f} MB for all, {:.0f} MB per rank\n"
        "work per event: {:.3g} exponentials and {:.3g} MB read; at 0.5e9 exponentials/s and core about {:.3g} events/s on {} ranks\n",
        state / voxels, state / megabyte, table / megabyte, mesh / megabyte, mesh / megabyte / comm_.size(), voxels * modes, state / megabyte,
        0.5e9 * comm_.size() / (voxels * modes), comm_.size());
}

template std::string Simulation<2>::estimate() const;
template std::string Simulation<3>::estimate() const;

}  // namespace shearwater
