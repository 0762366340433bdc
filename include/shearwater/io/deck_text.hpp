#pragma once

#include <optional>
#include <string>
#include <vector>

/// Lines and values of decks. A plain value ends at a # or at the end of the line, and blanks around it are ignored. A value that begins with a
/// double quote extends to the next one and is the text between them, in which \" and \\ stand for a quote and a backslash.
namespace shearwater {

/// A line of a deck that is neither blank nor a comment.
struct DeckLine {
    int number;                        ///< line number, from 1
    std::string head;                  ///< a key or [section]
    std::optional<std::string> value;  ///< value of a key, without quotes
};

/// The lines of a deck that are neither blank nor comments. Lines end with LF, CR LF or CR; a UTF-8 byte-order mark at the beginning is ignored.
/// @param file  name of the file, for messages
/// @throws InputError that names file and line, for a line that is neither a section nor a setting, bytes that are not text, look-alike characters
/// outside
///         quotes, and quotes that are not closed
[[nodiscard]] std::vector<DeckLine> read_lines(const std::string& text, const std::string& file);

/// A value in the syntax of a deck, in quotes if it would not be read back unchanged without them.
/// @param value  value without control characters
[[nodiscard]] std::string deck_value(const std::string& value);

}  // namespace shearwater
