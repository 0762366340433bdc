#include <shearwater/io/deck.hpp>

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/program_options.hpp>

#include <shearwater/core/error.hpp>
#include <shearwater/io/characters.hpp>
#include <shearwater/io/deck_text.hpp>
#include <shearwater/io/keys.hpp>
#include <shearwater/io/value.hpp>
#include <shearwater/loading/protocol.hpp>

namespace shearwater {

namespace {

namespace po = boost::program_options;

std::vector<std::string> key_names()
{
    std::vector<std::string> names;
    for (const auto& key : all_keys()) names.push_back(key.name);
    return names;
}

const Key& find_key(const Setting& setting)
{
    const auto& keys = all_keys();
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.name == setting.key; });
    if (found != keys.end()) return *found;
    if (const auto odd = find_not_plain(setting.key))
        throw InputError(
            fmt::format("{}={}: the key {} ({})", printable(setting.key), printable(setting.value), describe(*odd, setting.key), setting.place));
    const auto likely = closest(setting.key, key_names());
    throw InputError(fmt::format("{}={}: there is no such key; {} ({})", printable(setting.key), printable(setting.value),
                                 likely.empty() ? "shearwater --dump-deck lists them all" : fmt::format("did you mean {}?", likely), setting.place));
}

/// @throws ValueError
void take_value(const Key& key, const std::string& value, RunOptions& options)
{
    if (!key.is_text)
        if (const auto odd = find_not_plain(value)) throw ValueError{describe(*odd, value)};
    key.read(options, value);
}

/// Applies the settings of one source, in which every key may occur once. @throws InputError
void take(const std::vector<Setting>& settings, RunOptions& options)
{
    std::map<std::string, std::string> seen;
    for (const auto& setting : settings) {
        const Key& key = find_key(setting);
        const auto [earlier, is_new] = seen.emplace(setting.key, setting.place);
        if (!is_new)
            throw InputError(fmt::format("{}={}: this key is already set at {}; remove one of the two ({})", setting.key, printable(setting.value),
                                         earlier->second, setting.place));
        try {
            take_value(key, setting.value, options);
        } catch (const ValueError& error) {
            throw InputError(fmt::format("{}={}: {} ({})", setting.key, printable(setting.value), error.reason, setting.place));
        }
    }
}

/// Escapes a text for a table cell in Markdown.
std::string markdown_cell(const std::string& text)
{
    std::string cell;
    for (const char c : text) {
        if (c == '|' || c == '*') cell += '\\';
        if (c == '<')
            cell += "&lt;";
        else
            cell += c;
    }
    return cell;
}

/// Checks of options that concern two keys.
class Consistency {
  public:
    Consistency(const RunOptions& options, const std::vector<Setting>& deck, const std::vector<Setting>& overrides)
        : options_(options), deck_(deck), overrides_(overrides)
    {
    }

    void check() const
    {
        const auto& e = options_.elasticity;
        const bool spectral = e.discretization == Discretization::Spectral;
        require(!spectral || e.update == Update::Kernel, "elasticity.update", "elasticity.discretization",
                "the spectral discretization has no mesh to solve on; set elasticity.update = kernel or elasticity.discretization = fe");
        require(!spectral || e.elements_per_voxel == 0, "elasticity.elements_per_voxel", "elasticity.discretization",
                "the spectral discretization has no elements; leave the key out or set elasticity.discretization = fe");
        require(!spectral || e.check == Check::Petsc, "elasticity.check", "elasticity.discretization",
                "the spectral discretization has no elements to check by; leave the key out or set elasticity.discretization = fe");
        require(e.update == Update::Kernel || e.check == Check::Petsc, "elasticity.check", "elasticity.update",
                "what PETSc solves is checked by PETSc; leave the key out or set elasticity.update = kernel");
        require(!traits(options_.kmc.engine).has_blocks || options_.kmc.far_update != FarUpdate::Petsc || e.check == Check::Petsc, "elasticity.check",
                "kmc.far_update", "what PETSc solves is checked by PETSc; leave the key out or choose another kmc.far_update");
        require(e.modulus_std == 0.0 || e.update == Update::Solve, "elasticity.modulus_std", "elasticity.update",
                "the kernel holds for uniform moduli only; set elasticity.update = solve or elasticity.modulus_std = 0");
        require(e.modulus_correlation == 0.0 || e.modulus_std > 0.0, "elasticity.modulus_correlation", "elasticity.modulus_std",
                "has no effect while moduli are uniform; set elasticity.modulus_std > 0 or leave the key out");
        const auto axes = static_cast<int>(options_.lattice.size.size());
        require(options_.lattice.boundary_axes == 0 || options_.lattice.boundary_axes == axes, "lattice.boundary", "lattice.size",
                fmt::format("names {} axes, but lattice.size has {}; name one for each axis, or leave the key out", options_.lattice.boundary_axes,
                            axes));
        require(axes == 2 || e.plane == Plane::Strain, "elasticity.plane", "lattice.size",
                "plane stress is for 2D cells; leave the key out or give lattice.size two axes");
        require(options_.kmc.clock != Clock::Published || options_.kmc.athermal == Athermal::Simultaneous, "kmc.athermal", "loading.clock",
                "the published clock flips all soft voxels at once; set kmc.athermal = simultaneous or choose another loading.clock");
        require(options_.kmc.clock != Clock::Published || traits(options_.kmc.engine).serves_published, "kmc.engine", "loading.clock",
                "the published clock needs the rates of all voxels in every step, which only the reference engine computes; set kmc.engine = "
                "reference or choose another loading.clock");
        const bool sublattice = traits(options_.kmc.engine).has_blocks;
        require(traits(options_.kmc.engine).serves_steps || options_.kmc.clock == Clock::Continuous, "kmc.engine", "loading.clock",
                "the sublattice engine lets blocks run side by side in continuous time; set loading.clock = continuous or choose another kmc.engine");
        require(traits(options_.kmc.engine).serves_simultaneous || options_.kmc.athermal == Athermal::Sequential, "kmc.engine", "kmc.athermal",
                "the sublattice engine carries out one vanished barrier of a block after the other; set kmc.athermal = sequential or choose another "
                "kmc.engine");
        require(
            !sublattice || e.update == Update::Kernel, "kmc.engine", "elasticity.update",
            "the sublattice engine adds the stress of an event to its neighbourhood at once, for which it needs the kernel; set elasticity.update = "
            "kernel or choose another kmc.engine");
        require(!sublattice || !spectral || options_.kmc.far_update != FarUpdate::Petsc, "kmc.far_update", "elasticity.discretization",
                "the spectral discretization has no mesh to solve on; choose another kmc.far_update or set elasticity.discretization = fe");
        require(options_.kmc.clock == Clock::Continuous || options_.loading.strain_increment <= options_.loading.max_strain,
                "loading.strain_increment", "loading.max_strain", "is larger than loading.max_strain, so that no step fits; reduce it");
        require(options_.catalogue.barrier_std <= options_.catalogue.barrier, "stz.barrier_std", "stz.barrier",
                "is larger than stz.barrier: most of the normal distribution would be cut off at zero; reduce it");
        const auto& strains = options_.output.snapshot_strains;
        require(strains.empty() || options_.loading.protocol->parameter == LoadParameter::Time || strains.back() <= options_.loading.max_strain,
                "output.snapshot_strains", "loading.max_strain",
                "has strains beyond loading.max_strain that would never be reached; remove them or raise loading.max_strain");
        check_protocol();
    }

  private:
    void check_protocol() const
    {
        const Protocol& protocol = *options_.loading.protocol;
        const auto& own = protocol.parameters;
        for (const ProtocolParameter* parameter : protocol_parameters()) {
            const bool is_own = std::find(own.begin(), own.end(), parameter) != own.end();
            require(is_own || options_.loading.*parameter->value == LoadingOptions{}.*parameter->value, std::string(parameter->key),
                    "loading.protocol", fmt::format("has no effect with the protocol {}; leave it out", protocol.name));
            require(!is_own || place_of(std::string(parameter->key), deck_, overrides_) != "default", std::string(parameter->key), "loading.protocol",
                    fmt::format("is required by the protocol {}; set it", protocol.name));
        }
        for (const ProtocolParameter* parameter : own)
            require(!parameter->is_not_zero || options_.loading.*parameter->value != 0.0, std::string(parameter->key), "loading.protocol",
                    fmt::format("must not be 0 with the protocol {}; set it", protocol.name));
        const bool is_held = protocol.parameter == LoadParameter::Time;
        require(!is_held || options_.kmc.clock == Clock::Continuous, "loading.clock", "loading.protocol",
                fmt::format("steps the strain, which the protocol {} does not; set loading.clock = continuous", protocol.name));
        require(is_held || options_.output.time_interval == 0.0, "output.time_interval", "loading.protocol",
                fmt::format("is for loads that are held, and {} is a ramp; use output.history_interval", protocol.name));
        const auto& times = options_.output.snapshot_times;
        require(is_held || times.empty(), "output.snapshot_times", "loading.protocol",
                fmt::format("is for loads that are held, and {} is a ramp; use output.snapshot_strains", protocol.name));
        require(!is_held || options_.output.snapshot_strains.empty(), "output.snapshot_strains", "loading.protocol",
                fmt::format("is for ramps, and {} holds its load; use output.snapshot_times", protocol.name));
        require(times.empty() || times.back() <= options_.loading.max_time, "output.snapshot_times", "loading.max_time",
                "has times beyond loading.max_time that would never be reached; remove them or raise loading.max_time");
    }

    /// @param key      key whose value is refused if the condition does not hold
    /// @param partner  key whose value excludes it
    /// @throws InputError that names both
    void require(bool holds, const std::string& key, const std::string& partner, const std::string& reason) const
    {
        if (holds) return;
        const auto& keys = all_keys();
        const auto definition = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == key; });
        throw InputError(fmt::format("{}={}: {} ({}: {}, {}: {})", key, definition->print(options_), reason, key, place_of(key, deck_, overrides_),
                                     partner, place_of(partner, deck_, overrides_)));
    }

    const RunOptions& options_;
    const std::vector<Setting>& deck_;
    const std::vector<Setting>& overrides_;
};

}  // namespace

std::vector<Setting> read_deck(const std::string& text, const std::string& file)
{
    const auto lines = read_lines(text, file);
    // Boost.Program_options reads sections and keys. It does not support quotes, so that it is given the indices of values in `lines` instead.
    std::string outline;
    for (std::size_t i = 0; i < lines.size(); ++i) outline += lines[i].value ? fmt::format("{} = {}\n", lines[i].head, i) : lines[i].head + "\n";
    std::istringstream stream(outline);
    std::vector<Setting> settings;
    try {
        for (const auto& option : po::parse_config_file(stream, po::options_description(), true).options) {
            const auto& line = lines.at(std::stoul(option.value.at(0)));
            settings.push_back({option.string_key, *line.value, fmt::format("{}:{}", file, line.number)});
        }
    } catch (const po::error& error) {
        throw InputError(fmt::format("{}: {}; write key = value lines under [section] headings", file, error.what()));
    }
    return settings;
}

RunOptions resolve(const std::vector<Setting>& deck, const std::vector<Setting>& overrides)
{
    RunOptions options;
    take(deck, options);
    take(overrides, options);
    Consistency(options, deck, overrides).check();
    return options;
}

std::string place_of(const std::string& key, const std::vector<Setting>& deck, const std::vector<Setting>& overrides)
{
    for (const auto* settings : {&overrides, &deck})
        for (const auto& setting : *settings)
            if (setting.key == key) return setting.place;
    return "default";
}

std::string print_deck(const RunOptions& options, bool commented)
{
    std::string text;
    if (commented)
        text +=
            "# Write key = value. A comment begins with #. The value in double quotes is the text between them, with \\\" for a quote and \\\\ for "
            "a\n"
            "# backslash; a value that holds a # or has blanks at its ends needs them.\n";
    std::string section;
    for (const auto& key : all_keys()) {
        if (key.section() != section) {
            section = key.section();
            text += fmt::format("\n[{}]\n", section);
        }
        const auto short_name = section.empty() ? key.name : key.name.substr(section.size() + 1);
        if (commented) text += fmt::format("# {} [{}], {}\n", key.help, key.unit, key.range);
        text += fmt::format("{} = {}\n", short_name, deck_value(key.print(options)));
    }
    return text;
}

std::string deck_reference()
{
    std::string text = R"(# Deck reference

This page is written by the program: `shearwater --dump-deck=markdown`. A test compares the two.

It lists every key that a deck can set, with the value that holds where a deck does not set it. In a deck a key stands under the heading of its section,
without the section's name; on the command line it is written in full, as `--section.key=value`. The unit 1 marks numbers without a unit, and words.
[Writing a deck](writing_a_deck.md) says how the text of a deck is read.
)";
    std::string section = "none yet";
    for (const auto& key : all_keys()) {
        if (key.section() != section) {
            section = key.section();
            text += fmt::format("\n## {}\n\n", section.empty() ? "At the top, without a section" : "[" + section + "]");
            text += "| Key | Default | Unit | Values | Meaning |\n|---|---|---|---|---|\n";
        }
        text += fmt::format("| `{}` | `{}` | {} | {} | {} |\n", key.name, deck_value(key.print(RunOptions{})), markdown_cell(key.unit),
                            markdown_cell(key.range), markdown_cell(key.help));
    }
    text.pop_back();  // The log adds the last end of line.
    return text;
}

std::string describe_keys(const std::string& section)
{
    std::string text;
    std::set<std::string> sections;
    for (const auto& key : all_keys()) {
        const auto own = key.section().empty() ? "general" : key.section();
        sections.insert(own);
        if (!section.empty() && own != section) continue;
        text += fmt::format("  --{}={}\n      {} [{}]; {}\n", key.name, key.print(RunOptions{}), key.help, key.unit, key.range);
    }
    if (text.empty())
        throw InputError(fmt::format("--help={}: there is no such section; write one of {} (command line)", section, fmt::join(sections, ", ")));
    return text;
}

}  // namespace shearwater
