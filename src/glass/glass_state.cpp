#include <shearwater/glass/glass_state.hpp>

#include <algorithm>

#include <mpi.h>

#include <shearwater/core/constants.hpp>

namespace shearwater {

namespace {

template <int Dim>
RateScales scales_of(const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening)
{
    const double thermal_energy = boltzmann * activation.temperature;
    return {catalogue.options().modes,
            0.5 * activation.volume * electronvolt_per_gpa_nm3 * catalogue.strain_unit() / thermal_energy,
            catalogue.options().barrier / thermal_energy,
            catalogue.barrier_unit() / thermal_energy,
            1.0 / relaxation_time(softening, activation),
            softening.directional,
            catalogue.strain_unit(),
            softening.temporary};
}

}  // namespace

template <int Dim>
GlassState<Dim>::GlassState(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation,
                            const SofteningOptions& softening, ElasticCell<Dim>& cell, const Loading<Dim>& loading, int settled_at_hand)
    : tiles_(tiles),
      catalogue_(catalogue),
      cell_(cell),
      softening_(softening),
      voxels_(cell.communicator(), tiles, catalogue, softening_),
      mean_(tiles, cell, loading),
      scales_(scales_of(catalogue, activation, softening)),
      thermal_energy_(boltzmann * activation.temperature),
      frequency_(activation.attempt_frequency),
      settled_(std::min(settled_at_hand, static_cast<int>(tiles.groups().size())), scales_.modes)
{
    for (auto& coefficient : stress_) coefficient.resize(tiles.slots());
}

template <int Dim>
std::int64_t GlassState<Dim>::voxels_in(int tile) const noexcept
{
    const Tile& here = tiles_.tiles()[tile];
    std::int64_t voxels = 0;
    for (int group = here.first_group; group < here.first_group + here.groups; ++group) voxels += tiles_.groups()[group].lanes;
    return voxels;
}

template <int Dim>
int GlassState<Dim>::transform(const Event& event)
{
    const auto voxel = tiles_.grid().index(event.voxel);
    if (!tiles_.box().contains(voxel)) return -1;
    const int slot = tiles_.slot(voxel);
    voxels_.transform(slot, event);
    settled_.forget(slot / lane_count);
    return slot;
}

template <int Dim>
void GlassState<Dim>::solve_for_stress(bool by_petsc)
{
    const double start = MPI_Wtime();
    const auto stress = by_petsc ? cell_.stress_by_petsc(eigenstrain()) : cell_.stress(eigenstrain());
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        const auto here = tiles_.groups()[group];
        const auto place = tiles_.box().local(here.first);
        for (int a = 0; a < n; ++a) std::copy_n(stress[a].data() + place, here.lanes, stress_[a].data() + lane_count * group);
    }
    mean_.take(stress);
    solve_seconds_ += MPI_Wtime() - start;
}

template <int Dim>
Event GlassState<Dim>::make_event(const Place& place, double exponent, const PreciseTime& time, bool athermal) const
{
    const auto code = voxels_.strain_code(place.slot, place.mode);
    const auto strain = catalogue_.decode(code);
    Event event;
    event.voxel = tiles_.voxel_id(place.slot);
    event.mode = place.mode;
    event.generation = voxels_.generation(place.slot);
    event.barrier = -thermal_energy_ * exponent;
    std::copy(strain.begin(), strain.end(), event.strain.begin());
    event.time = time;
    event.athermal = athermal ? 1 : 0;
    event.reversal = voxels_.is_reversal(place.slot, code) ? 1 : 0;
    return event;
}

template <int Dim>
Fields GlassState<Dim>::stress_in_box_order() const
{
    Fields fields(n, std::vector<double>(tiles_.box().count()));
    tiles_.for_each([&](int slot) {
        const auto place = tiles_.box().local(tiles_.voxel(slot));
        for (int a = 0; a < n; ++a) fields[a][place] = stress_[a][slot];
    });
    return fields;
}

template <int Dim>
Fields GlassState<Dim>::eigenstrain() const
{
    Fields fields = cell_.zero_fields();
    for (int group = 0; group < static_cast<int>(tiles_.groups().size()); ++group) {
        if (voxels_.history(group) == nullptr) continue;
        const auto here = tiles_.groups()[group];
        const auto place = tiles_.box().local(here.first);
        for (int lane = 0; lane < here.lanes; ++lane) {
            const auto strain = voxels_.eigenstrain(lane_count * group + lane);
            for (int a = 0; a < n; ++a) fields[a][place + lane] = strain[a];
        }
    }
    return fields;
}

template class GlassState<2>;
template class GlassState<3>;

}  // namespace shearwater
