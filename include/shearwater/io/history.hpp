#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>

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

/// The growing table history.csv; every row is on its way to disk when `add` returns.
class History {
  public:
    /// Makes the file and writes the header. @throws RunError if it cannot be written
    /// @param has_cycles  whether there are columns for the cycles of the sublattice engine
    History(const std::filesystem::path& path, bool has_cycles);

    void add(const HistoryRow& row);

  private:
    struct Close {
        void operator()(std::FILE* file) const noexcept { std::fclose(file); }
    };
    std::filesystem::path path_;
    bool has_cycles_;
    std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace shearwater
