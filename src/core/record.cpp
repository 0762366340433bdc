#include <shearwater/core/record.hpp>

#include <fmt/format.h>

namespace shearwater {

void Row::append(const std::string& cell)
{
    if (!text_.empty()) text_ += ',';
    text_ += cell;
}

void Row::add(std::int64_t value)
{
    append(fmt::format("{}", value));
}

void Row::add(double value, int digits)
{
    append(fmt::format("{:.{}g}", value, digits));
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
