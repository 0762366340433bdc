#include <shearwater/io/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <regex>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/io/characters.hpp>

namespace shearwater {

namespace {

constexpr int largest_axis = 1 << 20;

/// Parses the whole text by std::from_chars. The text may begin with a plus.
template <class Number>
std::errc parse(const std::string& text, Number& value)
{
    const char* begin = text.data();
    const char* end = begin + text.size();
    const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
    if (has_plus) ++begin;
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (error == std::errc{} && stop != end) return std::errc::invalid_argument;
    return error;
}

std::vector<std::string> split(const std::string& text, char separator)
{
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    for (auto& part : parts) part = trimmed(part);
    return parts;
}

std::size_t edit_distance(const std::string& a, const std::string& b)
{
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return row.back();
}

}  // namespace

std::string print_number(double value)
{
    return fmt::format("{}", value);
}

std::string describe(const Range& range)
{
    const bool bounded_below = range.low > -std::numeric_limits<double>::max();
    const bool bounded_above = range.high < std::numeric_limits<double>::max();
    const std::string low = bounded_below ? fmt::format("{} {}", range.open_low ? ">" : ">=", print_number(range.low)) : "";
    const std::string high = bounded_above ? fmt::format("{} {}", range.open_high ? "<" : "<=", print_number(range.high)) : "";
    if (low.empty() && high.empty()) return "any finite number";
    return low.empty() || high.empty() ? low + high : low + " and " + high;
}

double read_number(const std::string& text, const Range& range)
{
    double value = 0.0;
    const auto error = parse(text, value);
    if (error == std::errc::result_out_of_range)
        throw ValueError{fmt::format("is too large or too small for a number; it must be {}", describe(range))};
    if (error != std::errc{}) throw ValueError{"is not a number; write e.g. 0.5 or 1e-4, without a unit"};
    if (!std::isfinite(value)) throw ValueError{fmt::format("is not finite; it must be {}", describe(range))};
    const bool too_low = range.open_low ? value <= range.low : value < range.low;
    const bool too_high = range.open_high ? value >= range.high : value > range.high;
    if (too_low || too_high) throw ValueError{fmt::format("is out of range; it must be {}", describe(range))};
    return value;
}

std::int64_t read_integer(const std::string& text, std::int64_t low, std::int64_t high)
{
    std::int64_t value = 0;
    const auto error = parse(text, value);
    if (error != std::errc{} && error != std::errc::result_out_of_range)
        throw ValueError{fmt::format("is not a whole number; write one from {} to {}, e.g. {}", low, high, low)};
    if (error != std::errc{} || value < low || value > high)
        throw ValueError{fmt::format("is out of range; it must be a whole number from {} to {}", low, high)};
    return value;
}

double read_duration(const std::string& text)
{
    constexpr double longest_minutes = 1e9;
    static const std::regex clock("(?:([0-9]{1,9})-)?([0-9]{1,9}):([0-9]{2}):([0-9]{2})");
    std::smatch part;
    const auto number = [&](int i) { return part[i].matched ? std::stod(part[i].str()) : 0.0; };
    double minutes = 0.0;
    if (std::regex_match(text, part, clock)) {
        const bool carries = number(3) > 59.0 || number(4) > 59.0 || (part[1].matched && number(2) > 23.0);
        if (carries)
            throw ValueError{"is not a valid time H:MM:SS or D-HH:MM:SS: minutes and seconds must be below 60, and hours after days below 24"};
        minutes = 1440.0 * number(1) + 60.0 * number(2) + number(3) + number(4) / 60.0;
    } else if (parse(text, minutes) == std::errc::invalid_argument) {
        throw ValueError{"is not a time; write minutes, e.g. 90 or 0.5, H:MM:SS, e.g. 1:30:00, or D-HH:MM:SS, e.g. 2-12:00:00"};
    }
    if (!(minutes > 0.0 && minutes <= longest_minutes))
        throw ValueError{fmt::format("is out of range; it must be > 0 and <= {} minutes", longest_minutes)};
    return minutes;
}

bool read_truth(const std::string& text)
{
    if (text == "true") return true;
    if (text == "false") return false;
    throw ValueError{"is neither true nor false; write one of these words"};
}

std::vector<int> read_size(const std::string& text)
{
    std::vector<int> size;
    for (const auto& part : split(text, 'x')) {
        int n = 0;
        if (parse(part, n) != std::errc{}) throw ValueError{"is not a lattice size; write e.g. 512x512 or 64x64x64"};
        if (n < 1) throw ValueError{"must be positive in every axis; for a 2D cell write e.g. 64x64"};
        if (n < 4 || n > largest_axis)
            throw ValueError{fmt::format("must have 4 to {} voxels in every axis, as neighbours must differ; write e.g. 64x64", largest_axis)};
        size.push_back(n);
    }
    if (size.size() != 2 && size.size() != 3) throw ValueError{"must have two or three axes; write e.g. 512x512 or 64x64x64"};
    return size;
}

std::vector<double> read_increasing(const std::string& text, const Range& range)
{
    if (text == "none") return {};
    std::vector<double> numbers;
    for (const auto& part : split(text, ',')) {
        const double value = read_number(part, range);
        if (!numbers.empty() && value <= numbers.back())
            throw ValueError{"must increase from one number to the next; sort them and leave out doubles"};
        numbers.push_back(value);
    }
    return numbers;
}

std::size_t read_choice(const std::string& text, const std::vector<std::string>& choices)
{
    const auto found = std::find(choices.begin(), choices.end(), text);
    if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
    const auto likely = closest(text, choices);
    throw ValueError{fmt::format("is not one of the choices; write {}{}", fmt::join(choices, " or "),
                                 likely.empty() ? "" : fmt::format(" (did you mean {}?)", likely))};
}

std::vector<std::string> read_choices(const std::string& text, const std::vector<std::string>& choices)
{
    std::vector<bool> is_chosen(choices.size());
    for (const auto& part : split(text, ',')) {
        const auto found = std::find(choices.begin(), choices.end(), part);
        if (found == choices.end()) {
            const auto likely = closest(part, choices);
            throw ValueError{fmt::format("has {}, which is not one of the choices; write some of {}, separated by commas{}",
                                         part.empty() ? "nothing between two commas" : fmt::format("'{}'", part), fmt::join(choices, ", "),
                                         likely.empty() ? "" : fmt::format(" (did you mean {}?)", likely))};
        }
        auto chosen = is_chosen.begin() + (found - choices.begin());
        if (*chosen) throw ValueError{fmt::format("has {} twice; leave one out", part)};
        *chosen = true;
    }
    std::vector<std::string> names;
    for (std::size_t i = 0; i < choices.size(); ++i)
        if (is_chosen[i]) names.push_back(choices[i]);
    return names;
}

std::string closest(const std::string& word, const std::vector<std::string>& choices)
{
    std::string best;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& choice : choices) {
        const auto difference = std::max(word.size(), choice.size()) - std::min(word.size(), choice.size());
        if (difference >= least) continue;
        const auto distance = edit_distance(word, choice);
        if (distance >= least) continue;
        least = distance;
        best = choice;
    }
    return best;
}

}  // namespace shearwater
