#pragma once

#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/glass/glass.hpp>
#include <shearwater/io/event_log.hpp>
#include <shearwater/io/history.hpp>
#include <shearwater/io/run_options.hpp>
#include <shearwater/io/snapshot.hpp>
#include <shearwater/loading/drive.hpp>
#include <shearwater/loading/loading.hpp>
#include <shearwater/observables/fields.hpp>
#include <shearwater/observables/instant.hpp>
#include <shearwater/observables/observables.hpp>
#include <shearwater/sim/layout.hpp>
#include <shearwater/sim/progress.hpp>

namespace shearwater {

/// Results of the checks of the kernel and of the stresses. They are not known in runs without a check.
struct CheckResults {
    std::optional<double> kernel;     ///< largest deviation of the kernel [GPa]
    std::optional<double> stress;     ///< largest deviation of accumulated stresses so far [GPa]
    std::optional<std::string> cell;  ///< size of the cell on which both were checked [voxels], e.g. "128x128"
    std::optional<std::string> by;    ///< method of the check (elasticity.check)
};

/// One run of the program. It owns the lattice, the glass, the engine and the output, and contains the main loop.
template <int Dim>
class Simulation {
  public:
    /// Partitions the lattice and configures the solver. Collective. Writes nothing. Keeps references to `comm` and `log`.
    /// @throws InputError if the lattice cannot be partitioned among the ranks
    Simulation(const Communicator& comm, const Log& log, const RunOptions& options);
    /// Does the same with a layout that was constructed from the same options. Collective.
    Simulation(const Communicator& comm, const Log& log, const RunOptions& options, const Layout<Dim>& layout);
    ~Simulation() = default;
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    Simulation(Simulation&&) = delete;  // its parts refer to each other
    Simulation& operator=(Simulation&&) = delete;

    /// Carries out the whole run, `prepare` and `run`. Collective. All output is written before the deadline.
    /// @param deadline  in MPI_Wtime's seconds; 0 = none. It needs a communicator with an interrupt and is ignored without one
    void carry_out(double deadline);

    /// Tabulates the kernel, checks it, creates the undeformed glass and the engine, and opens the output. Collective.
    /// @throws RunError if the kernel deviates from the check by more than the tolerance, or if the output cannot be written
    void prepare();

    /// Runs to the end or until it is interrupted, and writes the last snapshot and the summary. Collective.
    /// @throws RunError if the run cannot continue
    void run();

    /// Carries out and records one step of the engine. Collective. @return false when the run has ended
    bool advance();

    /// Visits the state of the run between two steps, owner by owner, in an order in which each owner depends only on those before it: PETSc's solver,
    /// the glass, the engine, the observables, and what has been recorded. Wall times and the contents of files are not included.
    void visit(Archive& archive);

    /// Writes the last snapshot, if the state is consistent, and the summary. Collective. `run` calls it at its end.
    void finish(bool state_is_whole = true);

    [[nodiscard]] Glass<Dim>& model() noexcept { return *model_; }
    [[nodiscard]] ElasticCell<Dim>& cell() noexcept { return *cell_; }
    [[nodiscard]] Engine& engine() noexcept { return *engine_; }
    /// State of the run after the last recorded step.
    [[nodiscard]] const RunPoint& last() const noexcept { return last_; }

    /// Number of events so far.
    [[nodiscard]] std::int64_t events() const noexcept { return last_.counts.events; }
    /// Present load parameter [- or s].
    [[nodiscard]] double load() const noexcept { return last_.load; }

  private:
    void prepare_cell();
    void end_at(double time, double grace) noexcept;
    void disarm() noexcept;
    void open_output();
    void record(const Step& step);
    [[nodiscard]] MeanState<Dim> mean_state_without(double load, const StrainCodes& codes) const;
    void pass(const Waypoint& point);
    void pass(const MarkedState& state);
    void reach(double load, bool is_included);
    [[nodiscard]] std::vector<Mark> marks_before(double end) const;
    void answer(const Instant<Dim>& instant, bool is_on_the_way = false);
    void log_events(const Step& step);
    void write_row(const Instant<Dim>& instant, bool is_on_the_way = false);
    [[nodiscard]] std::vector<Column> columns() const;
    void write_timing();
    /// Load parameter of a row of the history, numbered from 0. It is infinite after the last row and if there is a row after every step.
    [[nodiscard]] double row_load(std::int64_t row) const noexcept;
    /// Load parameters of the snapshots that the deck requests.
    [[nodiscard]] const std::vector<double>& snapshot_loads() const noexcept
    {
        return is_held() ? options_.output.snapshot_times : options_.output.snapshot_strains;
    }
    [[nodiscard]] bool is_held() const noexcept { return options_.loading.protocol->parameter == LoadParameter::Time; }
    [[nodiscard]] bool has_all_steps() const noexcept { return options_.output.history_interval == 0.0; }
    [[nodiscard]] Instant<Dim> now() const { return {last_, model_->mean_state(last_.load).strain, false, {}}; }
    [[nodiscard]] bool need_voxels_in_rows() const noexcept;
    [[nodiscard]] bool need_events() const noexcept;
    void add_counts(Entries& entries) const;
    Entries write_summary(const RunEnd& end, double wall_seconds);
    void finish_without_state();
    [[nodiscard]] std::string stop_reason() const;
    /// Calls work() and adds step, time and strain to the message of a RunError. work() must leave the state consistent if it is interrupted.
    template <class Work>
    void in_step(Work&& work) const
    {
        try {
            work();
        } catch (const Interrupted&) {
            throw Interrupted(true);
        } catch (const RunError& error) {
            throw RunError(fmt::format("in step {} (time {} s, strain {:.6f}): {}", last_.step, last_.time.seconds(), last_.strain, error.what()));
        }
    }
    void write_fields(const Instant<Dim>& instant);
    [[nodiscard]] Fields eigenstrain_at(const Instant<Dim>& instant) const;
    void check(const Fields& stress, const Instant<Dim>& instant);
    void check_now_and_then(bool has_row);
    [[nodiscard]] Fields checked_stress(const Instant<Dim>& instant);
    [[nodiscard]] std::vector<SnapshotDataset<Dim>> datasets(const VoxelsAt<Dim>& voxels) const;
    [[nodiscard]] VoxelsAt<Dim> voxels_at(const Instant<Dim>& instant, const Fields* eigenstress = nullptr) const
    {
        return {context_, *model_, *cell_, instant, eigenstress};
    }
    void sync_lists();

    const Communicator& comm_;
    const Log& log_;
    RunOptions options_;
    std::filesystem::path folder_;
    Layout<Dim> layout_;
    const Partition<Dim>& partition_;
    Tiles<Dim> tiles_;
    Catalogue<Dim> catalogue_;
    std::vector<Moduli> moduli_;
    std::unique_ptr<ElasticSolver<Dim>> solver_;  // until prepare() moves it to cell_
    std::unique_ptr<ElasticCell<Dim>> cell_;
    std::unique_ptr<Loading<Dim>> loading_;
    std::unique_ptr<Drive> drive_;
    std::unique_ptr<Glass<Dim>> model_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<History> history_;  // on rank 0 only, as are the next two
    std::unique_ptr<Timing> timing_;
    std::unique_ptr<EventLog<Dim>> events_;
    RunContext<Dim> context_;
    std::vector<std::unique_ptr<Observable<Dim>>> observables_;
    std::vector<SnapshotField<Dim>> fields_;  ///< fields of snapshots
    Progress progress_;
    RunPoint last_;                   ///< state after the last recorded step
    std::vector<CurvePoint> passed_;  ///< points of the curve since then
    bool is_cut_ = false;             ///< the last step was: some blocks have not come to its end
    std::string stopped_by_;          ///< why the run ended
    CheckResults checks_;
    std::vector<SeriesEntry> series_;
    std::int64_t checked_events_ = 0;  ///< how many there were when stresses were last checked between snapshots
    double last_deviation_ = 0.0;      ///< of the stresses of the last snapshot from those of the check [GPa]
    std::int64_t row_number_ = 1;      ///< of the next row that the deck asks for
    std::size_t column_count_ = 0;     ///< of the history
    RunPoint written_point_;           ///< of the last row
    bool is_complete_ = true;          ///< whether the last step has come to its end, with clocks that step
    std::int64_t rows_ = 0;            ///< written
    std::int64_t timed_rows_ = 0;      ///< of them when the last row of timings was written
    std::size_t next_snapshot_ = 0;
};

}  // namespace shearwater
