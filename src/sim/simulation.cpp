#include <shearwater/sim/simulation.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/error.hpp>
#include <shearwater/core/output_file.hpp>
#include <shearwater/engine/block_glass.hpp>
#include <shearwater/engine/deferred_glass.hpp>
#include <shearwater/engine/exact.hpp>
#include <shearwater/engine/glass_model.hpp>
#include <shearwater/engine/reference.hpp>
#include <shearwater/engine/sublattice.hpp>
#include <shearwater/io/deck.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>

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
    if (options.engine != EngineKind::Sublattice) return {};
    return Blocks<Dim>(grid, block_edge<Dim>(options));
}

template <int Dim>
std::unique_ptr<ElasticSolver<Dim>> make_solver(const Communicator& comm, const Partition<Dim>& partition, const RunOptions& run,
                                                const std::vector<Moduli>& moduli)
{
    const auto& options = run.elasticity;
    const bool solves = options.update == Update::Solve || (run.kmc.engine == EngineKind::Sublattice && run.kmc.far_update == FarUpdate::Petsc);
    if (options.discretization == Discretization::Spectral) return nullptr;
    const int elements = elements_per_voxel<Dim>(options);
    const auto cell = solves ? partition : judged_partition(partition, elements);
    return std::make_unique<ElasticSolver<Dim>>(comm, cell, elements, moduli, options.rtol);
}

/// Strain over which the continuous clock bounds rates at once. Reference engine: the work of a typical mode (ε:ε = γ*²) changes by a tenth of
/// k_B T, so that about one candidate in ten is rejected and the passes that end a horizon stay few beside those that end in an event.
/// Others: the stress rises by what bounds cover anyway.
template <int Dim>
double horizon_strain(const RunOptions& options, const Loading<Dim>& loading)
{
    const double elastic_slope = loading.elastic_slope();
    constexpr double longest = 1e-3;
    if (options.kmc.engine == EngineKind::Exact) return std::min(DeferredGlass<Dim>::mean_reserve / elastic_slope, longest);
    if (options.kmc.engine == EngineKind::Sublattice) {
        // The deviator that the ramp makes must stay within the reserve, so that the mean is followed only when a sweep begins.
        const auto deviatoric = deviator<Dim>(loading.state(1.0, {}).stress);
        return std::min(0.999 * BlockGlass<Dim>::mean_reserve / std::max(elastic_slope, std::sqrt(dot(deviatoric, deviatoric))), longest);
    }
    const double work_per_strain = 0.5 * options.activation.volume * electronvolt_per_gpa_nm3 * elastic_slope * options.catalogue.strain;
    return std::min(0.1 * boltzmann * options.activation.temperature / work_per_strain, longest);
}

double peak_rss_megabytes(const Communicator& comm)
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return maximum(comm, static_cast<double>(usage.ru_maxrss) / 1024.0);
}

/// Does the work; an error in it says at which step and strain it came up.
template <class Work>
void in_step(const HistoryRow& row, Work&& work)
{
    try {
        work();
    } catch (const RunError& error) {
        throw RunError(fmt::format("in step {} (time {} s, strain {:.6f}): {}", row.step, row.time.seconds(), row.strain, error.what()));
    }
}

}  // namespace

template <int Dim>
Simulation<Dim>::Simulation(const Communicator& comm, const Log& log, const RunOptions& options)
    : comm_(comm),
      log_(log),
      options_(options),
      folder_(options.output.folder),
      blocks_(make_blocks(grid_of<Dim>(options.lattice), options.kmc)),
      partition_(blocks_ ? Partition<Dim>(*blocks_, comm.size()) : Partition<Dim>(grid_of<Dim>(options.lattice), comm.size())),
      tiles_(partition_.grid(), partition_.box(comm.rank())),
      catalogue_(options.catalogue, options.kmc.seed),
      moduli_(draw_moduli<Dim>(comm, partition_, options.elasticity, options.kmc.seed)),
      solver_(make_solver(comm, partition_, options, moduli_)),
      progress_(log, options.loading)
{
}

template <int Dim>
void Simulation<Dim>::prepare()
{
    const double start = MPI_Wtime();
    in_step(summary_.last, [&] { prepare_cell(); });
    loading_ = std::make_unique<Loading<Dim>>(options_.loading.protocol, cell_->mean_stiffness());
    summary_.elastic_slope = loading_->elastic_slope();
    options_.kmc.horizon = horizon_strain<Dim>(options_, *loading_);
    options_.kmc.max_strain = options_.loading.max_strain;
    make_engine();
    open_output();
    const auto check = summary_.kernel_check
                           ? fmt::format("kernel and PETSc differ by {:.1e} GPa on {} voxels", *summary_.kernel_check, *summary_.judged_cell)
                       : cell_->kernel() ? std::string("no mesh, so the kernel is not checked against PETSc")
                                         : std::string("stresses by PETSc");
    log_.line(
        fmt::format("{} voxels on {} ranks; {}; results go to {}", fmt::join(options_.lattice.size, "x"), comm_.size(), check, folder_.string()));
    prepare_seconds_ = MPI_Wtime() - start;
}

/// Makes the undeformed glass as the engine wants it.
template <int Dim>
void Simulation<Dim>::make_engine()
{
    const auto make = [&]<class Model, class... More>(std::unique_ptr<Model>& model, More&&... more) -> Model& {
        model = std::make_unique<Model>(tiles_, catalogue_, options_.activation, options_.softening, *cell_, *loading_, more...);
        return *model;
    };
    switch (options_.kmc.engine) {
        case EngineKind::Reference: {
            std::unique_ptr<GlassModel<Dim>> model;
            engine_ = std::make_unique<ReferenceEngine<GlassModel<Dim>>>(make(model), comm_, options_.kmc);
            model_ = std::move(model);
            break;
        }
        case EngineKind::Exact: {
            std::unique_ptr<DeferredGlass<Dim>> model;
            engine_ = std::make_unique<ExactEngine<DeferredGlass<Dim>>>(make(model), comm_, options_.kmc, tiles_.all_tiles());
            model_ = std::move(model);
            break;
        }
        case EngineKind::Sublattice: {
            std::unique_ptr<BlockGlass<Dim>> model;
            engine_ =
                std::make_unique<SublatticeEngine<BlockGlass<Dim>>>(make(model, *blocks_, partition_, options_.kmc.far_update), comm_, options_.kmc,
                                                                    *blocks_, partition_, tiles_.all_tiles(), options_.output.event_log);
            model_ = std::move(model);
            break;
        }
    }
}

/// Tabulates the kernel and holds it against PETSc.
template <int Dim>
void Simulation<Dim>::prepare_cell()
{
    cell_ = std::make_unique<ElasticCell<Dim>>(comm_, partition_, options_.elasticity, std::move(solver_), moduli_);
    if (cell_->solver()) summary_.judged_cell = fmt::format("{}", fmt::join(cell_->solver()->partition().grid().size, "x"));
    if (!cell_->kernel() || !cell_->solver()) return;
    summary_.kernel_check = cell_->kernel_deviation();
    if (*summary_.kernel_check <= options_.elasticity.check_tolerance) return;
    throw RunError(
        fmt::format("the kernel differs from PETSc's solution by {:.3e} GPa, more than elasticity.check_tolerance = {:.3e}: tighten the "
                    "solver (elasticity.rtol) or raise the tolerance if this accuracy is enough",
                    *summary_.kernel_check, options_.elasticity.check_tolerance));
}

/// Makes the output folder, deck, history and event log.
template <int Dim>
void Simulation<Dim>::open_output()
{
    on_root(comm_, [&] {
        make_folder(folder_ / "snapshots");
        write_text(folder_ / "deck.resolved.cfg", print_deck(options_, true));
        history_ = std::make_unique<History>(folder_ / "history.csv", options_.kmc.engine == EngineKind::Sublattice);
        timing_ = std::make_unique<Timing>(folder_ / "timing.csv");
        if (options_.output.event_log) events_ = std::make_unique<EventLog<Dim>>(folder_ / "events", options_.kmc.engine == EngineKind::Sublattice);
    });
}

template <int Dim>
void Simulation<Dim>::run(double deadline)
{
    // What remains to be done after the loop, a solve and the output, takes less than the preparations, which have two solves and more.
    constexpr double output_seconds = 0.5;
    if (deadline > 0.0) deadline_ = deadline - prepare_seconds_ - output_seconds;
    progress_.report(summary_.last, true);
    write_row();
    next_row_ = options_.output.history_interval;
    while (advance()) {
    }
    finish();
}

template <int Dim>
bool Simulation<Dim>::advance()
{
    const Step step = engine_->advance();
    record(step);
    const auto& strains = options_.output.snapshot_strains;
    const auto passed = next_snapshot_;
    while (next_snapshot_ < strains.size() && step.strain >= strains[next_snapshot_]) ++next_snapshot_;
    if (next_snapshot_ > passed) in_step(summary_.last, [&] { write_fields(); });
    progress_.report(summary_.last);
    summary_.stopped_by = stop_reason();
    if (summary_.stopped_by.empty() && out_of_time()) summary_.stopped_by = "walltime";
    return summary_.stopped_by.empty();
}

template <int Dim>
std::string Simulation<Dim>::stop_reason() const
{
    const auto& last = summary_.last;
    if (options_.loading.stop_plastic_strain > 0.0 && last.plastic_strain >= options_.loading.stop_plastic_strain) return "stop_plastic_strain";
    // A strain that is a sum of increments may miss the last one by rounding.
    if (last.strain >= options_.loading.max_strain * (1.0 - 1e-12)) return "max_strain";
    if (options_.max_events > 0 && last.events >= options_.max_events) return "max_events";
    return "";
}

template <int Dim>
bool Simulation<Dim>::out_of_time()
{
    if (deadline_ == 0.0) return false;
    // Ranks must ask together, so how often is a count; a step of a large cell takes long enough to ask after each.
    const bool has_cycles = blocks_.has_value();  // each of many events
    const std::int64_t steps_between = has_cycles ? 1 : std::max<std::int64_t>(1, (1 << 22) / partition_.grid().count());
    return summary_.last.step % steps_between == 0 && any(comm_, MPI_Wtime() > deadline_);
}

/// Stresses at zero mean strain, deviatoric coefficients and mean of the diagonal, after a check against PETSc [GPa].
template <int Dim>
Fields Simulation<Dim>::checked_stress()
{
    // First what needs most memory on the way and leaves least behind.
    auto mean_normal = cell_->mean_normal_stress(model_->eigenstrain());
    auto stress = model_->accumulated_stress();
    stress.push_back(std::move(mean_normal));
    const auto& box = tiles_.box();
    const double deviation =
        cell_->stress_deviation(stress, [&](int a, std::int64_t voxel) { return model_->voxels().eigenstrain(tiles_.slot(box.index(voxel)))[a]; });
    if (cell_->solver()) summary_.stress_check = std::max(summary_.stress_check.value_or(0.0), deviation);
    if (!(deviation <= options_.elasticity.check_tolerance))
        throw RunError(
            fmt::format("the accumulated stress differs from PETSc's solution by {:.3e} GPa, more than elasticity.check_tolerance = {:.3e}; "
                        "the snapshot was not written. Tighten elasticity.rtol or raise the tolerance",
                        deviation, options_.elasticity.check_tolerance));
    last_deviation_ = deviation;
    return stress;
}

/// Checks the stresses against PETSc and writes a snapshot, or stops the run without writing one.
template <int Dim>
void Simulation<Dim>::write_fields()
{
    const auto name = fmt::format("snapshot_{:06d}.h5", series_.size() + 1);
    {
        const auto stress = checked_stress();
        const SnapshotHeader header{print_deck(options_, false), static_cast<std::int64_t>(options_.kmc.seed),
                                    summary_.last.time,          summary_.last.strain,
                                    summary_.last.events,        options_.lattice.pitch};
        write_snapshot<Dim>(comm_, folder_ / "snapshots" / name, partition_.grid(), tiles_.box(), header, snapshot_fields(stress));
    }
    summary_.statistics = strain_statistics(comm_, von_mises_strain());
    series_.push_back({"snapshots/" + name, summary_.last.strain, summary_.last.step});
    on_root(comm_, [&] {
        write_series<Dim>(folder_ / "snapshots.xdmf", partition_.grid(), options_.lattice.pitch, series_);
        sync_lists();
    });
    log_.line(
        fmt::format("{}: strain {:.5f}, stresses within {:.1e} GPa of {}", name, summary_.last.strain, last_deviation_,
                    summary_.judged_cell ? fmt::format("PETSc's on {} voxels", *summary_.judged_cell) : "those of one transform of the whole field"));
}

/// Brings to disk what has been added to events, history and timing. On rank 0.
template <int Dim>
void Simulation<Dim>::sync_lists()
{
    if (events_) events_->flush();
    history_->sync();
    timing_->sync();
}

/// The fields as they are now. Keeps a reference to `eigenstress`.
template <int Dim>
SnapshotFields<Dim> Simulation<Dim>::snapshot_fields(const Fields& eigenstress) const
{
    constexpr int n = deviator_size<Dim>;
    const auto& voxels = model_->voxels();
    const auto slot = [this](std::int64_t voxel) { return tiles_.slot(tiles_.box().index(voxel)); };
    const auto strain = [&voxels, slot](std::int64_t voxel) { return voxels.eigenstrain(slot(voxel)); };
    SnapshotFields<Dim> fields;
    fields.plastic_strain = [=](std::int64_t voxel) { return from_deviator<Dim>(strain(voxel)); };
    fields.von_mises_strain = [=](std::int64_t voxel) { return shearwater::von_mises_strain(strain(voxel)); };
    fields.generation = [&voxels, slot](std::int64_t voxel) { return voxels.generation(slot(voxel)); };
    fields.softening = [this, &voxels, slot](std::int64_t voxel) {
        return voxels.softening(slot(voxel), summary_.last.time, model_->relaxation_time());
    };
    fields.stress = [this, &eigenstress, mean = model_->mean_state(summary_.last.strain).strain](std::int64_t voxel) {
        const auto& response = cell_->load_response()[cell_->is_uniform() ? 0 : voxel];
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
std::vector<double> Simulation<Dim>::von_mises_strain() const
{
    std::vector<double> strain;
    strain.reserve(static_cast<std::size_t>(tiles_.box().count()));
    tiles_.for_each([&](int slot) { strain.push_back(shearwater::von_mises_strain(model_->voxels().eigenstrain(slot))); });
    return strain;
}

template <int Dim>
void Simulation<Dim>::finish()
{
    write_row();
    progress_.report(summary_.last, true);
    const double loop_seconds = progress_.elapsed();
    if (series_.empty() || series_.back().step != summary_.last.step) in_step(summary_.last, [&] { write_fields(); });
    summary_.counters = engine_->counters();
    auto& counters = summary_.counters;
    for (auto* count : {&counters.candidates, &counters.rejections, &counters.model.refreshed_voxels, &counters.model.near_voxels,
                        &counters.model.pending_sums, &counters.model.pending_terms, &counters.model.far_sources, &counters.model.far_moments})
        *count = sum(comm_, *count);
    if (summary_.cycles.cycles > 0 && summary_.last.events > 0)
        summary_.imbalance =
            static_cast<double>(maximum(comm_, static_cast<double>(counters.events_here))) * comm_.size() / static_cast<double>(summary_.last.events);
    summary_.traffic = summary_.counters.traffic;
    summary_.traffic += cell_->traffic();
    for (auto* traffic : {&summary_.traffic, &counters.sweeps, &counters.far}) {
        traffic->messages = sum(comm_, traffic->messages);
        traffic->bytes = sum(comm_, traffic->bytes);
    }
    if (const auto* solver = cell_->solver()) {
        summary_.elastic_solves = solver->solves();
        summary_.ksp_iterations = solver->iterations();
    }
    summary_.solve_seconds = model_->solve_seconds();
    summary_.wall_seconds = loop_seconds;
    summary_.fingerprint = fingerprint_.text();
    summary_.ranks = comm_.size();
    summary_.peak_rss_megabytes = peak_rss_megabytes(comm_);
    on_root(comm_, [&] {
        sync_lists();
        write_text(folder_ / "summary.json", print(summary_));
    });
    log_.line(fmt::format(
        "stopped by {}: peak {:.4f} GPa, flow {:.4f} GPa, localization index {:.4f}, {} events ({:.1f} % athermal)", summary_.stopped_by,
        summary_.curve.peak() ? summary_.curve.peak()->stress : 0.0, summary_.curve.last().stress, summary_.statistics.localization_index,
        summary_.last.events,
        summary_.last.events > 0 ? 100.0 * static_cast<double>(summary_.last.athermal_events) / static_cast<double>(summary_.last.events) : 0.0));
}

template class Simulation<2>;
template class Simulation<3>;

}  // namespace shearwater
