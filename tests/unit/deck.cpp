#include <shearwater/io/deck.hpp>

#include <map>

#include <shearwater/core/error.hpp>
#include <shearwater/io/characters.hpp>

#include "support.hpp"

using namespace shearwater;
using Catch::Matchers::Contains;

namespace {

RunOptions read(const std::string& deck, const std::vector<Setting>& overrides = {})
{
    return resolve(read_deck(deck, "d"), overrides);
}

std::string folder_in(const std::string& deck)
{
    return read(deck).output.folder;
}

}  // namespace

TEST_CASE("plain values end at a comment and quoted ones do not", "[deck]")
{
    CHECK(folder_in("output = a b # c") == "a b");
    CHECK(folder_in("output=a") == "a");
    CHECK(folder_in("output = a\"b\"") == "a\"b\"");
    CHECK(folder_in("output = a;b\\n") == "a;b\\n");
    CHECK(folder_in("output = l\xc3\xa4ufe # \xe2\x80\x93 \f a comment may hold anything \xa0") == "l\xc3\xa4ufe");
    CHECK(folder_in("output = \" a # b \" # c") == " a # b ");
    CHECK(folder_in("output = \"a\\\"b\\\\\"#c") == "a\"b\\");
    CHECK(folder_in("output = \"'x'\"") == "'x'");
    CHECK(read("[kmc]\nengine = \"reference\"").kmc.engine == EngineKind::Reference);
    CHECK_THROWS_WITH(folder_in("\noutput = \"a"), Contains("d:2: ") && Contains("not closed"));
    CHECK_THROWS_WITH(folder_in("output = \"a\\\""), Contains("not closed"));
    CHECK_THROWS_WITH(folder_in("output = \"a\\n\""), Contains("\\ in quotes before 'n\"'"));
    CHECK_THROWS_WITH(folder_in("output = \"a\" b"), Contains("after its closing quote with 'b'"));
    CHECK_THROWS_WITH(folder_in("output = 'a'"), Contains("single quotes"));
    CHECK_THROWS_WITH(folder_in("output = a ; b"), Contains("begin a comment with #"));
    CHECK_THROWS_WITH(folder_in("output = \"\""), Contains("is empty"));
}

TEST_CASE("lines end with LF, CR LF, CR or the text, and a byte-order mark is no character", "[deck]")
{
    for (const std::string end : {"\n", "\r\n", "\r"})
        for (const std::string start : {"", "\xef\xbb\xbf"})
            for (const std::string last : {"", "\n", "\r"}) {
                const auto settings = read_deck(start + "seed = 3" + end + "# c" + end + end + "[lattice]" + end + "size = 8x8" + last, "d");
                REQUIRE(settings.size() == 2);
                CHECK(settings[0].key == "seed");
                CHECK(settings[0].value == "3");
                CHECK(settings[1].key == "lattice.size");
                CHECK(settings[1].value == "8x8");
                CHECK(settings[1].place == "d:5");
            }
    CHECK(read_deck("", "d").empty());
    CHECK(read_deck("\xef\xbb\xbf", "d").empty());
}

TEST_CASE("UTF-16 is named, with a mark and without", "[deck]")
{
    using namespace std::string_literals;
    for (const auto& text : {"\xff\xfes\0"s, "\xfe\xff\0s"s, "s\0e\0e\0"s, "\0s\0e\0e"s}) CHECK_THROWS_WITH(read_deck(text, "d"), Contains("UTF-16"));
    CHECK_THROWS_WITH(read_deck("s\0\0e"s, "d"), Contains("not text") && !Contains("UTF-16"));
    CHECK_THROWS_WITH(read_deck("seed = 1\nseed\0 = 2"s, "d"), Contains("d:2") && Contains("not text (00)"));
}

TEST_CASE("a character that looks like another is named wherever it stands outside of quotes", "[deck]")
{
    const std::map<std::string, std::string> names{{"\xc2\xa0", "no-break space (U+00A0)"},
                                                   {"\xe2\x80\xaf", "narrow no-break space (U+202F)"},
                                                   {"\xe2\x80\x8b", "zero-width space (U+200B)"},
                                                   {"\xe2\x88\x92", "minus sign (U+2212)"},
                                                   {"\xe2\x80\x93", "en dash (U+2013)"},
                                                   {"\xe2\x80\x9c", "typographic quote (U+201C)"},
                                                   {"\xef\xbb\xbf", "byte-order mark (U+FEFF)"},
                                                   {"\f", "form feed (U+000C)"},
                                                   {"\xc3\x97", "multiplication sign (U+00D7)"},
                                                   {"\xa0", "no-break space (U+00A0)"},
                                                   {"\x96", "en dash (U+2013)"}};
    for (const auto& [character, name] : names) {
        INFO(name);
        for (const auto& line : {"size = " + character + "8x8", "size = 8" + character + "8", "size" + character + "= 8x8", character + "size = 8x8",
                                 "[latt" + character + "ice]", character})
            CHECK_THROWS_WITH(read_deck("seed = 1\n" + line + "\n", "d"),
                              Contains("d:2: has a") && Contains(name) && (Contains("replace") || Contains("delete")));
        CHECK_THROWS_WITH(read("", {{"lattice.size", "8x8" + character, "command line"}}), Contains(name) && Contains("(command line)"));
        CHECK_THROWS_WITH(read("", {{"lattice.size" + character, "8x8", "command line"}}), Contains(name) && Contains("(command line)"));
        CHECK_THROWS_WITH(read("[lattice]\nsize = \"8x8" + character + "\""), Contains(name) && Contains("(d:2)"));
        if (find_control(character)) continue;  // refused in texts, too
        CHECK(folder_in("output = \"a" + character + "b\"") == "a" + character + "b");
        CHECK(read("", {{"output", "a" + character, "command line"}}).output.folder == "a" + character);
    }
}

TEST_CASE("letters of other scripts go into texts, not into keys and numbers", "[deck]")
{
    CHECK(folder_in("output = \xc3\xa9\xe4\xb8\xad") == "\xc3\xa9\xe4\xb8\xad");
    CHECK_THROWS_WITH(read("\xce\xb3 = 1"), Contains("(U+03B3)"));
    CHECK_THROWS_WITH(read("[stz]\nvolume = 0.5 \xce\xbc\n"), Contains("(U+03BC)") && Contains("(d:2)"));
}

TEST_CASE("messages are one line of moderate length", "[deck]")
{
    const auto message_of = [](const std::string& deck, const std::vector<Setting>& overrides) -> std::string {
        try {
            read(deck, overrides);
        } catch (const InputError& error) {
            return error.what();
        }
        return "";
    };
    const std::string much(1'000'000, 'x');
    for (const auto& deck : {"seed = " + much, much, "output = \"" + much, much + " = 1", "[" + much + "]\nx = 1"}) {
        const auto message = message_of(deck, {});
        CHECK(!message.empty());
        CHECK(message.size() < 600);
    }
    const auto message = message_of("", {{"seed", "1\n2\t\x1b[1m", "command line"}});
    CHECK_THAT(message, Contains("seed=1\\n2\\t\\x1b[1m: "));
    CHECK(!find_control(message));
    CHECK_THROWS_WITH(read("", {{"output", "a\nb", "command line"}}), Contains("line feed") && Contains("(U+000A)"));
    CHECK(folder_in("output = " + much) == much);
}

TEST_CASE("a deck says one boundary for each axis, or none", "[deck]")
{
    const std::string two = "[lattice]\nboundary = periodic,periodic\n";
    const std::string three = "[lattice]\nboundary = periodic,periodic,periodic\n";
    CHECK(read(two + "size = 8x8").lattice.size.size() == 2);
    CHECK(read(three + "size = 8x8x8").lattice.size.size() == 3);
    CHECK_THROWS_WITH(read(two + "size = 8x8x8"), Contains("lattice.boundary=periodic,periodic: names 2 axes") && Contains("lattice.size has 3") &&
                                                      Contains("d:2") && Contains("d:3"));
    CHECK_THROWS_WITH(read(three + "size = 8x8"), Contains("names 3 axes") && Contains("lattice.size has 2"));
    CHECK_THROWS_WITH(read(two, {{"lattice.size", "8x8x8", "command line"}}), Contains("lattice.boundary: d:2, lattice.size: command line"));
    RunOptions solid;
    solid.lattice.size = {8, 8, 8};
    CHECK_THAT(print_deck(solid, false), Contains("boundary = periodic,periodic,periodic\n"));
    CHECK_THAT(print_deck(RunOptions{}, false), Contains("boundary = periodic,periodic\n"));
    CHECK(read(print_deck(solid, true)).lattice.size == solid.lattice.size);
}
