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

/// A text file to which lines are appended. Each line is written by one system call, completely or not at all.
class GrowingTable {
  public:
    /// Creates the file and writes the header. @throws RunError if the file cannot be written, as do all functions
    GrowingTable(const std::filesystem::path& path, const std::string& header);

    /// Appends a line. @param line  without its end
    void add(const std::string& line) { file_.append(line + "\n"); }

    /// Waits until all lines are on disk.
    void sync() const { file_.sync(); }

  private:
    OutputFile file_;
};

/// The table history.csv. It is written by one rank.
class History {
  public:
    /// Creates the file and writes the header. @throws RunError if the file cannot be written
    History(const std::filesystem::path& path, const std::vector<Column>& columns);

    /// Appends a row. @throws RunError if the file cannot be written
    void add(const Row& row) { table_.add(row.text()); }

    /// Waits until all rows are on disk. @throws RunError if the file cannot be written
    void sync() const { table_.sync(); }

  private:
    GrowingTable table_;
};

/// The table timing.csv with the times of rank 0. It is separate from the history because times differ between runs with equal results.
class Timing {
  public:
    /// Creates the file and writes the header. @throws RunError if the file cannot be written
    explicit Timing(const std::filesystem::path& path);

    /// Appends a row. @param elapsed  wall time since the run began [s]  @param counters  counters of rank 0 since then
    void add(const RunPoint& point, double elapsed, const EngineCounters& counters);

    /// Waits until all rows are on disk. @throws RunError if the file cannot be written
    void sync() const { table_.sync(); }

  private:
    GrowingTable table_;
    double elapsed_before_ = 0.0;
    double communication_before_ = 0.0;
    std::int64_t events_before_ = 0;
};

}  // namespace shearwater
