#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <shearwater/core/record.hpp>
#include <shearwater/kmc/event.hpp>

namespace shearwater {

/// The list of all events, in files events/events_000001.h5, ... of `events_per_file` events each but the last. A file appears when it is complete,
/// and holds nothing that depends on the number of ranks. So that a run that is killed loses little, the last file is written anew now and then with
/// the events that have come since, and replaces the one before it; which files there are in the end, and what is in them, does not depend on when.
/// Written by one rank. Every function throws RunError if a file cannot be written; those written before stay as they are.
template <int Dim>
class EventLog {
  public:
    static constexpr std::size_t events_per_file = 200'000;

    /// @param folder    made if missing
    /// @param more      numbers that the log has of every event besides those of all logs (Engine::event_columns)
    /// @param patience  how long events may wait until `flush_if_due` writes them
    EventLog(std::filesystem::path folder, std::vector<Column> more, std::chrono::seconds patience = std::chrono::seconds(60));

    /// Adds events; writes a file when it is full. @param values  of the further numbers [column][event]
    void add(std::span<const Event> events, std::span<const std::vector<double>> values);

    /// Writes what has not been written.
    void flush();

    /// The same if the last time is long ago.
    void flush_if_due();

  private:
    using Clock = std::chrono::steady_clock;

    /// Writes the last file with all its events.
    void write_file() const;

    std::filesystem::path folder_;
    std::vector<Column> more_;
    Clock::duration patience_;
    std::vector<Event> last_;                  ///< events of the last file
    std::vector<std::vector<double>> values_;  ///< of them: the further numbers [column][event]
    std::size_t written_ = 0;                  ///< how many of them are on disk
    std::int64_t full_files_ = 0;              ///< before the last one
    Clock::time_point flushed_ = Clock::now();
};

}  // namespace shearwater
