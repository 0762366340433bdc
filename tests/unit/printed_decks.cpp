#include <shearwater/io/deck.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <set>

#include <shearwater/io/characters.hpp>
#include <shearwater/io/command_line.hpp>
#include <shearwater/io/deck_text.hpp>
#include <shearwater/io/keys.hpp>
#include <shearwater/io/value.hpp>

#include "support.hpp"

using namespace shearwater;

namespace {

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
                                                              {"loading.strain_rate", NUMBER(loading.strain_rate)},
                                                              {"loading.strain", NUMBER(loading.strain)},
                                                              {"loading.stress", NUMBER(loading.stress)},
                                                              {"loading.max_time", NUMBER(loading.max_time)},
                                                              {"loading.temperature", NUMBER(activation.temperature)},
                                                              {"loading.strain_increment", NUMBER(loading.strain_increment)},
                                                              {"loading.max_strain", NUMBER(loading.max_strain)},
                                                              {"loading.stop_plastic_strain", NUMBER(loading.stop_plastic_strain)},
                                                              {"kmc.athermal_threshold", NUMBER(kmc.athermal_threshold)},
                                                              {"kmc.events_per_window", NUMBER(kmc.events_per_window)},
                                                              {"kmc.drift_tolerance", NUMBER(kmc.drift_tolerance)},
                                                              {"output.time_interval", NUMBER(output.time_interval)},
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
                                                            {"elasticity.check", {"petsc", "operator"}},
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
                                                            {"output.snapshot_times", {"none", "0.5,1e15"}},
                                                            {"output.snapshot_strains", {"none", "0.01", "1e-300,0.012345678901234567,0.1,1"}},
                                                            {"output.event_log", {"true", "false"}},
                                                            {"output.observables", {"none", "localization", "localization,barrier_shift"}},
                                                            {"output.fields", {"stress", "plastic_strain,generation,lowest_barrier"}}};

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

TEST_CASE("every key is a number, a text or among the words that are tried here", "[printed_decks]")
{
    for (const auto& key : all_keys()) {
        INFO(key.name);
        CHECK(numbers.count(key.name) + words.count(key.name) + (key.is_text ? 1U : 0U) == 1);
    }
}

TEST_CASE("100,000 random texts are printed and read back as they are, or refused", "[printed_decks]")
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

TEST_CASE("the printed deck has the same texts, with comments and without", "[printed_decks]")
{
    RandomText random;
    for (int i = 0; i < 500; ++i) {
        RunOptions options;
        options.output.folder = random.draw();
        if (options.output.folder.empty() || find_control(options.output.folder)) continue;
        REQUIRE(resolve(read_deck(print_deck(options, i % 2 == 0), "d"), {}).output.folder == options.output.folder);
    }
}

TEST_CASE("a text on the command line is taken as it is", "[printed_decks]")
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

TEST_CASE("random numbers of every key are printed and read back bit by bit", "[printed_decks]")
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

TEST_CASE("random lists and seeds are printed and read back bit by bit", "[printed_decks]")
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

TEST_CASE("every word of every other key is printed and read back", "[printed_decks]")
{
    for (const auto& [name, values] : words)
        for (const auto& value : values) {
            RunOptions options;
            key_named(name).read(options, value);
            CHECK(key_named(name).print(options) == key_named(name).print(read_each(print_deck(options, true))));
        }
}
