#include <shearwater/core/record.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>

namespace shearwater {

void Row::append(const std::string& cell)
{
    if (!text_.empty()) text_ += ',';
    text_ += cell;
    ++cells_;
}

void Row::add(std::int64_t value)
{
    append(fmt::format("{}", value));
}

void Row::add(double value, int digits)
{
    append(fmt::format("{:.{}g}", value, digits));
}

void Entries::add(std::string name, EntryValue value)
{
    SHEARWATER_EXPECTS(std::none_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.name == name; }));
    entries_.push_back({std::move(name), std::move(value)});
}

std::optional<double> Entries::number(std::string_view name) const noexcept
{
    for (const Entry& entry : entries_) {
        if (entry.name != name) continue;
        if (const auto* number = std::get_if<double>(&entry.value)) return *number;
        if (const auto* integer = std::get_if<std::int64_t>(&entry.value)) return static_cast<double>(*integer);
    }
    return {};
}

}  // namespace shearwater
