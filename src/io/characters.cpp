#include <shearwater/io/characters.hpp>

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace shearwater {

namespace {

/// A decoded character and its length in bytes.
struct Character {
    char32_t code;
    std::size_t bytes;
};

/// Code point of a byte of Windows-1252. Only look-alikes among the bytes 0x80 to 0x9f are mapped; the bytes above agree with Unicode.
char32_t windows_1252(unsigned char byte)
{
    switch (byte) {
        case 0x82: return 0x201a;
        case 0x84: return 0x201e;
        case 0x91: return 0x2018;
        case 0x92: return 0x2019;
        case 0x93: return 0x201c;
        case 0x94: return 0x201d;
        case 0x96: return 0x2013;
        case 0x97: return 0x2014;
        default: return byte;
    }
}

/// Length of a UTF-8 sequence by its first byte; 0 if no sequence begins with it.
std::size_t length_of(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first < 0xe0) return 2;
    if (first >= 0xe0 && first < 0xf0) return 3;
    if (first >= 0xf0 && first < 0xf5) return 4;
    return 0;
}

Character decode(const std::string& text, std::size_t offset)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[offset + i]); };
    const std::size_t length = length_of(byte(0));
    if (length == 1) return {byte(0), 1};
    if (length == 0 || offset + length > text.size()) return {windows_1252(byte(0)), 1};
    char32_t code = byte(0) & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return {windows_1252(byte(0)), 1};
        code = code << 6U | (byte(i) & 0x3fU);
    }
    return {code, length};
}

/// A range of look-alike characters, from `first` to `last`.
struct LookAlike {
    char32_t first;
    char32_t last;
    std::string_view name;
    std::string_view remedy;
};

constexpr std::string_view blank = "replace it by a plain blank";
constexpr std::string_view nothing = "delete it";
constexpr std::string_view line_end = "begin a new line there instead";
constexpr std::string_view minus = "replace it by a plain -";
constexpr std::string_view quote = "replace it by a plain \"";

constexpr std::array look_alikes{
    LookAlike{0x000b, 0x000b, "a vertical tab", blank},
    LookAlike{0x000c, 0x000c, "a form feed", blank},
    LookAlike{0x0085, 0x0085, "a next-line character", line_end},
    LookAlike{0x00a0, 0x00a0, "a no-break space", blank},
    LookAlike{0x00ab, 0x00ab, "an angle quotation mark", quote},
    LookAlike{0x00ad, 0x00ad, "a soft hyphen", nothing},
    LookAlike{0x00bb, 0x00bb, "an angle quotation mark", quote},
    LookAlike{0x00d7, 0x00d7, "a multiplication sign", "replace it by the letter x"},
    LookAlike{0x1680, 0x1680, "a space that is not the plain one", blank},
    LookAlike{0x2000, 0x200a, "a space that is not the plain one", blank},
    LookAlike{0x200b, 0x200b, "a zero-width space", nothing},
    LookAlike{0x200c, 0x200d, "a zero-width joiner", nothing},
    LookAlike{0x200e, 0x200f, "a direction mark", nothing},
    LookAlike{0x2010, 0x2011, "a hyphen that is not the plain one", minus},
    LookAlike{0x2012, 0x2012, "a figure dash", minus},
    LookAlike{0x2013, 0x2013, "an en dash", minus},
    LookAlike{0x2014, 0x2015, "an em dash", minus},
    LookAlike{0x2018, 0x201b, "a typographic quote", quote},
    LookAlike{0x201c, 0x201f, "a typographic quote", quote},
    LookAlike{0x2028, 0x2029, "a line separator", line_end},
    LookAlike{0x202a, 0x202e, "a direction mark", nothing},
    LookAlike{0x202f, 0x202f, "a narrow no-break space", blank},
    LookAlike{0x205f, 0x205f, "a space that is not the plain one", blank},
    LookAlike{0x2060, 0x2060, "a word joiner", nothing},
    LookAlike{0x2061, 0x206f, "an invisible character", nothing},
    LookAlike{0x2212, 0x2212, "a minus sign", minus},
    LookAlike{0x2715, 0x2715, "a multiplication sign", "replace it by the letter x"},
    LookAlike{0x3000, 0x3000, "an ideographic space", blank},
    LookAlike{0xfe63, 0xfe63, "a small hyphen", minus},
    LookAlike{0xfeff, 0xfeff, "a byte-order mark", nothing},
    LookAlike{0xff03, 0xff03, "a fullwidth #", "replace it by a plain #"},
    LookAlike{0xff0c, 0xff0c, "a fullwidth comma", "replace it by a plain comma"},
    LookAlike{0xff0d, 0xff0d, "a fullwidth -", minus},
    LookAlike{0xff1d, 0xff1d, "a fullwidth =", "replace it by a plain ="},
};

constexpr std::array control_names{
    LookAlike{0x00, 0x00, "a null", nothing},       LookAlike{0x09, 0x09, "a tab", blank},       LookAlike{0x0a, 0x0a, "a line feed", nothing},
    LookAlike{0x0b, 0x0b, "a vertical tab", blank}, LookAlike{0x0c, 0x0c, "a form feed", blank}, LookAlike{0x0d, 0x0d, "a carriage return", nothing},
    LookAlike{0x1b, 0x1b, "an escape", nothing},    LookAlike{0x7f, 0x7f, "a delete", nothing},  LookAlike{0x01, 0x1f, "a control", nothing}};

template <std::size_t N>
const LookAlike* find_row(const std::array<LookAlike, N>& table, char32_t code)
{
    const auto row = std::find_if(table.begin(), table.end(), [&](const LookAlike& r) { return r.first <= code && code <= r.last; });
    return row == table.end() ? nullptr : &*row;
}

OddCharacter make(std::size_t offset, char32_t code, std::string_view name, std::string_view remedy)
{
    return {offset, fmt::format("{} (U+{:04X})", name, static_cast<unsigned>(code)), std::string(remedy)};
}

/// The first result of classify(offset, code) over the characters of a text that is not empty.
template <class Classify>
std::optional<OddCharacter> find_first(const std::string& text, Classify&& classify)
{
    for (std::size_t offset = 0; offset < text.size();) {
        const auto [code, bytes] = decode(text, offset);
        if (auto odd = classify(offset, code)) return odd;
        offset += bytes;
    }
    return {};
}

std::optional<OddCharacter> as_look_alike(std::size_t offset, char32_t code)
{
    const auto* row = find_row(look_alikes, code);
    if (row == nullptr) return {};
    return make(offset, code, row->name, row->remedy);
}

}  // namespace

std::optional<OddCharacter> find_look_alike(const std::string& text)
{
    return find_first(text, as_look_alike);
}

std::optional<OddCharacter> find_not_plain(const std::string& text)
{
    return find_first(text, [](std::size_t offset, char32_t code) {
        auto odd = as_look_alike(offset, code);
        if (!odd && code >= 0x80) odd = make(offset, code, "a character that is not plain ASCII", "write only plain letters, digits and signs");
        return odd;
    });
}

std::optional<OddCharacter> find_control(const std::string& text)
{
    return find_first(text, [](std::size_t offset, char32_t code) -> std::optional<OddCharacter> {
        const auto* row = find_row(control_names, code);
        if (row == nullptr) return {};
        return make(offset, code, fmt::format("{} character", row->name), row->remedy);
    });
}

std::string describe(const OddCharacter& odd, const std::string& text)
{
    constexpr std::size_t shown = 20;
    const auto after = trimmed(text.substr(odd.offset + decode(text, odd.offset).bytes));
    if (after.empty()) return fmt::format("has {} at its end; {}", odd.name, odd.remedy);
    std::size_t end = 0;
    while (end < std::min(shown, after.size())) end += decode(after, end).bytes;
    return fmt::format("has {} before '{}'; {}", odd.name, printable(after.substr(0, end)), odd.remedy);
}

std::string printable(const std::string& text)
{
    constexpr std::size_t longest = 160;
    constexpr std::size_t kept = 80;
    const std::size_t limit = text.size() <= longest ? text.size() : kept;
    std::string shown;
    for (std::size_t offset = 0; offset < limit;) {
        const auto [code, bytes] = decode(text, offset);
        if (code == '\n')
            shown += "\\n";
        else if (code == '\r')
            shown += "\\r";
        else if (code == '\t')
            shown += "\\t";
        else if (code < 0x20 || code == 0x7f)
            shown += fmt::format("\\x{:02x}", static_cast<unsigned>(code));
        else
            shown += text.substr(offset, bytes);
        offset += bytes;
    }
    return text.size() <= longest ? shown : fmt::format("{}... ({} bytes)", shown, text.size());
}

std::string trimmed(const std::string& text)
{
    const auto first = text.find_first_not_of(" \t");
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace shearwater
