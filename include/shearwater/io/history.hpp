#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <shearwater/core/precise_time.hpp>
#include <shearwater/engine/engine.hpp>

namespace shearwater {

/// One row of history.csv.
struct HistoryRow {
    std::int64_t step = 0;        ///< decisions of the engine so far
    PreciseTime time;             ///< [s]
    double strain = 0.0;          ///< applied [-]
    double stress = 0.0;          ///< s σ [GPa]
    double plastic_strain = 0.0;  ///< [-]
    std::int64_t events = 0;
    std::int64_t athermal_events = 0;
    std::int64_t reversals = 0;  ///< events that turn back the last one of their voxel
    CycleTotals cycles;          ///< sublattice engine: since the last row
};

/// A text file that grows by lines; every line is on its way to disk when `add` returns.
class GrowingTable {
  public:
    /// @throws RunError if it cannot be written
    GrowingTable(const std::filesystem::path& path, const std::string& header);

    void add(const std::string& line);

  private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::filesystem::path path_;
    std::unique_ptr<std::FILE, Close> file_;
};

/// The growing table history.csv.
class History {
  public:
    /// Makes the file and writes the header. @throws RunError if it cannot be written
    /// @param has_cycles  whether there are columns for the cycles of the sublattice engine
    History(const std::filesystem::path& path, bool has_cycles);

    void add(const HistoryRow& row);

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

  private:
    GrowingTable table_;
    double elapsed_before_ = 0.0;
    double communication_before_ = 0.0;
    std::int64_t events_before_ = 0;
};

}  // namespace shearwater
