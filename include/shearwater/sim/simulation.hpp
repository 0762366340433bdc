#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shearwater/analysis/stress_strain.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/engine/glass_state.hpp>
#include <shearwater/io/event_log.hpp>
#include <shearwater/io/fingerprint.hpp>
#include <shearwater/io/history.hpp>
#include <shearwater/io/run_options.hpp>
#include <shearwater/io/snapshot.hpp>
#include <shearwater/io/summary.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/sim/progress.hpp>

namespace shearwater {

/// One run: owns the lattice, the model, the engine and the output, and is the loop that ties them together.
template <int Dim>
class Simulation {
  public:
    /// Sets up lattice, solver and options of the solver. Writes nothing. Collective. Keeps references to `comm` and `log`.
    /// @throws InputError if the lattice does not suit the ranks
    Simulation(const Communicator& comm, const Log& log, const RunOptions& options);
    ~Simulation() = default;
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    Simulation(Simulation&&) = delete;  // its parts refer to each other
    Simulation& operator=(Simulation&&) = delete;

    /// Tabulates the kernel, checks it against PETSc, makes the undeformed glass, and opens the output. Collective.
    /// @throws RunError if kernel and PETSc differ, or the folder cannot be written
    void prepare();

    /// Runs to the end and writes the last snapshot and the summary. Collective.
    /// @param deadline  in MPI_Wtime's seconds, by which all is written; 0 = none
    void run(double deadline = 0.0);

    /// One step of the engine with everything that is recorded of it. Returns false when the run has ended. Collective.
    bool advance();

    /// Writes the last snapshot and the summary; `run` ends with it. Collective.
    void finish();

    [[nodiscard]] GlassState<Dim>& model() noexcept { return *model_; }
    [[nodiscard]] ElasticCell<Dim>& cell() noexcept { return *cell_; }
    [[nodiscard]] Engine& engine() noexcept { return *engine_; }
    /// What the run has come to.
    [[nodiscard]] const HistoryRow& last() const noexcept { return summary_.last; }

    /// Events so far.
    [[nodiscard]] std::int64_t events() const noexcept { return summary_.last.events; }
    /// Applied strain now [-].
    [[nodiscard]] double strain() const noexcept { return summary_.last.strain; }

    /// Memory and work that the run needs, for --check.
    [[nodiscard]] std::string estimate() const;

  private:
    void prepare_cell();
    void make_engine();
    void open_output();
    void record(const Step& step);
    void count(const Step& step);
    void write_row();
    [[nodiscard]] std::string stop_reason() const;
    void write_fields();
    void sync_lists();
    [[nodiscard]] Fields checked_stress();
    [[nodiscard]] SnapshotFields<Dim> snapshot_fields(const Fields& eigenstress) const;
    [[nodiscard]] std::vector<double> von_mises_strain() const;
    [[nodiscard]] bool out_of_time();

    const Communicator& comm_;
    const Log& log_;
    RunOptions options_;
    std::filesystem::path folder_;
    std::optional<Blocks<Dim>> blocks_;  ///< sublattice engine
    Partition<Dim> partition_;
    Tiles<Dim> tiles_;
    Catalogue<Dim> catalogue_;
    std::vector<Moduli> moduli_;
    std::unique_ptr<ElasticSolver<Dim>> solver_;  // until prepare() hands it to cell_
    std::unique_ptr<ElasticCell<Dim>> cell_;
    std::unique_ptr<Loading<Dim>> loading_;
    std::unique_ptr<GlassState<Dim>> model_;
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<History> history_;  // rank 0 only, as the next two
    std::unique_ptr<Timing> timing_;
    std::unique_ptr<EventLog<Dim>> events_;
    Fingerprint fingerprint_;
    Progress progress_;
    Summary summary_;
    std::vector<SeriesEntry> series_;
    double last_deviation_ = 0.0;  ///< of the stresses of the last snapshot from PETSc's [GPa]
    double next_row_ = 0.0;
    std::size_t next_snapshot_ = 0;
    std::int64_t last_row_ = -1;  ///< step of the last row of the history
    double prepare_seconds_ = 0.0;
    double deadline_ = 0.0;  ///< when the loop must end, in MPI_Wtime's seconds; 0 = never
};

}  // namespace shearwater
