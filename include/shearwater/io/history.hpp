#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <shearwater/core/output_file.hpp>
#include <shearwater/core/record.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/observables/instant.hpp>

namespace shearwater {

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
    History(const std::filesystem::path& path, const std::vector<Column>& columns);

    void add(const Row& row) { table_.add(row.text()); }

    /// Waits until all rows are on disk. @throws RunError
    void sync() const { table_.sync(); }

  private:
    GrowingTable table_;
};

/// The growing table timing.csv, which tells where the time goes on rank 0: apart from the history, as it is never the same twice.
class Timing {
  public:
    /// Makes the file and writes the header. @throws RunError if it cannot be written
    explicit Timing(const std::filesystem::path& path);

    /// @param elapsed  since the run began [s]  @param counters  so far
    void add(const RunPoint& point, double elapsed, const EngineCounters& counters);

    /// Waits until all rows are on disk. @throws RunError
    void sync() const { table_.sync(); }

  private:
    GrowingTable table_;
    double elapsed_before_ = 0.0;
    double communication_before_ = 0.0;
    std::int64_t events_before_ = 0;
};

}  // namespace shearwater
