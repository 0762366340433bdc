/// Fields of a run: checks of stresses, and snapshots.

#include <algorithm>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/io/deck.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

/// Compares stresses at zero mean strain with those of the check. Collective. @throws RunError if they deviate by more than the tolerance
template <int Dim>
void Simulation<Dim>::check(const Fields& stress, const Instant<Dim>& instant)
{
    const auto voxels = voxels_at(instant);
    const double deviation = cell_->stress_deviation(stress, [&](int a, std::int64_t voxel) { return voxels.state(voxel).eigenstrain[a]; });
    if (cell_->stress_check() != nullptr) checks_.stress = std::max(checks_.stress.value_or(0.0), deviation);
    if (!(deviation <= options_.elasticity.check_tolerance))
        throw RunError(
            fmt::format("the accumulated stress differs from the solution of {} by {:.3e} GPa, more than elasticity.check_tolerance = {:.3e}; no "
                        "snapshot of it was written. You can {}{}, or raise the tolerance",
                        check_name(options_), deviation, options_.elasticity.check_tolerance, remedy_of_deviation(options_),
                        options_.petsc_options.empty() ? "" : fmt::format(", change PETSc's options ({})", options_.petsc_options)));
    last_deviation_ = deviation;
}

/// Checks the stresses between snapshots if they are solutions by PETSc: after each of the first ten events, and then at intervals, since a check
/// takes about as long as two solves. Collective.
/// @param has_row  whether a row of the history has just been written
template <int Dim>
void Simulation<Dim>::check_now_and_then(bool has_row)
{
    constexpr std::int64_t events_between = 100;
    constexpr std::int64_t events_at_most = 1000;
    const auto events = last_.counts.events;
    constexpr std::int64_t early_events = 10;
    const bool is_early = checked_events_ < early_events && events > checked_events_;
    if (!decides_by_petsc(options_) || !(is_early || events - checked_events_ >= (has_row ? events_between : events_at_most))) return;
    checked_events_ = events;
    in_step([&] { check(model_->accumulated_stress(), now()); });
}

/// Deviatoric eigenstrain at an instant, [coefficient][voxel in box order] [-].
template <int Dim>
Fields Simulation<Dim>::eigenstrain_at(const Instant<Dim>& instant) const
{
    auto strain = model_->eigenstrain();
    for (const auto& [slot, state] : instant.past)
        for (int a = 0; a < deviator_size<Dim>; ++a) strain[a][tiles_.box().local(tiles_.voxel(slot))] = state.eigenstrain[a];
    return strain;
}

/// Stresses at zero mean strain after a check, as deviatoric coefficients followed by the mean of the diagonal, [component][voxel in box order]
/// [GPa]. Collective.
template <int Dim>
Fields Simulation<Dim>::checked_stress(const Instant<Dim>& instant)
{
    // The mean of the diagonal comes first, since it needs the most temporary memory and the least permanent memory.
    auto mean_normal = cell_->mean_normal_stress(eigenstrain_at(instant));
    auto stress = model_->accumulated_stress();
    if (instant.is_past) {
        check(stress, now());
        stress = cell_->stress(eigenstrain_at(instant));
    }
    stress.push_back(std::move(mean_normal));
    check(stress, instant);
    return stress;
}

/// Checks the stresses and writes a snapshot. Collective. @throws RunError if the check fails, before the snapshot is written
template <int Dim>
void Simulation<Dim>::write_fields(const Instant<Dim>& instant)
{
    const RunPoint& point = instant.point;
    const auto name = fmt::format("snapshot_{:06d}.h5", series_.size() + 1);
    {
        const auto stress = checked_stress(instant);
        const SnapshotHeader header{print_deck(options_, false),
                                    static_cast<std::int64_t>(options_.kmc.seed),
                                    point.time,
                                    point.strain,
                                    point.counts.events,
                                    options_.lattice.pitch,
                                    options_.petsc_options};
        const auto voxels = voxels_at(instant, &stress);
        write_snapshot<Dim>(comm_, folder_ / "snapshots" / name, partition_.grid(), tiles_.box(), header, datasets(voxels));
        for (const auto& observable : observables_) observable->observe(voxels);
    }
    series_.push_back({"snapshots/" + name, point.load, point.counts.events});
    std::vector<SeriesField> series_fields;
    for (const auto& field : fields_) series_fields.push_back({std::string(field.name), field.components(), field.is_integer()});
    on_root(comm_, [&] {
        write_series<Dim>(folder_ / "snapshots.xdmf", partition_.grid(), options_.lattice.pitch, series_fields, series_);
        sync_lists();
    });
    log_.line(fmt::format(
        "{}: strain {:.5f}, stresses within {:.1e} GPa of {}", name, point.strain, last_deviation_,
        checks_.cell ? fmt::format("those of {} on {} voxels", check_name(options_), *checks_.cell) : "those of one transform of the whole field"));
}

/// Syncs event log, history and timing to disk. On rank 0 only.
template <int Dim>
void Simulation<Dim>::sync_lists()
{
    if (events_) events_->flush();
    history_->sync();
    timing_->sync();
}

/// The datasets of a snapshot. They keep a reference to the voxels.
template <int Dim>
std::vector<SnapshotDataset<Dim>> Simulation<Dim>::datasets(const VoxelsAt<Dim>& voxels) const
{
    std::vector<SnapshotDataset<Dim>> datasets;
    for (const auto& field : fields_) {
        auto& dataset = datasets.emplace_back(SnapshotDataset<Dim>{std::string(field.name), {field.unit, field.description}, {}});
        std::visit(
            [&]<class Value>(Value (*value)(const VoxelsAt<Dim>&, std::int64_t)) {
                dataset.value = std::function<Value(std::int64_t)>([value, &voxels](std::int64_t voxel) { return value(voxels, voxel); });
            },
            field.value);
    }
    return datasets;
}

template void Simulation<2>::sync_lists();
template void Simulation<3>::sync_lists();
template void Simulation<2>::check_now_and_then(bool has_row);
template void Simulation<3>::check_now_and_then(bool has_row);
template void Simulation<2>::write_fields(const Instant<2>& instant);
template void Simulation<3>::write_fields(const Instant<3>& instant);

}  // namespace shearwater
