#pragma once

#include <optional>
#include <string>
#include <vector>

/// How a value is written in a deck. A plain value ends at a # or with the line, and blanks around it are left out. A value that begins with a
/// double quote ends at the next one, and is what stands between them; \" and \\ in it are a quote and a backslash.
namespace shearwater {

/// A line of a deck that says something, without comment and blanks around.
struct DeckLine {
    int number;                        ///< counted from 1
    std::string head;                  ///< a key, or [section]
    std::optional<std::string> value;  ///< of a key, without the quotes it was written in
};

/// The lines that say something. Lines end with LF, CR LF or CR; a UTF-8 byte-order mark at the beginning is left out.
/// @param file  its name, for messages
/// @throws InputError naming file and line for what is neither section nor setting, for bytes that are not text, characters that look like
/// others outside of quotes, and quotes that do not close
[[nodiscard]] std::vector<DeckLine> read_lines(const std::string& text, const std::string& file);

/// A value as it is to be written in a deck, in quotes if it would not be read back as it is without.
/// @param value  without control characters
[[nodiscard]] std::string deck_value(const std::string& value);

}  // namespace shearwater
