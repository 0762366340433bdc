#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Strict conversion of the text of a deck value: the whole text must be the value, numbers must be finite, and a failure says why and what to do
/// instead.
namespace shearwater {

/// Why a value cannot be taken, and what to do; the caller adds key and place.
struct ValueError {
    std::string reason;
};

/// Interval in which a number must lie; an open end leaves the bound itself out.
struct Range {
    double low;
    double high;
    bool open_low = false;
    bool open_high = false;
};

/// A leading plus is allowed.
[[nodiscard]] double read_number(const std::string& text, const Range& range);
[[nodiscard]] std::int64_t read_integer(const std::string& text, std::int64_t low, std::int64_t high);
/// A time as M (a number of minutes), H:MM:SS or, as Slurm writes it, D-HH:MM:SS. @return it, above 0 [minutes]
[[nodiscard]] double read_duration(const std::string& text);

[[nodiscard]] bool read_truth(const std::string& text);

/// Lattice sizes such as 512x512 or 64x64x64.
[[nodiscard]] std::vector<int> read_size(const std::string& text);

/// Increasing numbers separated by commas, or `none`.
[[nodiscard]] std::vector<double> read_increasing(const std::string& text, const Range& range);

/// Some of the choices, separated by commas, in the order of the choices. @throws ValueError if one is none of them or comes twice
[[nodiscard]] std::vector<std::string> read_choices(const std::string& text, const std::vector<std::string>& choices);

/// Place of a word among the choices.
[[nodiscard]] std::size_t read_choice(const std::string& text, const std::vector<std::string>& choices);

/// A range in words, e.g. "> 0" or "0 .. 1".
[[nodiscard]] std::string describe(const Range& range);

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string print_number(double value);

/// The word of `choices` that is most like `word`, or nothing if none is close.
[[nodiscard]] std::string closest(const std::string& word, const std::vector<std::string>& choices);

}  // namespace shearwater
