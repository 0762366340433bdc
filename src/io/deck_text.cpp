#include <shearwater/io/deck_text.hpp>

#include <string_view>

#include <fmt/format.h>

#include <shearwater/core/error.hpp>
#include <shearwater/io/characters.hpp>
#include <shearwater/io/value.hpp>

namespace shearwater {

namespace {

constexpr std::string_view how_to_quote = "write it in double quotes, with \\\" for a quote and \\\\ for a backslash";

/// Whether a text is UTF-16, which Windows programs call "Unicode": it begins with a byte-order mark or, since decks begin with ASCII characters, has
/// alternate null bytes.
bool is_utf16(const std::string& text)
{
    using namespace std::string_view_literals;
    const std::string_view start = std::string_view(text).substr(0, 4);
    if (start.substr(0, 2) == "\xff\xfe"sv || start.substr(0, 2) == "\xfe\xff"sv) return true;
    if (start.size() < 4) return false;
    const auto nulls_at = [&](std::size_t i) { return start[i] == '\0' && start[i + 2] == '\0' && start[1 - i] != '\0' && start[3 - i] != '\0'; };
    return nulls_at(0) || nulls_at(1);
}

std::vector<std::string> split_lines(const std::string& text)
{
    std::vector<std::string> lines(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (is_pair) continue;
        if (text[i] == '\n' || text[i] == '\r')
            lines.emplace_back();
        else
            lines.back() += text[i];
    }
    return lines;
}

/// Reads a value in double quotes. @param text  the line from the opening quote on  @throws ValueError
std::string read_quoted(const std::string& text)
{
    std::string value;
    std::size_t i = 1;
    for (; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') {
            const char escaped = ++i < text.size() ? text[i] : '\0';
            if (escaped != '"' && escaped != '\\')
                throw ValueError{fmt::format("has a \\ in quotes before '{}'; in quotes write \\\\ for a backslash and \\\" for a quote",
                                             printable(text.substr(i)))};
        }
        value += text[i];
    }
    if (i == text.size()) throw ValueError{fmt::format("has a double quote that is not closed: {}; close it in the same line", printable(text))};
    const auto rest = trimmed(text.substr(i + 1));
    if (!rest.empty() && rest.front() != '#')
        throw ValueError{fmt::format("goes on after its closing quote with '{}'; {}, or begin a comment with #", printable(rest), how_to_quote)};
    return value;
}

/// The reason why a value cannot be written without quotes, or an empty text if it can.
std::string reason_for_quotes(const std::string& value)
{
    if (const auto odd = find_look_alike(value)) return fmt::format("{}, or write the value in double quotes if it is meant", describe(*odd, value));
    if (value.size() > 1 && value.front() == '\'' && value.back() == '\'')
        return fmt::format("is in single quotes: {}; write double quotes, or none", printable(value));
    if (value.find(" ;") != std::string::npos || value.find("\t;") != std::string::npos)
        return fmt::format("has a ; after a blank: {}; begin a comment with #, or write the value in double quotes", printable(value));
    return "";
}

/// Reads a value. @param text  the line after the equals sign  @throws ValueError
std::string read_value(const std::string& text)
{
    const auto begun = trimmed(text);
    if (!begun.empty() && begun.front() == '"') return read_quoted(begun);
    auto value = trimmed(begun.substr(0, begun.find('#')));
    const auto reason = reason_for_quotes(value);
    if (!reason.empty()) throw ValueError{reason};
    return value;
}

/// Checks that a section or key consists of ASCII characters. @throws ValueError
void require_plain(const std::string& head)
{
    if (const auto odd = find_not_plain(head)) throw ValueError{describe(*odd, head)};
}

/// Checks that a line is text. Form feeds and vertical tabs are accepted here, since they are harmless in comments; elsewhere they are refused as
/// look-alikes. @throws ValueError
void require_text(const std::string& raw)
{
    for (const char c : raw) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte >= 0x20 && byte != 0x7f) || c == '\t' || c == '\f' || c == '\v') continue;
        throw ValueError{
            fmt::format("holds bytes that are not text ({:02x}), so it is not a deck; shearwater --dump-deck prints one to start from", byte)};
    }
}

/// Reads a line; returns nothing if it is blank or a comment. @param raw  the line without its end  @throws ValueError
std::optional<DeckLine> read_line(int number, const std::string& raw)
{
    require_text(raw);
    const auto line = trimmed(raw.substr(0, raw.find('#')));
    if (line.empty()) return {};
    const bool is_section = line.front() == '[' && line.back() == ']';
    const auto equals = line.find('=');
    const auto head = is_section ? line : trimmed(line.substr(0, equals));
    require_plain(head);
    if (is_section) return DeckLine{number, head, {}};
    if (equals == std::string::npos || head.empty())
        throw ValueError{fmt::format("'{}' is not a setting; write key = value, [section], or start the line with #", printable(line))};
    return DeckLine{number, head, read_value(raw.substr(raw.find('=') + 1))};
}

}  // namespace

std::vector<DeckLine> read_lines(const std::string& text, const std::string& file)
{
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (is_utf16(text)) throw InputError(fmt::format("{}:1: is UTF-16 text (\"Unicode\" in some editors); save it as UTF-8", file));
    const auto lines = split_lines(text.compare(0, mark.size(), mark) == 0 ? text.substr(mark.size()) : text);
    std::vector<DeckLine> read;
    int number = 0;
    for (const auto& line : lines) {
        try {
            if (auto said = read_line(++number, line)) read.push_back(std::move(*said));
        } catch (const ValueError& error) {
            throw InputError(fmt::format("{}:{}: {}", file, number, error.reason));
        }
    }
    return read;
}

std::string deck_value(const std::string& value)
{
    const bool is_plain =
        !value.empty() && value == trimmed(value) && value.front() != '"' && value.find('#') == std::string::npos && reason_for_quotes(value).empty();
    if (is_plain) return value;
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace shearwater
