#include <shearwater/io/command_line.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>
#include <boost/program_options.hpp>

#include <shearwater/core/error.hpp>
#include <shearwater/io/characters.hpp>
#include <shearwater/io/value.hpp>

namespace shearwater {

namespace {

namespace po = boost::program_options;

bool is_long_option(const std::string& word)
{
    return word.size() > 2 && word.compare(0, 2, "--") == 0;
}

bool is_petsc_option(const std::string& word)
{
    return word.size() > 1 && word[0] == '-' && std::isalpha(static_cast<unsigned char>(word[1])) != 0;
}

/// Maps -h, -help, -v and the like, which most programs understand, to the options of this program. PETSc has options of the same names.
std::string with_two_dashes(const std::string& word)
{
    if (word == "-h" || word == "-?") return "--help";
    if (word == "-v" || word == "-V") return "--version";
    if (word == "-help" || word == "-version" || word.compare(0, 6, "-help=") == 0) return "-" + word;
    return word;
}

/// Refuses typographic dashes, which editors substitute for two hyphens, and options of this program with a single dash.
void require_its_dashes(const std::string& word)
{
    const auto odd = find_look_alike(word);
    if (odd && odd->offset <= 1 && (odd->offset == 0 || word[0] == '-'))
        throw InputError(fmt::format("'{}': {}; options are written --key=value (command line)", printable(word), describe(*odd, word)));
    constexpr std::array<std::string_view, 3> own{"check", "dump-deck", "walltime"};
    const auto name = std::string_view(word).substr(0, word.find('='));
    if (std::any_of(own.begin(), own.end(), [&](std::string_view o) { return name.size() == o.size() + 1 && name[0] == '-' && name.substr(1) == o; }))
        throw InputError(fmt::format("'{}': options of this program have two dashes, those of PETSc one; write -{} (command line)", printable(word),
                                     printable(word)));
}

void take_task(CommandLine& line, CommandLine::Task task, const po::option& option)
{
    if (line.task != CommandLine::Task::Run)
        throw InputError(fmt::format(
            "--{}: only one of --check, --dump-deck, --help and --version can be asked for; remove the others (command line)", option.string_key));
    const bool takes_value = task == CommandLine::Task::Help || task == CommandLine::Task::DumpReference;
    if (!takes_value && !option.value.empty())
        throw InputError(fmt::format("--{0}={1}: takes no value{2}; write --{0} (command line)", option.string_key, printable(option.value.front()),
                                     task == CommandLine::Task::DumpDeck ? " but markdown" : ""));
    line.task = task;
}

void take_long_option(CommandLine& line, const po::option& option)
{
    const std::string value = option.value.empty() ? "" : option.value.front();
    const auto& name = option.string_key;
    if (name == "check") return take_task(line, CommandLine::Task::Check, option);
    if (name == "dump-deck") return take_task(line, value == "markdown" ? CommandLine::Task::DumpReference : CommandLine::Task::DumpDeck, option);
    if (name == "version") return take_task(line, CommandLine::Task::Version, option);
    if (name == "help") {
        line.section = value;
        return take_task(line, CommandLine::Task::Help, option);
    }
    if (option.value.empty()) {
        const auto likely = closest(name, {"check", "dump-deck", "help", "version"});
        throw InputError(fmt::format("--{}: has no value; write --{}=VALUE, without spaces{} (command line)", name, name,
                                     likely.empty() ? "" : fmt::format(" (did you mean --{}?)", likely)));
    }
    if (name == "walltime") {
        if (line.walltime_minutes > 0.0)
            throw InputError(fmt::format("--walltime={}: is given twice; remove one of the two (command line)", printable(value)));
        try {
            if (const auto odd = find_not_plain(value)) throw ValueError{describe(*odd, value)};
            line.walltime_minutes = read_duration(value);
        } catch (const ValueError& error) {
            throw InputError(fmt::format("--walltime={}: {} (command line)", printable(value), error.reason));
        }
        return;
    }
    line.overrides.push_back({name, value, "command line"});
}

}  // namespace

CommandLine read_command_line(const std::vector<std::string>& words)
{
    CommandLine line;
    std::vector<std::string> long_options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto word = with_two_dashes(words[i]);
        require_its_dashes(word);
        if (is_long_option(word)) {
            long_options.push_back(word);
        } else if (is_petsc_option(word)) {
            line.petsc_options.push_back(word);
            const bool has_value = i + 1 < words.size() && !is_long_option(words[i + 1]) && !is_petsc_option(words[i + 1]);
            if (has_value) line.petsc_options.push_back(words[++i]);
        } else if (word.empty() || word[0] == '-') {
            throw InputError(fmt::format("'{}': is not an option; write --key=value, or -option value for PETSc (command line)", printable(word)));
        } else if (!line.deck.empty()) {
            throw InputError(fmt::format("'{}': a deck is already given ({}); a run has one, and options are written --key=value (command line)",
                                         printable(word), line.deck));
        } else {
            line.deck = word;
        }
    }
    using po::command_line_style::allow_long;
    using po::command_line_style::long_allow_adjacent;
    try {
        const auto parsed = po::command_line_parser(long_options)
                                .options(po::options_description())
                                .style(allow_long | long_allow_adjacent)
                                .allow_unregistered()
                                .run();
        for (const auto& option : parsed.options) take_long_option(line, option);
    } catch (const po::error& error) {
        throw InputError(fmt::format("{}; write --key=value (command line)", error.what()));
    }
    const bool needs_deck = line.task == CommandLine::Task::Run || line.task == CommandLine::Task::Check;
    if (needs_deck && line.deck.empty())
        throw InputError(line.petsc_options.size() > 1
                             ? fmt::format("no deck is given: '{}' was taken as the value of {}; put the deck before PETSc's options (command line)",
                                           line.petsc_options.back(), line.petsc_options[line.petsc_options.size() - 2])
                             : std::string("no deck is given; write shearwater DECK, e.g. input_decks/quickstart.cfg, or --help (command line)"));
    return line;
}

std::string help_text(const std::string& section)
{
    const std::string usage = R"(shearwater: deformation of metallic glass by shear transformation zones

  mpirun -n 4 shearwater DECK [--key=value ...] [-petsc_option [value] ...]

  shearwater --check DECK       validate the deck, print it resolved with memory, cost and warnings; write nothing
  shearwater --dump-deck        print a commented deck with every key, unit, default and range;
                                --dump-deck=markdown prints the deck reference of the manual
  shearwater --help[=section]   this text, or only the keys of a section; also -h, -help
  shearwater --version          versions of the program and its libraries; also -v, -version
  --walltime=TIME               end in good order before this time is over: minutes (90), H:MM:SS or D-HH:MM:SS

In a deck, a value ends at a # or at the end of the line, and blanks around it are ignored. A value in double quotes is the text between them, with
\" for a quote and \\ for a backslash. On the command line a value is everything after the =, quotes and # included, as the shell passes it.
Words with one dash are passed to PETSc; for its help use PETSC_OPTIONS=-help shearwater --check DECK

Keys, as written in a deck or on the command line:
)";
    return (section.empty() ? usage : "") + describe_keys(section);
}

}  // namespace shearwater
