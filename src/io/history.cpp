#include <shearwater/io/history.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace shearwater {

namespace {

std::string header_of(const std::vector<Column>& columns)
{
    std::vector<std::string> names;
    for (const Column& column : columns) names.push_back(column.name);
    return fmt::format("{}", fmt::join(names, ","));
}

}  // namespace

GrowingTable::GrowingTable(const std::filesystem::path& path, const std::string& header) : file_(path, OutputFile::Purpose::Grow)
{
    add(header);
}

History::History(const std::filesystem::path& path, const std::vector<Column>& columns) : table_(path, header_of(columns)) {}

Timing::Timing(const std::filesystem::path& path) : table_(path, "step,strain,events,elapsed_s,events_per_s,communication_share") {}

void Timing::add(const RunPoint& point, double elapsed, const EngineCounters& counters)
{
    const double seconds = elapsed - elapsed_before_;
    const auto share = [&](double part) { return seconds > 0.0 ? part / seconds : 0.0; };
    const std::int64_t events = point.counts.events;
    table_.add(fmt::format("{},{:.12g},{},{:.3f},{:.6g},{:.4f}", point.step, point.strain, events, elapsed,
                           share(static_cast<double>(events - events_before_)), share(counters.communication_seconds - communication_before_)));
    elapsed_before_ = elapsed;
    communication_before_ = counters.communication_seconds;
    events_before_ = events;
}

}  // namespace shearwater
