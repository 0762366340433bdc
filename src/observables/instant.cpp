#include <shearwater/observables/instant.hpp>

#include <cmath>

#include <shearwater/core/error.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/stz/barrier.hpp>

namespace shearwater {

template <int Dim>
std::int64_t VoxelsAt<Dim>::id(std::int64_t voxel) const noexcept
{
    return run_.tiles.grid().id(run_.tiles.box().index(voxel));
}

template <int Dim>
VoxelState<Dim> VoxelsAt<Dim>::state(std::int64_t voxel) const
{
    const int slot = run_.tiles.slot(run_.tiles.box().index(voxel));
    const auto found = instant_.past.find(slot);
    return found != instant_.past.end() ? found->second : glass_.voxels().state(slot);
}

template <int Dim>
double VoxelsAt<Dim>::softening(const VoxelState<Dim>& state) const noexcept
{
    return glass_.voxels().softening(state, instant_.point.time, glass_.relaxation_time());
}

template <int Dim>
Deviator<Dim> VoxelsAt<Dim>::mode_strain(std::int64_t voxel, const VoxelState<Dim>& state, int mode) const
{
    const int slot = run_.tiles.slot(run_.tiles.box().index(voxel));
    const bool is_drawn = glass_.voxels().generation(slot) == state.generation;
    return run_.catalogue.decode(is_drawn ? glass_.voxels().strain_code(slot, mode) : run_.catalogue.strain(id(voxel), state.generation, mode));
}

template <int Dim>
double VoxelsAt<Dim>::mode_alignment(const VoxelState<Dim>& state, const Deviator<Dim>& mode_strain) const noexcept
{
    const auto previous = run_.catalogue.decode(state.previous);
    const double squared_norms = dot(previous, previous) * dot(mode_strain, mode_strain);
    if (!run_.softening.directional || squared_norms == 0.0) return 1.0;
    return alignment(broadcast(dot(previous, mode_strain) / std::sqrt(squared_norms)))[0];
}

template <int Dim>
double VoxelsAt<Dim>::intrinsic_barrier(std::int64_t voxel, const VoxelState<Dim>& state, int mode) const
{
    return run_.catalogue.decode_barrier(run_.catalogue.barrier_code(id(voxel), state.generation, mode));
}

template <int Dim>
SymmetricTensor<Dim> VoxelsAt<Dim>::stress(std::int64_t voxel) const
{
    SHEARWATER_EXPECTS(eigenstress_ != nullptr);
    constexpr int n = deviator_size<Dim>;
    const auto& response = cell_.load_response()[cell_.is_uniform() ? 0 : voxel];
    const auto& mean = instant_.mean_strain;
    Deviator<Dim> deviatoric{};
    double pressure = (*eigenstress_)[n][voxel];
    for (int a = 0; a < n; ++a) {
        deviatoric[a] = (*eigenstress_)[a][voxel];
        for (int c = 0; c < tensor_size<Dim>; ++c) deviatoric[a] += response[a][c] * mean[c];
    }
    for (int c = 0; c < tensor_size<Dim>; ++c) pressure += response[n][c] * mean[c];
    auto tensor = from_deviator<Dim>(deviatoric);
    for (int i = 0; i < Dim; ++i) tensor[i] += pressure;
    return tensor;
}

template class VoxelsAt<2>;
template class VoxelsAt<3>;

}  // namespace shearwater
