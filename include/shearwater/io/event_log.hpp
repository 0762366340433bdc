#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include <shearwater/kmc/event.hpp>

namespace shearwater {

/// The list of all events, in files events/events_000001.h5, ... of a limited number of events each. A file appears when it is complete, and holds
/// nothing that depends on the number of ranks. Written by one rank.
template <int Dim>
class EventLog {
  public:
    static constexpr std::size_t events_per_file = 200'000;

    /// @param folder      made if missing
    /// @param has_missed  whether the log says what events have missed (sublattice engine)
    EventLog(std::filesystem::path folder, bool has_missed);

    /// Adds an event; writes a file when enough have come together. @param missed  if the log has it
    void add(const Event& event, const Missed* missed);

    /// Writes what has not been written.
    void flush();

  private:
    std::filesystem::path folder_;
    bool has_missed_;
    std::vector<Event> waiting_;
    std::vector<Missed> missed_;  ///< of them
    std::int64_t written_ = 0;
    int files_ = 0;
};

}  // namespace shearwater
