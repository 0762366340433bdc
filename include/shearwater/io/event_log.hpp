#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <shearwater/core/record.hpp>
#include <shearwater/kmc/event.hpp>

namespace shearwater {

/// The log of all events, in files events/events_000001.h5, ... of `events_per_file` events each, the last of fewer. It is written by one rank.
///
/// A file appears when it is complete, and its contents do not depend on the number of ranks. From time to time the last file is rewritten with the
/// events added since, so that a run that is killed loses few events. The final files do not depend on when this happens. Every function throws
/// RunError if a file cannot be written; files written before are kept.
template <int Dim>
class EventLog {
  public:
    static constexpr std::size_t events_per_file = 200'000;

    /// @param folder    folder of the files; it is created if it does not exist
    /// @param more      additional columns, one number per event (Engine::event_columns)
    /// @param patience  time after which `flush_if_due` writes events
    EventLog(std::filesystem::path folder, std::vector<Column> more, std::chrono::seconds patience = std::chrono::seconds(60));

    /// Adds events, and writes a file when it is full. @param values  values of the additional columns [column][event]
    void add(std::span<const Event> events, std::span<const std::vector<double>> values);

    /// Writes the events that have not been written.
    void flush();

    /// Writes the events that have not been written if the last write is longer ago than the patience.
    void flush_if_due();

  private:
    using Clock = std::chrono::steady_clock;

    /// Writes the last file with all its events.
    void write_file() const;

    std::filesystem::path folder_;
    std::vector<Column> more_;
    Clock::duration patience_;
    std::vector<Event> last_;                  ///< events of the last file
    std::vector<std::vector<double>> values_;  ///< values of their additional columns [column][event]
    std::size_t written_ = 0;                  ///< number of these events that have been written
    std::int64_t full_files_ = 0;              ///< number of files before the last
    Clock::time_point flushed_ = Clock::now();
};

}  // namespace shearwater
