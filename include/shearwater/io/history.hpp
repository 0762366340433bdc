#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <shearwater/core/output_file.hpp>
#include <shearwater/core/precise_time.hpp>
#include <shearwater/engine/engine.hpp>

namespace shearwater {

/// One row of history.csv.
struct HistoryRow {
    std::int64_t step = 0;        ///< decisions of the engine so far
    PreciseTime time;             ///< [s]
    double load = 0.0;            ///< load parameter (loading/drive.hpp)
    double strain = 0.0;          ///< s ε of the driven component [-]
    double stress = 0.0;          ///< s σ [GPa]
    double plastic_strain = 0.0;  ///< [-]
    std::int64_t events = 0;
    std::int64_t athermal_events = 0;
    std::int64_t reversals = 0;  ///< events that turn back the last one of their voxel
    CycleTotals cycles;          ///< sublattice engine: since the last row
};

/// A text file that grows by lines, each written by one call of the system and in whole or not at all.
class GrowingTable {
  public:
    /// @throws RunError if it cannot be written, as all functions do
    GrowingTable(const std::filesystem::path& path, const std::string& header);

    void add(const std::string& line) { file_.append(line + "\n"); }

    /// Waits until all lines are on disk.
    void sync() const { file_.sync(); }

  private:
    OutputFile file_;
};

/// The growing table history.csv.
class History {
  public:
    /// Makes the file and writes the header. @throws RunError if it cannot be written
    /// @param has_cycles  whether there are columns for the cycles of the sublattice engine
    History(const std::filesystem::path& path, bool has_cycles);

    void add(const HistoryRow& row);

    /// Waits until all rows are on disk. @throws RunError
    void sync() const { table_.sync(); }

  private:
    GrowingTable table_;
    bool has_cycles_;
};

/// The growing table timing.csv, which tells where the time goes on rank 0: apart from the history, as it is never the same twice.
class Timing {
  public:
    /// Makes the file and writes the header. @throws RunError if it cannot be written
    explicit Timing(const std::filesystem::path& path);

    /// @param elapsed  since the run began [s]  @param counters  so far
    void add(const HistoryRow& row, double elapsed, const EngineCounters& counters);

    /// Waits until all rows are on disk. @throws RunError
    void sync() const { table_.sync(); }

  private:
    GrowingTable table_;
    double elapsed_before_ = 0.0;
    double communication_before_ = 0.0;
    std::int64_t events_before_ = 0;
};

}  // namespace shearwater
