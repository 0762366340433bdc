#pragma once

#include <string>

#include <shearwater/core/log.hpp>
#include <shearwater/io/history.hpp>
#include <shearwater/loading/protocol.hpp>

namespace shearwater {

/// Tells the user now and then how far the run is.
class Progress {
  public:
    /// Keeps a reference to `log`.
    Progress(const Log& log, const LoadingOptions& loading) : log_(log), loading_(loading) {}

    /// Says where the run is if the last time was some seconds ago, or if `now` asks for it.
    void report(const HistoryRow& row, bool now = false);

    [[nodiscard]] double elapsed() const;

  private:
    const Log& log_;
    LoadingOptions loading_;
    double start_ = -1.0;
    double last_ = 0.0;
    std::int64_t calls_ = 0;
};

}  // namespace shearwater
