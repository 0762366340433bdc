#include <shearwater/io/history.hpp>

#include <cmath>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

namespace {

constexpr const char* columns = "step,time_s,strain,stress_GPa,plastic_strain,events,athermal_events,reversals";

/// The last ones hold for what happened since the last row.
constexpr const char* cycle_columns =
    ",cycles,rounds,window_s,bursts,missed_measured,missed_rms,missed_far_rms,missed_far_max,missed_far_bound,missed_boundary_rms,"
    "missed_boundary_max,missed_boundary_bound";

std::string cells(const CycleTotals& totals)
{
    const auto& missed = totals.missed;
    const auto mean = [](double sum, std::int64_t count) { return count > 0 ? sum / static_cast<double>(count) : 0.0; };
    const auto rms = [&](double squares) { return std::sqrt(mean(squares, missed.measured)); };
    return fmt::format(",{},{},{:.6g},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}", totals.cycles, totals.rounds,
                       mean(totals.seconds, totals.cycles), totals.bursts, missed.measured, rms(missed.squares), rms(missed.far_squares),
                       missed.far_largest, missed.far_bound, rms(missed.boundary_squares), missed.boundary_largest, missed.boundary_bound);
}

}  // namespace

History::History(const std::filesystem::path& path, bool has_cycles)
    : path_(path), has_cycles_(has_cycles), file_(std::fopen(path.c_str(), "w"))
{
    if (!file_) throw RunError(fmt::format("{}: cannot be written; is the folder writable?", path.string()));
    std::fputs(fmt::format("{}{}\n", columns, has_cycles ? cycle_columns : "").c_str(), file_.get());
}

void History::add(const HistoryRow& row)
{
    const auto line = fmt::format("{},{:.17g},{:.12g},{:.12g},{:.12g},{},{},{}{}\n", row.step, row.time.seconds(), row.strain, row.stress,
                                  row.plastic_strain, row.events, row.athermal_events, row.reversals, has_cycles_ ? cells(row.cycles) : "");
    const bool ok = std::fputs(line.c_str(), file_.get()) >= 0 && std::fflush(file_.get()) == 0;
    if (!ok) throw RunError(fmt::format("{}: a row could not be written; is the disk full?", path_.string()));
}

}  // namespace shearwater
