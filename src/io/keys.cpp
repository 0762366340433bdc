#include <shearwater/io/keys.hpp>

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/io/characters.hpp>
#include <shearwater/io/value.hpp>
#include <shearwater/loading/protocol.hpp>

namespace shearwater {

namespace {

constexpr double unbounded = std::numeric_limits<double>::max();
constexpr Range positive{0.0, unbounded, true, false};
constexpr Range not_negative{0.0, unbounded};
constexpr double longest_time = 1e15;  // [s]

/// A key whose value is a number at `place(options)`.
template <class Place>
Key number(std::string name, std::string unit, Range range, std::string help, Place place)
{
    return {std::move(name),
            std::move(unit),
            describe(range),
            std::move(help),
            [=](RunOptions& options, const std::string& text) { place(options) = read_number(text, range); },
            [=](const RunOptions& options) { return print_number(place(const_cast<RunOptions&>(options))); }};
}

template <class Place>
Key integer(std::string name, std::int64_t low, std::int64_t high, std::string help, Place place)
{
    return {std::move(name),
            "1",
            fmt::format("{} .. {}", low, high),
            std::move(help),
            [=](RunOptions& options, const std::string& text) {
                place(options) = static_cast<std::remove_reference_t<decltype(place(options))>>(read_integer(text, low, high));
            },
            [=](const RunOptions& options) { return fmt::format("{}", place(const_cast<RunOptions&>(options))); }};
}

/// A key whose value is one of the words, in the order of the enumeration at `place(options)`.
template <class Place>
Key choice(std::string name, std::vector<std::string> words, std::string help, Place place)
{
    return {std::move(name),
            "1",
            fmt::format("{}", fmt::join(words, " | ")),
            std::move(help),
            [=](RunOptions& options, const std::string& text) {
                place(options) = static_cast<std::remove_reference_t<decltype(place(options))>>(read_choice(text, words));
            },
            [=](const RunOptions& options) { return words[static_cast<std::size_t>(place(const_cast<RunOptions&>(options)))]; }};
}

template <class Place>
Key truth(std::string name, std::string help, Place place)
{
    return {std::move(name),
            "1",
            "true | false",
            std::move(help),
            [=](RunOptions& options, const std::string& text) { place(options) = read_truth(text); },
            [=](const RunOptions& options) { return place(const_cast<RunOptions&>(options)) ? "true" : "false"; }};
}

/// A key whose value is the text at `place(options)`. Control characters are refused, because they would break lines of decks and messages.
/// @param wanted  remedy for an empty value; if it is empty, the value may be empty
template <class Place>
Key text(std::string name, std::string range, std::string help, std::string wanted, Place place)
{
    return {std::move(name),
            "1",
            std::move(range),
            std::move(help),
            [=](RunOptions& options, const std::string& value) {
                if (value.empty() && !wanted.empty()) throw ValueError{"is empty; " + wanted};
                if (const auto odd = find_control(value)) throw ValueError{describe(*odd, value)};
                place(options) = value;
            },
            [=](const RunOptions& options) { return place(const_cast<RunOptions&>(options)); },
            true};
}

#define AT(member)              \
    [](RunOptions & o) -> auto& \
    {                           \
        return o.member;        \
    }

Key lattice_size()
{
    return {"lattice.size",
            "voxels",
            "NXxNY or NXxNYxNZ",
            "voxels along x, y (and z)",
            [](RunOptions& options, const std::string& text) { options.lattice.size = read_size(text); },
            [](const RunOptions& options) { return fmt::format("{}", fmt::join(options.lattice.size, "x")); }};
}

/// At present all axes are periodic; the key lets decks state this.
Key lattice_boundary()
{
    const auto words = [](std::size_t axes) { return fmt::format("{}", fmt::join(std::vector<std::string>(axes, "periodic"), ",")); };
    return {"lattice.boundary",
            "1",
            fmt::format("{} | {}", words(2), words(3)),
            "boundary of each axis",
            [=](RunOptions& options, const std::string& text) {
                options.lattice.boundary_axes = static_cast<int>(read_choice(text, {words(2), words(3)})) + 2;
            },
            [=](const RunOptions& options) {
                const auto given = static_cast<std::size_t>(options.lattice.boundary_axes);
                return words(given > 0 ? given : options.lattice.size.size());
            }};
}

Key elements_key()
{
    return {"elasticity.elements_per_voxel",
            "1",
            "auto | 1 .. 16",
            "Q1 elements per voxel edge; auto is 4 in 2D and 2 in 3D",
            [](RunOptions& options, const std::string& text) {
                options.elasticity.elements_per_voxel = text == "auto" ? 0 : static_cast<int>(read_integer(text, 1, 16));
            },
            [](const RunOptions& options) {
                const int k = options.elasticity.elements_per_voxel;
                return k == 0 ? std::string("auto") : fmt::format("{}", k);
            }};
}

Key block_key()
{
    return {"kmc.block",
            "voxels",
            "auto | 16 .. 1048576",
            "sublattice: edge of a block; an axis of n voxels has 2 floor(n/2 block) blocks, or one; auto is 32 in 2D and 16 in 3D",
            [](RunOptions& options, const std::string& text) {
                options.kmc.block = text == "auto" ? 0 : static_cast<int>(read_integer(text, 16, 1 << 20));
            },
            [](const RunOptions& options) { return options.kmc.block == 0 ? std::string("auto") : fmt::format("{}", options.kmc.block); }};
}

Key history_interval()
{
    const Range range{1e-7, 1.0};
    return {"output.history_interval",
            "1",
            "0, or " + describe(range),
            "applied strain between rows of history.csv; 0 = a row after every step of the engine",
            [=](RunOptions& options, const std::string& text) {
                const double interval = read_number(text, {0.0, range.high});
                options.output.history_interval = interval == 0.0 ? interval : read_number(text, range);
            },
            [](const RunOptions& options) { return print_number(options.output.history_interval); }};
}

/// A key whose value is a list of increasing numbers, or `none`.
Key increasing(std::string name, std::string unit, Range range, std::string help, std::vector<double> OutputOptions::*values)
{
    return {std::move(name),
            std::move(unit),
            "none, or increasing numbers separated by commas, each " + describe(range),
            std::move(help),
            [=](RunOptions& options, const std::string& text) { options.output.*values = read_increasing(text, range); },
            [=](const RunOptions& options) {
                std::vector<std::string> words;
                for (const double value : options.output.*values) words.push_back(print_number(value));
                return words.empty() ? std::string("none") : fmt::format("{}", fmt::join(words, ","));
            }};
}

/// A key whose value is a selection of names from a table. @param may_be_none  whether the selection may be empty
Key names(std::string name, std::string help, std::vector<std::string> choices, bool may_be_none, std::vector<std::string> OutputOptions::*value)
{
    return {std::move(name),
            "1",
            fmt::format("{}some of {}, separated by commas", may_be_none ? "none, or " : "", fmt::join(choices, ", ")),
            std::move(help),
            [=](RunOptions& options, const std::string& text) {
                options.output.*value = may_be_none && text == "none" ? std::vector<std::string>() : read_choices(text, choices);
            },
            [=](const RunOptions& options) {
                const auto& chosen = options.output.*value;
                return chosen.empty() ? std::string("none") : fmt::format("{}", fmt::join(chosen, ","));
            }};
}

Key observables_key()
{
    const auto choices = optional_observables();
    std::vector<std::string> meanings;
    for (const ObservableKind& kind : observable_kinds())
        if (kind.presence != Presence::Always) meanings.push_back(fmt::format("{}: {}", kind.name, kind.help));
    return names("output.observables", fmt::format("quantities that are measured besides the curve and the events; {}", fmt::join(meanings, "; ")),
                 choices, true, &OutputOptions::observables);
}

std::vector<Key> general_keys()
{
    return {integer("seed", 0, std::numeric_limits<std::int64_t>::max(), "seed of all random numbers", AT(kmc.seed)),
            text("output", "a path", "output folder; it must not contain an earlier run", "name a folder, e.g. out", AT(output.folder)),
            lattice_size(), number("lattice.pitch", "nm", positive, "edge of a voxel, for maps and ParaView", AT(lattice.pitch)), lattice_boundary()};
}

std::vector<Key> elasticity_keys()
{
    return {
        number("elasticity.young", "GPa", positive, "Young's modulus", AT(elasticity.young)),
        number("elasticity.poisson", "1", {-1.0, 0.5, true, true}, "Poisson's ratio", AT(elasticity.poisson)),
        choice("elasticity.plane", {"strain", "stress"}, "2D: plane strain or plane stress", AT(elasticity.plane)),
        choice("elasticity.discretization", {"fe", "spectral"},
               "finite elements, or the continuum operator at the wave vectors of the lattice, as in the published code",
               AT(elasticity.discretization)),
        elements_key(),
        choice("elasticity.update", {"kernel", "solve"}, "stress update after an event: add the tabulated kernel, or solve with PETSc",
               AT(elasticity.update)),
        number("elasticity.modulus_std", "1", {0.0, 0.5}, "relative standard deviation of Young's modulus over voxels", AT(elasticity.modulus_std)),
        number("elasticity.modulus_correlation", "voxels", not_negative, "correlation length of Young's modulus", AT(elasticity.modulus_correlation)),
        number("elasticity.rtol", "1", {1e-15, 1e-2}, "relative residual of PETSc's solves", AT(elasticity.rtol)),
        text("elasticity.petsc_options", "words as on the command line",
             "options of PETSc, to which those of the command line are added; a resolved deck lists all options in force", "", AT(petsc_options)),
        choice("elasticity.check", {"petsc", "operator"},
               "how kernel and stresses are checked: by a finite-element solve with PETSc, or by applying the element operator to a solution by "
               "Fourier transforms, which needs less memory",
               AT(elasticity.check)),
        number("elasticity.check_tolerance", "GPa", positive,
               "largest admissible deviation of stresses from those of the check; the run stops if it is exceeded", AT(elasticity.check_tolerance))};
}

std::vector<Key> stz_keys()
{
    return {
        integer("stz.modes", 1, 1024, "number of modes of a voxel, M", AT(catalogue.modes)),
        number("stz.strain", "1", {0.0, 1.0, true, false}, "characteristic shear strain, gamma*", AT(catalogue.strain)),
        choice("stz.magnitude", {"gaussian", "fixed"}, "strain coefficients: normally distributed, or a random direction of fixed length",
               AT(catalogue.magnitude)),
        number("stz.barrier", "eV", positive, "mean stress-free barrier", AT(catalogue.barrier)),
        number("stz.barrier_std", "eV", not_negative, "standard deviation of the stress-free barrier", AT(catalogue.barrier_std)),
        choice("stz.redraw", {"all", "strains"}, "what a voxel draws anew after an event", AT(catalogue.redraw)),
        number("stz.volume", "nm^3", positive, "activation volume", AT(activation.volume)),
        number("stz.attempt_frequency", "1/s", positive, "attempt frequency", AT(activation.attempt_frequency)),
        number("softening.permanent", "1", not_negative, "permanent softening per squared strain, kappa_p", AT(softening.permanent)),
        number("softening.temporary", "1", not_negative, "temporary softening per squared strain, kappa_t", AT(softening.temporary)),
        number("softening.limit", "1", not_negative, "largest permanent softening, eta_max", AT(softening.limit)),
        number("softening.relaxation_barrier", "eV", not_negative, "barrier of the decay of temporary softening", AT(softening.relaxation_barrier)),
        truth("softening.directional", "whether softening depends on the angle between a mode and the last event of its voxel",
              AT(softening.directional))};
}

Key protocol_key()
{
    std::vector<std::string> names;
    std::vector<std::string> meanings;
    for (const Protocol* protocol : protocols()) {
        names.emplace_back(protocol->name);
        meanings.push_back(fmt::format("{}: {}", protocol->name, protocol->help));
    }
    return {"loading.protocol",
            "1",
            fmt::format("{}", fmt::join(names, " | ")),
            fmt::format("{}", fmt::join(meanings, "; ")),
            [=](RunOptions& options, const std::string& text) { options.loading.protocol = protocols()[read_choice(text, names)]; },
            [](const RunOptions& options) { return std::string(options.loading.protocol->name); }};
}

/// The key of a parameter that only some protocols have.
Key parameter_key(const ProtocolParameter& parameter)
{
    std::vector<std::string_view> users;
    for (const Protocol* protocol : protocols())
        if (std::find(protocol->parameters.begin(), protocol->parameters.end(), &parameter) != protocol->parameters.end())
            users.push_back(protocol->name);
    return number(
        std::string(parameter.key), std::string(parameter.unit), {parameter.least, parameter.most},
        fmt::format("{}: {}", fmt::join(users, ", "), parameter.help), [value = parameter.value](RunOptions & options) -> auto& {
            return options.loading.*value;
        });
}

std::vector<Key> loading_keys()
{
    std::vector<Key> keys{
        protocol_key(),
        number("loading.strain_rate", "1/s", positive, "rate of the applied strain", AT(loading.strain_rate)),
        number("loading.temperature", "K", {1.0, 10000.0}, "temperature", AT(activation.temperature)),
        choice("loading.clock", {"continuous", "increment", "bernoulli", "published"},
               "rule by which thermal events and the applied strain share time", AT(kmc.clock)),
        number("loading.strain_increment", "1", {0.0, 0.1, true, false}, "strain increment of the clocks increment, bernoulli and published",
               AT(loading.strain_increment)),
        number("loading.max_strain", "1", {0.0, 1.0, true, false}, "applied strain at which the run ends", AT(loading.max_strain)),
        number("loading.stop_plastic_strain", "1", {0.0, 1.0}, "plastic strain at which the run ends; 0 = never", AT(loading.stop_plastic_strain))};
    for (const ProtocolParameter* parameter : protocol_parameters()) keys.push_back(parameter_key(*parameter));
    return keys;
}

std::vector<Key> run_keys()
{
    constexpr std::int64_t most = 1'000'000'000'000;
    return {
        choice("kmc.engine", {"exact", "reference", "sublattice"},
               "exact: one event at a time, computes few rates; reference: recomputes all rates after every event; sublattice: blocks advance "
               "concurrently, with a measured error",
               AT(kmc.engine)),
        choice("kmc.athermal", {"sequential", "simultaneous"},
               "order of voxels whose barriers have vanished: one at a time, the lowest barrier first, or all together", AT(kmc.athermal)),
        number("kmc.athermal_threshold", "eV", not_negative, "published clock: barrier below which voxels transform in an avalanche",
               AT(kmc.athermal_threshold)),
        block_key(),
        number("kmc.events_per_window", "1", {0.0, 1000.0, true, false},
               "sublattice: upper limit of the mean number of bursts expected in a block in a sweep", AT(kmc.events_per_window)),
        integer("kmc.sweeps_per_cycle", 1, 1000, "sublattice: largest number of sweeps in a cycle, after which all stresses are updated",
                AT(kmc.sweeps_per_cycle)),
        number("kmc.drift_tolerance", "1", {0.0, 100.0, true, false},
               "sublattice: target of missed_curable_rms, the root mean square of the avoidable missed exponents |dW|/k_B T; sweeps and cycles are "
               "shortened for it",
               AT(kmc.drift_tolerance)),
        integer("kmc.error_sample", 1, 1'000'000,
                "sublattice: approximate number of events of a cycle whose missed exponent is measured; all if there are fewer",
                AT(kmc.error_sample)),
        choice("kmc.far_update", {"auto", "expansions", "transform", "petsc"},
               "sublattice: update of far stresses after a cycle by multipole and local expansions, by Fourier transforms or by PETSc; auto is the "
               "cheaper of the first two",
               AT(kmc.far_update)),
        integer("kmc.max_rounds", 1, 1'000'000'000,
                "sublattice: largest number of rounds of an avalanche; the run stops with an error if it needs more", AT(kmc.max_rounds)),
        integer("kmc.max_events", 0, most, "number of events after which the run ends; 0 = no limit", AT(max_events)),
        integer("kmc.max_generation", 1, 2'000'000'000, "largest generation of a voxel; the run stops with an error if it is exceeded",
                AT(kmc.max_generation)),
        history_interval(),
        increasing("output.snapshot_strains", "1", {0.0, 1.0, true, false},
                   "applied strains at which snapshots are written; one is always written at the end", &OutputOptions::snapshot_strains),
        number("output.time_interval", "s", {0.0, longest_time},
               "loads that are held: time between rows of history.csv; 0 = ten rows in every decade of time, from a billionth of loading.max_time",
               AT(output.time_interval)),
        increasing("output.snapshot_times", "s", {0.0, longest_time, true, false}, "loads that are held: times at which snapshots are written",
                   &OutputOptions::snapshot_times),
        truth("output.event_log", "whether every event is written to the event log", AT(output.event_log)),
        observables_key(),
        names("output.fields", "fields of snapshots", field_names(), false, &OutputOptions::fields)};
}

#undef AT

}  // namespace

std::string Key::section() const
{
    const auto dot = name.find('.');
    return dot == std::string::npos ? "" : name.substr(0, dot);
}

const std::vector<Key>& all_keys()
{
    static const std::vector<Key> keys = [] {
        std::vector<Key> all;
        for (auto part : {general_keys(), elasticity_keys(), stz_keys(), loading_keys(), run_keys()}) all.insert(all.end(), part.begin(), part.end());
        return all;
    }();
    return keys;
}

}  // namespace shearwater
