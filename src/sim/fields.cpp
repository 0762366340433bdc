/// What a run knows of its fields: checks of stresses, and snapshots.

#include <algorithm>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/io/deck.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

/// Holds stresses at zero mean strain against those of the check, and stops the run if they differ by more than they may. Collective.
template <int Dim>
void Simulation<Dim>::check(const Fields& stress, const Moment<Dim>& moment)
{
    const double deviation = cell_->stress_deviation(stress, [&](int a, std::int64_t voxel) { return state_at(moment, voxel).eigenstrain[a]; });
    if (cell_->stress_check() != nullptr) summary_.stress_check = std::max(summary_.stress_check.value_or(0.0), deviation);
    if (!(deviation <= options_.elasticity.check_tolerance))
        throw RunError(
            fmt::format("the accumulated stress differs from the solution of {} by {:.3e} GPa, more than elasticity.check_tolerance = {:.3e}; no "
                        "snapshot of it was written. You can {}{}, or raise the tolerance",
                        check_name(options_), deviation, options_.elasticity.check_tolerance, remedy_of_deviation(options_),
                        options_.petsc_options.empty() ? "" : fmt::format(", change PETSc's options ({})", options_.petsc_options)));
    last_deviation_ = deviation;
}

/// Checks the stresses of a run in which PETSc decides as soon as there are some, and then now and then: a check takes about as long as two solves. Collective.
/// @param has_row  whether a row of the history has just been written
template <int Dim>
void Simulation<Dim>::check_now_and_then(bool has_row)
{
    constexpr std::int64_t events_between = 100;
    constexpr std::int64_t events_at_most = 1000;
    const auto events = summary_.last.events;
    constexpr std::int64_t early_events = 10;
    const bool is_early = checked_events_ < early_events && events > checked_events_;
    if (!decides_by_petsc(options_) || !(is_early || events - checked_events_ >= (has_row ? events_between : events_at_most))) return;
    checked_events_ = events;
    in_step([&] { check(model_->accumulated_stress(), now()); });
}

/// What a voxel of this rank's box was at a moment.
template <int Dim>
VoxelState<Dim> Simulation<Dim>::state_at(const Moment<Dim>& moment, std::int64_t voxel) const
{
    const int slot = tiles_.slot(tiles_.box().index(voxel));
    const auto found = moment.past.find(slot);
    return found != moment.past.end() ? found->second : model_->voxels().state(slot);
}

/// Accumulated deviatoric eigenstrain at a moment, in box order.
template <int Dim>
Fields Simulation<Dim>::eigenstrain_at(const Moment<Dim>& moment) const
{
    auto strain = model_->eigenstrain();
    for (const auto& [slot, state] : moment.past)
        for (int a = 0; a < deviator_size<Dim>; ++a) strain[a][tiles_.box().local(tiles_.voxel(slot))] = state.eigenstrain[a];
    return strain;
}

/// Stresses at zero mean strain, deviatoric coefficients and mean of the diagonal, after a check [GPa]. Collective.
template <int Dim>
Fields Simulation<Dim>::checked_stress(const Moment<Dim>& moment)
{
    // First what needs most memory on the way and leaves least behind.
    auto mean_normal = cell_->mean_normal_stress(eigenstrain_at(moment));
    auto stress = model_->accumulated_stress();
    if (moment.is_past) {
        check(stress, now());
        stress = cell_->stress(eigenstrain_at(moment));
    }
    stress.push_back(std::move(mean_normal));
    check(stress, moment);
    return stress;
}

/// Checks the stresses and writes a snapshot, or stops the run without writing one. Collective.
template <int Dim>
void Simulation<Dim>::write_fields(const Moment<Dim>& moment)
{
    const auto& row = moment.row;
    const auto name = fmt::format("snapshot_{:06d}.h5", series_.size() + 1);
    {
        const auto stress = checked_stress(moment);
        const SnapshotHeader header{
            print_deck(options_, false), static_cast<std::int64_t>(options_.kmc.seed), row.time, row.strain, row.events, options_.lattice.pitch,
            options_.petsc_options};
        write_snapshot<Dim>(comm_, folder_ / "snapshots" / name, partition_.grid(), tiles_.box(), header, snapshot_fields(moment, stress));
    }
    summary_.statistics = strain_statistics(comm_, von_mises_strain(moment));
    series_.push_back({"snapshots/" + name, row.load, row.events});
    on_root(comm_, [&] {
        write_series<Dim>(folder_ / "snapshots.xdmf", partition_.grid(), options_.lattice.pitch, series_);
        sync_lists();
    });
    log_.line(fmt::format("{}: strain {:.5f}, stresses within {:.1e} GPa of {}", name, row.strain, last_deviation_,
                          summary_.judged_cell ? fmt::format("those of {} on {} voxels", check_name(options_), *summary_.judged_cell)
                                               : "those of one transform of the whole field"));
}

/// Brings to disk what has been added to events, history and timing. On rank 0.
template <int Dim>
void Simulation<Dim>::sync_lists()
{
    if (events_) events_->flush();
    history_->sync();
    timing_->sync();
}

/// The fields at a moment. Keeps references to it and to `eigenstress`.
template <int Dim>
SnapshotFields<Dim> Simulation<Dim>::snapshot_fields(const Moment<Dim>& moment, const Fields& eigenstress) const
{
    constexpr int n = deviator_size<Dim>;
    const auto state = [this, &moment](std::int64_t voxel) { return state_at(moment, voxel); };
    SnapshotFields<Dim> fields;
    fields.plastic_strain = [=](std::int64_t voxel) { return from_deviator<Dim>(state(voxel).eigenstrain); };
    fields.von_mises_strain = [=](std::int64_t voxel) { return shearwater::von_mises_strain(state(voxel).eigenstrain); };
    fields.generation = [=](std::int64_t voxel) { return state(voxel).generation; };
    fields.softening = [this, state, &moment](std::int64_t voxel) {
        return model_->voxels().softening(state(voxel), moment.row.time, model_->relaxation_time());
    };
    fields.stress = [this, &eigenstress, &moment](std::int64_t voxel) {
        const auto& response = cell_->load_response()[cell_->is_uniform() ? 0 : voxel];
        const auto& mean = moment.mean_strain;
        Deviator<Dim> stress{};
        double pressure = eigenstress[n][voxel];
        for (int a = 0; a < n; ++a) {
            stress[a] = eigenstress[a][voxel];
            for (int c = 0; c < tensor_size<Dim>; ++c) stress[a] += response[a][c] * mean[c];
        }
        for (int c = 0; c < tensor_size<Dim>; ++c) pressure += response[n][c] * mean[c];
        auto tensor = from_deviator<Dim>(stress);
        for (int i = 0; i < Dim; ++i) tensor[i] += pressure;
        return tensor;
    };
    return fields;
}

template <int Dim>
std::vector<double> Simulation<Dim>::von_mises_strain(const Moment<Dim>& moment) const
{
    std::vector<double> strain;
    strain.reserve(static_cast<std::size_t>(tiles_.box().count()));
    for (std::int64_t voxel = 0; voxel < tiles_.box().count(); ++voxel)
        strain.push_back(shearwater::von_mises_strain(state_at(moment, voxel).eigenstrain));
    return strain;
}

template void Simulation<2>::sync_lists();
template void Simulation<3>::sync_lists();
template void Simulation<2>::check_now_and_then(bool has_row);
template void Simulation<3>::check_now_and_then(bool has_row);
template void Simulation<2>::write_fields(const Moment<2>& moment);
template void Simulation<3>::write_fields(const Moment<3>& moment);

}  // namespace shearwater
