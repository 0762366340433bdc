#pragma once

#include <cstddef>
#include <optional>
#include <string>

/// Detection of characters that users copy into decks and command lines unnoticed, because they look like ASCII characters or are invisible. Texts
/// are UTF-8. A byte that is not part of a valid UTF-8 sequence is interpreted as Windows-1252, the most common other encoding.
namespace shearwater {

/// A character of a text that the user probably did not intend.
struct OddCharacter {
    std::size_t offset;  ///< offset of its first byte
    std::string name;    ///< name with article and code, e.g. "a no-break space (U+00A0)"
    std::string remedy;  ///< what to do, e.g. "replace it by a plain blank"
};

/// The first look-alike of a text: a no-break space or a space of another width, a dash, a minus or multiplication sign, a typographic quote, a form
/// feed or the like. Letters of any language are not look-alikes.
[[nodiscard]] std::optional<OddCharacter> find_look_alike(const std::string& text);

/// The first character that is not ASCII or that is a look-alike (such as a form feed).
[[nodiscard]] std::optional<OddCharacter> find_not_plain(const std::string& text);

/// The first control character, tabs included. Names and values must not contain any.
[[nodiscard]] std::optional<OddCharacter> find_control(const std::string& text);

/// Part of an error message, e.g. "has a no-break space (U+00A0) before '512x512'; replace it by a plain blank".
/// @param text  the text in which the character was found
[[nodiscard]] std::string describe(const OddCharacter& odd, const std::string& text);

/// A text in a form suitable for a message of one line: control characters are escaped as \n, \t or \x1b, and a long text is truncated.
[[nodiscard]] std::string printable(const std::string& text);

/// A text without the blanks and tabs at its ends.
[[nodiscard]] std::string trimmed(const std::string& text);

}  // namespace shearwater
