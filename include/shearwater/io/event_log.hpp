#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <vector>

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

    /// @param folder      made if missing
    /// @param has_missed  whether the log says what events have missed (sublattice engine)
    /// @param patience    how long events may wait until `flush_if_due` writes them
    EventLog(std::filesystem::path folder, bool has_missed, std::chrono::seconds patience = std::chrono::seconds(60));

    /// Adds an event; writes a file when it is full. @param missed  if the log has it
    void add(const Event& event, const Missed* missed);

    /// Writes what has not been written.
    void flush();

    /// The same if the last time is long ago.
    void flush_if_due();

  private:
    using Clock = std::chrono::steady_clock;

    /// Writes the last file with all its events.
    void write_file() const;

    std::filesystem::path folder_;
    bool has_missed_;
    Clock::duration patience_;
    std::vector<Event> last_;      ///< events of the last file
    std::vector<Missed> missed_;   ///< of them
    std::size_t written_ = 0;      ///< how many of them are on disk
    std::int64_t full_files_ = 0;  ///< before the last one
    Clock::time_point flushed_ = Clock::now();
};

}  // namespace shearwater
