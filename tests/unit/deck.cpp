#include <shearwater/io/deck.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <set>

#include <shearwater/core/error.hpp>
#include <shearwater/io/characters.hpp>
#include <shearwater/io/command_line.hpp>
#include <shearwater/io/deck_text.hpp>
#include <shearwater/io/keys.hpp>
#include <shearwater/io/value.hpp>

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

const Key& key_named(const std::string& name)
{
    for (const auto& key : all_keys())
        if (key.name == name) return key;
    throw std::logic_error(name);
}

/// Random text of what means something in decks, and of any bytes but the null, which no command line can hold.
class RandomText {
  public:
    std::string draw()
    {
        static const std::vector<std::string> parts{"a",
                                                    "Z",
                                                    "0",
                                                    "/",
                                                    ".",
                                                    "\"",
                                                    "\\",
                                                    "#",
                                                    ";",
                                                    "=",
                                                    "[",
                                                    "]",
                                                    "'",
                                                    "%",
                                                    " ",
                                                    " ",
                                                    " ;",
                                                    "\t",
                                                    "\xc3\xa9",
                                                    "\xc2\xa0",
                                                    "\xe2\x88\x92",
                                                    "\xe2\x80\x9c",
                                                    "\xe2\x80\x8b",
                                                    "\xef\xbb\xbf"};
        std::string text;
        const int length = std::uniform_int_distribution<int>(0, 12)(random_);
        for (int i = 0; i < length; ++i) {
            const int choice = std::uniform_int_distribution<int>(0, 39)(random_);
            if (choice == 39)
                text += static_cast<char>(std::uniform_int_distribution<int>(1, 0x1f)(random_));
            else if (choice >= 30)
                text += static_cast<char>(std::uniform_int_distribution<int>(0x20, 0xff)(random_));
            else
                text += parts[static_cast<std::size_t>(choice) % parts.size()];
        }
        return text;
    }

  private:
    std::mt19937_64 random_{12};
};

/// Random numbers of all kinds: bit patterns, denormal ones, with few and with 17 digits, signed zeros.
class RandomNumber {
  public:
    double draw()
    {
        switch (std::uniform_int_distribution<int>(0, 5)(random_)) {
            case 0: return std::bit_cast<double>(random_());
            case 1: return std::bit_cast<double>(random_() >> 12U >> (random_() % 52U));
            case 2: return std::pow(10.0, std::uniform_real_distribution<double>(-20.0, 5.0)(random_));
            case 3: return std::uniform_real_distribution<double>(-1.0, 1.0)(random_);
            case 4: return static_cast<double>(random_() % 2000U) / 1000.0;
            default: return random_() % 2U == 0 ? 0.0 : -0.0;
        }
    }
    std::uint64_t bits() { return random_(); }

  private:
    std::mt19937_64 random_{13};
};

#define NUMBER(member) [](RunOptions& o) -> double& { return o.member; }
const std::map<std::string, double& (*)(RunOptions&)> numbers{{"lattice.pitch", NUMBER(lattice.pitch)},
                                                              {"elasticity.young", NUMBER(elasticity.young)},
                                                              {"elasticity.poisson", NUMBER(elasticity.poisson)},
                                                              {"elasticity.modulus_std", NUMBER(elasticity.modulus_std)},
                                                              {"elasticity.modulus_correlation", NUMBER(elasticity.modulus_correlation)},
                                                              {"elasticity.rtol", NUMBER(elasticity.rtol)},
                                                              {"elasticity.check_tolerance", NUMBER(elasticity.check_tolerance)},
                                                              {"stz.strain", NUMBER(catalogue.strain)},
                                                              {"stz.barrier", NUMBER(catalogue.barrier)},
                                                              {"stz.barrier_std", NUMBER(catalogue.barrier_std)},
                                                              {"stz.volume", NUMBER(activation.volume)},
                                                              {"stz.attempt_frequency", NUMBER(activation.attempt_frequency)},
                                                              {"softening.permanent", NUMBER(softening.permanent)},
                                                              {"softening.temporary", NUMBER(softening.temporary)},
                                                              {"softening.limit", NUMBER(softening.limit)},
                                                              {"softening.relaxation_barrier", NUMBER(softening.relaxation_barrier)},
                                                              {"loading.strain_rate", NUMBER(kmc.strain_rate)},
                                                              {"loading.temperature", NUMBER(activation.temperature)},
                                                              {"loading.strain_increment", NUMBER(kmc.strain_increment)},
                                                              {"loading.max_strain", NUMBER(loading.max_strain)},
                                                              {"loading.stop_plastic_strain", NUMBER(loading.stop_plastic_strain)},
                                                              {"kmc.athermal_threshold", NUMBER(kmc.athermal_threshold)},
                                                              {"kmc.events_per_window", NUMBER(kmc.events_per_window)},
                                                              {"kmc.drift_tolerance", NUMBER(kmc.drift_tolerance)},
                                                              {"output.history_interval", NUMBER(output.history_interval)}};
#undef NUMBER

/// Keys that are neither numbers nor texts, and values of each.
const std::map<std::string, std::vector<std::string>> words{{"seed", {"0", "9223372036854775807", "12"}},
                                                            {"lattice.size", {"4x4", "1048576x5", "16x8x9"}},
                                                            {"lattice.boundary", {"periodic,periodic", "periodic,periodic,periodic"}},
                                                            {"elasticity.plane", {"strain", "stress"}},
                                                            {"elasticity.discretization", {"fe", "spectral"}},
                                                            {"elasticity.elements_per_voxel", {"auto", "1", "16"}},
                                                            {"elasticity.update", {"kernel", "solve"}},
                                                            {"stz.modes", {"1", "1024"}},
                                                            {"stz.magnitude", {"gaussian", "fixed"}},
                                                            {"stz.redraw", {"all", "strains"}},
                                                            {"softening.directional", {"true", "false"}},
                                                            {"loading.protocol", {"tension", "compression", "shear"}},
                                                            {"loading.clock", {"continuous", "increment", "bernoulli", "published"}},
                                                            {"kmc.engine", {"exact", "reference", "sublattice"}},
                                                            {"kmc.athermal", {"sequential", "simultaneous"}},
                                                            {"kmc.block", {"auto", "16", "1048576"}},
                                                            {"kmc.sweeps_per_cycle", {"1", "1000"}},
                                                            {"kmc.error_sample", {"1", "1000000"}},
                                                            {"kmc.far_update", {"auto", "expansions", "transform", "petsc"}},
                                                            {"kmc.max_rounds", {"1", "1000000000"}},
                                                            {"kmc.max_events", {"0", "1000000000000"}},
                                                            {"kmc.max_generation", {"1", "2000000000"}},
                                                            {"output.snapshot_strains", {"none", "0.01", "1e-300,0.012345678901234567,0.1,1"}},
                                                            {"output.event_log", {"true", "false"}}};

bool takes(const Key& key, double value)
{
    RunOptions options;
    try {
        key.read(options, print_number(value));
        return true;
    } catch (const ValueError&) {
        return false;
    }
}

/// What a deck says, without the rules that concern two keys.
RunOptions read_each(const std::string& deck)
{
    RunOptions options;
    for (const auto& setting : read_deck(deck, "d")) key_named(setting.key).read(options, setting.value);
    return options;
}

}  // namespace

TEST_CASE("every key is a number, a text or among the words that are tried here", "[deck]")
{
    for (const auto& key : all_keys()) {
        INFO(key.name);
        CHECK(numbers.count(key.name) + words.count(key.name) + (key.is_text ? 1U : 0U) == 1);
    }
}

TEST_CASE("100,000 random texts are printed and read back as they are, or refused", "[deck]")
{
    constexpr int wanted = 100'000;
    constexpr int lines = 500;
    RandomText random;
    for (const auto& key : all_keys()) {
        if (!key.is_text) continue;
        int accepted = 0;
        for (int drawn = 0; drawn < wanted; drawn += lines) {
            std::vector<std::string> values;
            std::string deck;
            for (int line = 0; line < lines; ++line) {
                const auto value = random.draw();
                RunOptions options;
                try {
                    key.read(options, value);
                } catch (const ValueError&) {
                    REQUIRE((value.empty() || find_control(value)));
                    continue;
                }
                deck += "key = " + deck_value(key.print(options)) + (line % 3 == 0 ? "  # comment\n" : "\n");
                values.push_back(value);
            }
            const auto settings = read_deck(deck, "d");
            REQUIRE(settings.size() == values.size());
            for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(settings[i].value == values[i]);
            accepted += static_cast<int>(values.size());
        }
        CHECK(accepted > wanted / 2);
        CHECK(accepted < wanted);
    }
}

TEST_CASE("the printed deck has the same texts, with comments and without", "[deck]")
{
    RandomText random;
    for (int i = 0; i < 500; ++i) {
        RunOptions options;
        options.output.folder = random.draw();
        if (options.output.folder.empty() || find_control(options.output.folder)) continue;
        REQUIRE(folder_in(print_deck(options, i % 2 == 0)) == options.output.folder);
    }
}

TEST_CASE("a text on the command line is taken as it is", "[deck]")
{
    RandomText random;
    for (int i = 0; i < 20'000; ++i) {
        const auto value = random.draw();
        if (value.empty()) continue;
        const auto line = read_command_line({"deck.cfg", "--output=" + value});
        REQUIRE(line.overrides.size() == 1);
        REQUIRE(line.overrides[0].value == value);
    }
}

TEST_CASE("random numbers of every key are printed and read back bit by bit", "[deck]")
{
    RandomNumber random;
    std::map<std::string, std::set<std::uint64_t>> seen;
    for (int i = 0; i < 2000; ++i) {
        RunOptions options;
        for (const auto& [name, place] : numbers) {
            const double value = random.draw();
            if (!takes(key_named(name), value)) continue;
            place(options) = value;
            seen[name].insert(std::bit_cast<std::uint64_t>(value));
        }
        RunOptions again = read_each(print_deck(options, false));
        for (const auto& [name, place] : numbers) {
            INFO(name << " = " << place(options));
            REQUIRE(std::bit_cast<std::uint64_t>(place(again)) == std::bit_cast<std::uint64_t>(place(options)));
        }
    }
    for (const auto& [name, place] : numbers) {
        INFO(name);
        CHECK(seen[name].size() > 50);
    }
}

TEST_CASE("random lists and seeds are printed and read back bit by bit", "[deck]")
{
    RandomNumber random;
    for (int i = 0; i < 500; ++i) {
        RunOptions options;
        options.kmc.seed = random.bits() >> 1U;
        std::set<double> strains;
        for (int n = 0; n < i % 7; ++n)
            if (const double strain = random.draw(); strain > 0.0 && strain <= 1.0) strains.insert(strain);
        options.output.snapshot_strains.assign(strains.begin(), strains.end());
        const auto again = read_each(print_deck(options, false));
        REQUIRE(again.kmc.seed == options.kmc.seed);
        REQUIRE(again.output.snapshot_strains == options.output.snapshot_strains);
    }
}

TEST_CASE("every word of every other key is printed and read back", "[deck]")
{
    for (const auto& [name, values] : words)
        for (const auto& value : values) {
            RunOptions options;
            key_named(name).read(options, value);
            CHECK(key_named(name).print(options) == key_named(name).print(read_each(print_deck(options, true))));
        }
}

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
