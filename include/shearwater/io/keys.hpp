#pragma once

#include <functional>
#include <string>
#include <vector>

#include <shearwater/io/run_options.hpp>

namespace shearwater {

/// A key of a deck, with everything that the program knows of it: name, unit, range, meaning, and how its value is read and printed.
struct Key {
    std::string name;                                           ///< `section.key`, or `key` without a section
    std::string unit;                                           ///< "1" for a pure number or a word
    std::string range;                                          ///< admissible values, in words
    std::string help;                                           ///< meaning, in one line
    std::function<void(RunOptions&, const std::string&)> read;  ///< sets the option from a text; throws ValueError
    std::function<std::string(const RunOptions&)> print;        ///< the option as a text that `read` accepts, without quotes
    bool is_text = false;                                       ///< whether values may contain characters that are not ASCII

    /// The part of the name before the dot, or an empty text.
    [[nodiscard]] std::string section() const;
};

/// The table of all keys, section by section. Their defaults are those of RunOptions.
[[nodiscard]] const std::vector<Key>& all_keys();

}  // namespace shearwater
