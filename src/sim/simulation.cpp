#include <shearwater/sim/simulation.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/output_file.hpp>
#include <shearwater/io/deck.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/engines.hpp>

namespace shearwater {

namespace {

template <int Dim>
std::unique_ptr<ElasticSolver<Dim>> make_solver(const Communicator& comm, const Layout<Dim>& layout, const RunOptions& run,
                                                const std::vector<Moduli>& moduli)
{
    if (!layout.mesh || run.elasticity.check == Check::Operator) return nullptr;
    return std::make_unique<ElasticSolver<Dim>>(comm, *layout.mesh, elements_per_voxel<Dim>(run.elasticity), moduli, run.elasticity.rtol);
}

template <int Dim>
double interval_of_ramp(const RunOptions& options, const Loading<Dim>& loading)
{
    if (options.kmc.clock != Clock::Continuous) return options.loading.strain_increment;
    return engine_factory<Dim>(options.kmc.engine).bounded_strain(options, loading);
}

}  // namespace

template <int Dim>
Simulation<Dim>::Simulation(const Communicator& comm, const Log& log, const RunOptions& options)
    : Simulation(comm, log, options, Layout<Dim>(options, comm.size()))
{
}

template <int Dim>
Simulation<Dim>::Simulation(const Communicator& comm, const Log& log, const RunOptions& options, const Layout<Dim>& layout)
    : comm_(comm),
      log_(log),
      options_(options),
      folder_(options.output.folder),
      layout_(layout),
      partition_(layout_.partition),
      tiles_(partition_.grid(), partition_.box(comm.rank())),
      catalogue_(options.catalogue, options.kmc.seed),
      moduli_(draw_moduli<Dim>(comm, partition_, options.elasticity, options.kmc.seed)),
      solver_(make_solver(comm, layout_, options, moduli_)),
      context_{comm, tiles_, catalogue_, options_.activation, options_.softening},
      observables_(make_observables<Dim>(options.output.observables, context_)),
      fields_(snapshot_fields<Dim>(options.output.fields)),
      progress_(log, options.loading.stop_plastic_strain)
{
}

template <int Dim>
void Simulation<Dim>::prepare()
{
    in_step([&] { prepare_cell(); });
    loading_ = std::make_unique<Loading<Dim>>(options_.loading.protocol->prescribe(options_.loading), cell_->mean_stiffness());
    drive_ = make_drive(options_.loading, interval_of_ramp<Dim>(options_, *loading_));
    progress_.set_end(drive_->end().load, is_held());
    const EngineParts<Dim> parts{
        comm_, options_, layout_, tiles_, catalogue_, *cell_, *loading_, *drive_, options_.output.event_log || need_events()};
    auto [glass, engine] = engine_factory<Dim>(options_.kmc.engine).make(parts);
    model_ = std::move(glass);
    engine_ = std::move(engine);
    // A held load acts from the beginning. Adding 0.0 turns −0 into 0.
    const auto state = model_->mean_state(0.0);
    last_.strain = loading_->strain(0.0, state) + 0.0;
    last_.stress = loading_->stress(state) + 0.0;
    if (is_held())
        for (const auto& observable : observables_) observable->record({Step{}, last_});
    engine_->serve({[this](double load) { reach(load, false); },
                    [this](double begin, double end) {
                        auto marks = marks_before(end * (1.0 - load_rounding));
                        std::erase_if(marks, [begin](const Mark& mark) { return mark.load <= begin; });
                        return marks;
                    },
                    [this](const Waypoint& point) { pass(point); }, [this](const MarkedState& marked) { pass(marked); }});
    open_output();
    const auto check = checks_.kernel
                           ? fmt::format("kernel and {} differ by {:.1e} GPa on {} voxels", check_name(options_), *checks_.kernel, *checks_.cell)
                       : cell_->kernel() ? std::string("no mesh, so the kernel is not checked")
                                         : std::string("stresses by PETSc");
    log_.line(
        fmt::format("{} voxels on {} ranks; {}; results go to {}", fmt::join(options_.lattice.size, "x"), comm_.size(), check, folder_.string()));
    if (decides_by_petsc(options_))
        log_.line("stresses are solutions by PETSc: events depend on the number of ranks, within the solver's tolerance (elasticity.rtol)");
}

/// Tabulates the kernel and compares it with the check. Collective. @throws RunError if they deviate by more than the tolerance
template <int Dim>
void Simulation<Dim>::prepare_cell()
{
    const auto& elasticity = options_.elasticity;
    cell_ =
        elasticity.check == Check::Operator
            ? std::make_unique<ElasticCell<Dim>>(
                  comm_, partition_, elasticity,
                  std::make_unique<TransformSolver<Dim>>(comm_, *layout_.mesh, elements_per_voxel<Dim>(elasticity), moduli_.front()), moduli_.front())
            : std::make_unique<ElasticCell<Dim>>(comm_, partition_, elasticity, std::move(solver_), moduli_);
    if (cell_->stress_check() != nullptr) {
        checks_.cell = fmt::format("{}", fmt::join(cell_->stress_check()->grid().size, "x"));
        checks_.by = elasticity.check == Check::Operator ? "operator" : "petsc";
    }
    if (cell_->kernel() == nullptr || cell_->stress_check() == nullptr) return;
    checks_.kernel = cell_->kernel_deviation();
    if (*checks_.kernel <= options_.elasticity.check_tolerance) return;
    throw RunError(
        fmt::format("the kernel differs from the solution of {} by {:.3e} GPa, more than elasticity.check_tolerance = {:.3e}: {}, or raise the "
                    "tolerance if this accuracy is enough",
                    check_name(options_), *checks_.kernel, options_.elasticity.check_tolerance, remedy_of_deviation(options_)));
}

/// Columns of the history.
template <int Dim>
std::vector<Column> Simulation<Dim>::columns() const
{
    std::vector<Column> columns{{"step", "1", "steps of the engine so far"}, {"time_s", "s", "time"}};
    const auto add = [&](const std::vector<Column>& more) { columns.insert(columns.end(), more.begin(), more.end()); };
    for (const auto& observable : observables_) add(observable->columns());
    add(engine_factory<Dim>(options_.kmc.engine).columns);
    return columns;
}

/// Makes the output folder, deck, history and event log.
template <int Dim>
void Simulation<Dim>::open_output()
{
    column_count_ = columns().size();
    on_root(comm_, [&] {
        make_folder(folder_ / "snapshots");
        write_text(folder_ / "deck.resolved.cfg", print_deck(options_, true));
        history_ = std::make_unique<History>(folder_ / "history.csv", columns());
        timing_ = std::make_unique<Timing>(folder_ / "timing.csv");
        if (options_.output.event_log)
            events_ = std::make_unique<EventLog<Dim>>(folder_ / "events", engine_factory<Dim>(options_.kmc.engine).event_columns);
    });
}

template <int Dim>
void Simulation<Dim>::end_at(double time, double grace) noexcept
{
    if (comm_.interrupt() != nullptr) comm_.interrupt()->end_at(time, grace);
}

template <int Dim>
void Simulation<Dim>::disarm() noexcept
{
    if (comm_.interrupt() != nullptr) comm_.interrupt()->disarm();
}

template <int Dim>
void Simulation<Dim>::carry_out(double deadline)
{
    const double start = MPI_Wtime();
    if (deadline > 0.0) end_at(deadline, 0.0);
    try {
        prepare();
    } catch (const Interrupted&) {
        disarm();
        stopped_by_ = "walltime";
        return finish_without_state();
    }
    // The work after the loop, one solve and the output, takes less time than the preparations, which need at least two solves.
    constexpr double output_seconds = 0.5;
    const double reserve = output_seconds + maximum(comm_, MPI_Wtime() - start);
    if (deadline > 0.0) end_at(deadline - reserve, 0.5 * reserve);
    run();
}

template <int Dim>
void Simulation<Dim>::run()
{
    progress_.report(last_, true);
    write_row(now());
    write_timing();
    bool state_is_whole = true;
    try {
        while (advance()) {
        }
    } catch (const Interrupted& interrupted) {
        stopped_by_ = "walltime";
        state_is_whole = interrupted.state_is_whole();
    }
    disarm();
    finish(state_is_whole);
}

template <int Dim>
bool Simulation<Dim>::advance()
{
    const Step step = engine_->advance();
    record(step);
    progress_.report(last_);
    stopped_by_ = step.is_cut ? "walltime" : stop_reason();
    return stopped_by_.empty();
}

template <int Dim>
std::string Simulation<Dim>::stop_reason() const
{
    if (options_.loading.stop_plastic_strain > 0.0 && last_.plastic_strain >= options_.loading.stop_plastic_strain) return "stop_plastic_strain";
    // A load that is a sum of increments may differ from the end by rounding.
    if (is_complete_ && last_.load >= drive_->end().load * (1.0 - load_rounding)) return drive_->end_key();
    if (options_.max_events > 0 && last_.counts.events >= options_.max_events) return "max_events";
    return "";
}

template <int Dim>
void Simulation<Dim>::visit(Archive& archive)
{
    archive("cell", *cell_);
    archive("glass", *model_);
    archive("engine", *engine_);
    for (std::size_t i = 0; i < observables_.size(); ++i) archive(fmt::format("observable_{}", i), *observables_[i]);
    archive("point", last_);
    archive("is_complete", is_complete_);
    archive("is_cut", is_cut_);
    archive("stress_check", checks_.stress);
    archive("checked_events", checked_events_);
    archive("series", series_);
    archive("row_number", row_number_);
    archive("written_point", written_point_);
    archive("rows", rows_);
    archive("timed_rows", timed_rows_);
    archive("next_snapshot", next_snapshot_);
}

template class Simulation<2>;
template class Simulation<3>;

}  // namespace shearwater
