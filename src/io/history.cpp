#include <shearwater/io/history.hpp>

#include <cmath>

#include <fmt/format.h>

namespace shearwater {

namespace {

constexpr const char* columns = "step,time_s,strain,stress_GPa,plastic_strain,events,athermal_events,reversals";

/// The last ones hold for what happened since the last row.
constexpr const char* cycle_columns =
    ",cycles,sweeps,rounds,window_s,bursts,missed_measured,missed_rms,missed_curable_rms,missed_far_rms,missed_far_max,missed_far_bound,missed_"
    "boundary_rms,"
    "missed_boundary_max,missed_boundary_bound";

std::string cells(const CycleTotals& totals)
{
    const auto& missed = totals.missed;
    const auto mean = [](double sum, std::int64_t count) { return count > 0 ? sum / static_cast<double>(count) : 0.0; };
    const auto rms = [&](double squares) { return missed.root_mean(squares); };
    return fmt::format(",{},{},{},{:.6g},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}", totals.cycles, totals.sweeps, totals.rounds,
                       mean(totals.seconds, totals.sweeps), totals.bursts, missed.measured, rms(missed.squares), rms(missed.curable_squares),
                       rms(missed.far_squares), missed.far_largest, missed.far_bound, rms(missed.boundary_squares), missed.boundary_largest,
                       missed.boundary_bound);
}

}  // namespace

GrowingTable::GrowingTable(const std::filesystem::path& path, const std::string& header) : file_(path, OutputFile::Purpose::Grow)
{
    add(header);
}

History::History(const std::filesystem::path& path, bool has_cycles)
    : table_(path, fmt::format("{}{}", columns, has_cycles ? cycle_columns : "")), has_cycles_(has_cycles)
{
}

void History::add(const HistoryRow& row)
{
    table_.add(fmt::format("{},{:.17g},{:.12g},{:.12g},{:.12g},{},{},{}{}", row.step, row.time.seconds(), row.strain, row.stress, row.plastic_strain,
                           row.events, row.athermal_events, row.reversals, has_cycles_ ? cells(row.cycles) : ""));
}

Timing::Timing(const std::filesystem::path& path) : table_(path, "step,strain,events,elapsed_s,events_per_s,communication_share") {}

void Timing::add(const HistoryRow& row, double elapsed, const EngineCounters& counters)
{
    const double seconds = elapsed - elapsed_before_;
    const auto share = [&](double part) { return seconds > 0.0 ? part / seconds : 0.0; };
    table_.add(fmt::format("{},{:.12g},{},{:.3f},{:.6g},{:.4f}", row.step, row.strain, row.events, elapsed,
                           share(static_cast<double>(row.events - events_before_)), share(counters.communication_seconds - communication_before_)));
    elapsed_before_ = elapsed;
    communication_before_ = counters.communication_seconds;
    events_before_ = row.events;
}

}  // namespace shearwater
