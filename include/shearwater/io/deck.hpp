#pragma once

#include <map>
#include <string>
#include <vector>

#include <shearwater/io/run_options.hpp>

namespace shearwater {

/// A key with its value as given by the user, and the place where it was given.
struct Setting {
    std::string key;
    std::string value;
    std::string place;  ///< `deck.cfg:3` or `command line`
};

/// Reads the settings of a deck in INI format. Lines and values are read by read_lines (deck_text.hpp), sections and keys by Boost.Program_options.
/// @param text  text of the deck
/// @param file  name of the file, for messages
/// @throws InputError that names file and line, for a line that is not a setting, a section or a comment
[[nodiscard]] std::vector<Setting> read_deck(const std::string& text, const std::string& file);

/// Fills in the options from settings and validates them. Overrides take precedence over the deck.
/// @throws InputError that names key, value, place, reason and remedy, for an unknown key, a key set twice, an invalid value, or values that exclude
/// each
///         other
[[nodiscard]] RunOptions resolve(const std::vector<Setting>& deck, const std::vector<Setting>& overrides);

/// The place at which a key was set: `deck.cfg:3`, `command line` or `default`.
[[nodiscard]] std::string place_of(const std::string& key, const std::vector<Setting>& deck, const std::vector<Setting>& overrides);

/// The text of a deck with these options. read_deck and resolve reproduce the same values, bit for bit.
/// @param commented  whether a comment gives meaning, unit and range of every key
[[nodiscard]] std::string print_deck(const RunOptions& options, bool commented);

/// The text of the deck reference, docs/deck.md: a page of Markdown with a table of keys for every section.
[[nodiscard]] std::string deck_reference();

/// Description of the keys of one section or, if the name is empty, of all sections. @throws InputError for an unknown section
[[nodiscard]] std::string describe_keys(const std::string& section);

}  // namespace shearwater
