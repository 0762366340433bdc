#include <shearwater/io/history.hpp>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

History::History(const std::filesystem::path& path) : path_(path), file_(std::fopen(path.c_str(), "w"))
{
    if (!file_) throw RunError(fmt::format("{}: cannot be written; is the folder writable?", path.string()));
    std::fputs("step,time_s,strain,stress_GPa,plastic_strain,events,athermal_events,reversals\n", file_.get());
}

void History::add(const HistoryRow& row)
{
    const auto line = fmt::format("{},{:.17g},{:.12g},{:.12g},{:.12g},{},{},{}\n", row.step, row.time.seconds(), row.strain, row.stress,
                                  row.plastic_strain, row.events, row.athermal_events, row.reversals);
    const bool ok = std::fputs(line.c_str(), file_.get()) >= 0 && std::fflush(file_.get()) == 0;
    if (!ok) throw RunError(fmt::format("{}: a row could not be written; is the disk full?", path_.string()));
}

}  // namespace shearwater
