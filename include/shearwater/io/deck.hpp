#pragma once

#include <map>
#include <string>
#include <vector>

#include <shearwater/io/run_options.hpp>

namespace shearwater {

/// A value as it was given, and where.
struct Setting {
    std::string key;
    std::string value;
    std::string place;  ///< `deck.cfg:3` or `command line`
};

/// Reads the settings of a deck (INI; sections and keys are read by Boost.Program_options, lines and values as deck_text.hpp says).
/// @param file  its name, for messages  @throws InputError for a line that is not `key = value`, naming file and line
[[nodiscard]] std::vector<Setting> read_deck(const std::string& text, const std::string& file);

/// Fills and checks the options: unknown and doubled keys, values, and values that exclude each other. Later settings from the command line
/// win over the deck's. @throws InputError naming key, value, place, reason and remedy
[[nodiscard]] RunOptions resolve(const std::vector<Setting>& deck, const std::vector<Setting>& overrides);

/// Where a key was set last: `deck.cfg:3`, `command line` or `default`.
[[nodiscard]] std::string place_of(const std::string& key, const std::vector<Setting>& deck, const std::vector<Setting>& overrides);

/// The deck that gives exactly these options: read_deck and resolve make the same values of it, bit for bit.
/// @param commented  with unit, range and meaning of each key
[[nodiscard]] std::string print_deck(const RunOptions& options, bool commented);

/// The deck reference, docs/deck.md: a page of Markdown with a table of keys for each section.
[[nodiscard]] std::string deck_reference();

/// Keys with their meaning, of one section or, with an empty name, of all. @throws InputError for an unknown section
[[nodiscard]] std::string describe_keys(const std::string& section);

}  // namespace shearwater
