#include "printed_errors.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace shearwater::test {

namespace {

using Numbers = std::vector<std::pair<std::string, double>>;

/// What ought to be printed of the events of cycles [first, end).
Numbers expected(const std::vector<std::vector<Missed>>& missed, std::size_t first, std::size_t end)
{
    std::vector<Missed> events;
    for (std::size_t cycle = first; cycle < end; ++cycle) events.insert(events.end(), missed[cycle].begin(), missed[cycle].end());
    const auto rms = [&](auto&& value) {
        double squares = 0.0;
        for (const Missed& event : events) squares += std::pow(value(event), 2);
        return events.empty() ? 0.0 : std::sqrt(squares / static_cast<double>(events.size()));
    };
    const auto largest = [&](auto&& value) {
        double most = 0.0;
        for (const Missed& event : events) most = std::max(most, std::abs(value(event)));
        return most;
    };
    const auto far = [](const Missed& event) { return event.far; };
    const auto boundary = [](const Missed& event) { return event.boundary; };
    return {{"missed_measured", static_cast<double>(events.size())},
            {"missed_rms", rms([](const Missed& event) { return event.far + event.boundary; })},
            {"missed_far_rms", rms(far)},
            {"missed_far_max", largest(far)},
            {"missed_far_bound", largest([](const Missed& event) { return event.far_bound; })},
            {"missed_boundary_rms", rms(boundary)},
            {"missed_boundary_max", largest(boundary)},
            {"missed_boundary_bound", largest([](const Missed& event) { return event.boundary_bound; })}};
}

/// Adds a text for each number that differs by more than the rounding of six digits. @param printed  printed(name)
template <class Printed>
void compare(const std::string& where, const Numbers& numbers, Printed&& printed, std::vector<std::string>& wrong)
{
    for (const auto& [name, value] : numbers)
        if (!(std::abs(printed(name) - value) <= 6e-6 * value))
            wrong.push_back(fmt::format("{}: {} is {}, but ought to be {}", where, name, printed(name), value));
}

std::vector<std::string> cells_of(const std::string& line)
{
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
    return cells;
}

}  // namespace

std::vector<std::string> wrong_errors(const std::filesystem::path& folder, const std::vector<std::vector<Missed>>& missed)
{
    std::vector<std::string> wrong;
    std::ifstream history(folder / "history.csv");
    std::string line;
    std::getline(history, line);
    const auto header = cells_of(line);
    std::size_t cycle = 0;
    while (std::getline(history, line)) {
        const auto cells = cells_of(line);
        const auto cell = [&](const std::string& name) {
            const auto column = std::find(header.begin(), header.end(), name) - header.begin();
            return column < std::ssize(cells) ? std::stod(cells[column]) : NAN;
        };
        const auto end = static_cast<std::size_t>(cell("step"));
        if (end > missed.size()) return {fmt::format("history.csv: there is no step {}", end)};
        compare(fmt::format("history.csv, step {}", end), expected(missed, cycle, end), cell, wrong);
        cycle = end;
    }
    if (cycle != missed.size()) wrong.push_back(fmt::format("history.csv ends with step {}, not {}", cycle, missed.size()));
    const auto summary = nlohmann::json::parse(std::ifstream(folder / "summary.json"));
    compare(
        "summary.json", expected(missed, 0, missed.size()), [&](const std::string& name) { return summary.value(name, NAN); }, wrong);
    return wrong;
}

}  // namespace shearwater::test
