#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Strict conversion of deck values. The whole text must be the value, and numbers must be finite. The read functions throw ValueError if the text is
/// not a valid value.
namespace shearwater {

/// The reason why a value is invalid, and what to do. The caller adds key and place.
struct ValueError {
    std::string reason;
};

/// Interval of admissible numbers. An open end excludes the bound itself.
struct Range {
    double low;
    double high;
    bool open_low = false;
    bool open_high = false;
};

/// Reads a number in a range. A leading plus is allowed.
[[nodiscard]] double read_number(const std::string& text, const Range& range);
/// Reads an integer from `low` to `high`. A leading plus is allowed.
[[nodiscard]] std::int64_t read_integer(const std::string& text, std::int64_t low, std::int64_t high);
/// Reads a time span above 0 as a number of minutes, as H:MM:SS or, in the notation of Slurm, as D-HH:MM:SS. @return the time span [min]
[[nodiscard]] double read_duration(const std::string& text);

/// Reads `true` or `false`.
[[nodiscard]] bool read_truth(const std::string& text);

/// Reads a lattice size such as 512x512 or 64x64x64.
[[nodiscard]] std::vector<int> read_size(const std::string& text);

/// Reads increasing numbers separated by commas, or `none`. @param range  range of each number
[[nodiscard]] std::vector<double> read_increasing(const std::string& text, const Range& range);

/// Reads a selection of the choices, separated by commas. @return the selection in the order of the choices
/// @throws ValueError if a word is not among the choices or occurs twice
[[nodiscard]] std::vector<std::string> read_choices(const std::string& text, const std::vector<std::string>& choices);

/// Reads one of the choices. @return its index
[[nodiscard]] std::size_t read_choice(const std::string& text, const std::vector<std::string>& choices);

/// Description of a range, e.g. "> 0" or ">= 0 and <= 1".
[[nodiscard]] std::string describe(const Range& range);

/// The shortest text from which read_number returns the same number.
[[nodiscard]] std::string print_number(double value);

/// The choice with the smallest edit distance from a word, or an empty text if none is close.
[[nodiscard]] std::string closest(const std::string& word, const std::vector<std::string>& choices);

}  // namespace shearwater
