#pragma once

#include <functional>
#include <string>
#include <vector>

#include <shearwater/io/run_options.hpp>

namespace shearwater {

/// One key of a deck: the one place that knows its name, unit, range, meaning, and where its value goes.
struct Key {
    std::string name;                                           ///< `section.key`, or `key` at the top
    std::string unit;                                           ///< "1" when it has none
    std::string range;                                          ///< in words
    std::string help;                                           ///< one line
    std::function<void(RunOptions&, const std::string&)> read;  ///< throws ValueError
    std::function<std::string(const RunOptions&)> print;        ///< what `read` takes, without quotes
    bool is_text = false;                                       ///< takes characters that are not ASCII

    /// Part before the dot, empty at the top.
    [[nodiscard]] std::string section() const;
};

/// All keys, section by section. The defaults are those of RunOptions.
[[nodiscard]] const std::vector<Key>& all_keys();

}  // namespace shearwater
