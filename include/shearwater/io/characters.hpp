#pragma once

#include <cstddef>
#include <optional>
#include <string>

/// Characters that users copy into decks and command lines without seeing it: they look like plain ones, or like nothing. Text is UTF-8; a byte
/// that is no part of it counts as the character that it is in Windows-1252, the usual other code.
namespace shearwater {

/// A character of a text that is not the one that was meant.
struct OddCharacter {
    std::size_t offset;  ///< of its first byte
    std::string name;    ///< with article and code, e.g. "a no-break space (U+00A0)"
    std::string remedy;  ///< e.g. "replace it by a plain blank"
};

/// The first character that is taken for another: spaces that do not break, have another width or none, dashes, minus and multiplication
/// signs, typographic quotes, form feeds and the like. Letters of any language are not among them.
[[nodiscard]] std::optional<OddCharacter> find_look_alike(const std::string& text);

/// The first character that is not ASCII, or a look-alike that is (a form feed).
[[nodiscard]] std::optional<OddCharacter> find_not_plain(const std::string& text);

/// The first control character, tabs included: no name and no value has one.
[[nodiscard]] std::optional<OddCharacter> find_control(const std::string& text);

/// "has a no-break space (U+00A0) before '512x512'; replace it by a plain blank". @param text  in which it was found
[[nodiscard]] std::string describe(const OddCharacter& odd, const std::string& text);

/// A text as it can stand in a message of one line: control characters as \n, \t or \x1b, and of a long one the beginning only.
[[nodiscard]] std::string printable(const std::string& text);

/// Without blanks and tabs at its ends.
[[nodiscard]] std::string trimmed(const std::string& text);

}  // namespace shearwater
