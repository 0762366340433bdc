#include <shearwater/sim/run.hpp>

#include <cstdio>
#include <iterator>
#include <new>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/elasticity/moduli.hpp>
#include <shearwater/io/advice.hpp>
#include <shearwater/io/command_line.hpp>
#include <shearwater/io/output_folder.hpp>
#include <shearwater/io/provenance.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/petsc/session.hpp>
#include <shearwater/sim/estimate.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

constexpr int status_failed = 1;
constexpr int status_bad_input = 2;

void print_error(const std::string& message)
{
    std::fprintf(stderr, "shearwater: error: %s\n", message.c_str());
}

/// Waits until all ranks report an error. If some do not within two seconds, this rank has failed alone: it prints its message and aborts all ranks.
void meet_or_abort(const MpiSession& session, const std::string& message, int status)
{
    constexpr double patience_seconds = 2.0;
    if (session.all_arrive(patience_seconds)) return;
    print_error(message);
    MpiSession::abort(status);
}

/// The settings of deck and command line, and the options that follow from them.
struct Request {
    const MpiSession& session;
    CommandLine line;
    std::vector<Setting> deck;
    RunOptions options;
    std::vector<std::string> petsc_words;  ///< PETSc's options of the deck, followed by those of the command line, which take precedence

    [[nodiscard]] std::string place_of(const std::string& key) const { return shearwater::place_of(key, deck, line.overrides); }
};

void require_free_folder(const Communicator& comm, const Request& request)
{
    const auto& folder = request.options.output.folder;
    const auto reason = broadcast(comm, comm.is_root() ? obstacle(folder) : "");
    if (!reason.empty()) throw InputError(fmt::format("output={}: {} ({})", folder, reason, request.place_of("output")));
}

/// Claims the output folder, on rank 0. Collective. @throws InputError or RunError, the same on every rank
void claim_folder(const Communicator& comm, const Request& request, std::optional<FolderClaim>& claim)
{
    std::string refusal;
    on_root(comm, [&] {
        try {
            claim.emplace(request.options.output.folder);
        } catch (const InputError& error) {
            refusal = error.what();
        }
    });
    refusal = broadcast(comm, refusal);
    if (!refusal.empty()) throw InputError(fmt::format("{} ({})", refusal, request.place_of("output")));
}

std::vector<std::string> petsc_words_of(const RunOptions& options, const CommandLine& line)
{
    std::istringstream deck_words(options.petsc_options);
    std::vector<std::string> words(std::istream_iterator<std::string>(deck_words), {});
    words.insert(words.end(), line.petsc_options.begin(), line.petsc_options.end());
    return words;
}

/// Calls build(), which uses PETSc's options. Turns a RunError into an InputError if the user has given such options. @throws InputError or RunError
template <class Build>
auto with_petsc_options(const Request& request, Build&& build)
{
    try {
        return build();
    } catch (const RunError& error) {
        if (request.petsc_words.empty()) throw;
        const auto place = request.place_of("elasticity.petsc_options");
        throw InputError(fmt::format("{}: {}; correct or leave out the options that PETSc refuses ({})", fmt::join(request.petsc_words, " "),
                                     error.what(), place == "default" || place == "command line" ? "command line" : "command line, " + place));
    }
}

/// Calls build() and adds the place where the key was set to an InputError, whose message begins with `key=`. @throws InputError
template <class Build>
auto placed(const Request& request, Build&& build)
{
    try {
        return build();
    } catch (const InputError& error) {
        const std::string message = error.what();
        throw InputError(fmt::format("{} ({})", message, request.place_of(message.substr(0, message.find('=')))));
    }
}

void require_all_used(const PetscSession& petsc)
{
    const auto unused = petsc.unused_options();
    if (unused.empty()) return;
    throw InputError(
        fmt::format("-{}: PETSc did not use this option: it is mistyped, or belongs to a solver or preconditioner that is not "
                    "chosen; options of this program have two dashes, --key=value (command line, elasticity.petsc_options, PETSC_OPTIONS or "
                    ".petscrc)",
                    fmt::join(unused, ", -")));
}

/// Prints warnings about values that are valid but probably not intended.
void warn(const Log& log, const Request& request)
{
    for (const auto& advice : advise(request.options)) log.line(fmt::format("warning: {} ({})", advice.text, request.place_of(advice.key)));
}

/// Configures a solver on the smallest mesh that the ranks allow, so that PETSc queries the options that the run will use. Collective.
template <int Dim>
void probe_petsc(const Communicator& comm, const RunOptions& options)
{
    if (options.elasticity.discretization == Discretization::Spectral || options.elasticity.check == Check::Operator) return;
    constexpr int tiles_per_rank = 2;
    Grid<Dim> grid;
    for (int axis = 0; axis < Dim; ++axis) grid.size[axis] = tiles_per_rank * tile_edge<Dim>[axis] * (axis == 0 ? comm.size() : 1);
    const auto& elastic = options.elasticity;
    const ElasticSolver<Dim> solver(comm, Partition<Dim>(grid, comm.size()), 1, {moduli_of<Dim>(elastic.young, elastic.poisson, elastic.plane)},
                                    elastic.rtol);
}

/// Validates the input as a run does, and prints the resolved deck and the resources that the run needs, without allocating them. Collective.
template <int Dim>
void check(const Communicator& comm, const Log& log, Request& request)
{
    const auto petsc = with_petsc_options(request, [&] { return PetscSession(comm, request.petsc_words); });
    request.options.petsc_options = petsc.options();
    const auto& options = request.options;
    const auto layout = placed(request, [&] { return Layout<Dim>(options, comm.size()); });
    placed(request, [&] { return draw_moduli<Dim>(comm, layout.partition, options.elasticity, options.kmc.seed); });
    with_petsc_options(request, [&] { probe_petsc<Dim>(comm, options); });
    require_all_used(petsc);
    log.line(print_deck(options, true));
    log.line(describe_estimate(options, layout));
    warn(log, request);
}

template <int Dim>
void carry_out_run(const Communicator& comm, const Log& log, Request& request)
{
    require_free_folder(comm, request);
    const auto petsc = with_petsc_options(request, [&] { return PetscSession(comm, request.petsc_words); });
    request.options.petsc_options = petsc.options();
    const auto layout = placed(request, [&] { return Layout<Dim>(request.options, comm.size()); });
    with_petsc_options(request, [&] { probe_petsc<Dim>(comm, request.options); });
    require_all_used(petsc);
    std::optional<FolderClaim> claim;
    claim_folder(comm, request, claim);
    warn(log, request);
    auto simulation =
        with_petsc_options(request, [&] { return placed(request, [&] { return Simulation<Dim>(comm, log, request.options, layout); }); });
    // Errors are handled before the simulation is destroyed, because its destructor is collective and would wait forever for ranks that have not
    // failed.
    try {
        simulation.carry_out(request.line.walltime_minutes > 0.0 ? request.session.start() + 60.0 * request.line.walltime_minutes : 0.0);
    } catch (const std::exception& error) {
        claim.reset();
        meet_or_abort(request.session, error.what(), status_failed);
        throw;
    }
}

void carry_out(const MpiSession& session, const Communicator& comm, const Log& log, const CommandLine& line)
{
    switch (line.task) {
        case CommandLine::Task::Help: return log.line(help_text(line.section));
        case CommandLine::Task::DumpDeck: return log.line(print_deck(RunOptions{}, true));
        case CommandLine::Task::DumpReference: return log.line(deck_reference());
        case CommandLine::Task::Version: {
            // The version of PETSc is available only after PETSc has been initialized.
            const PetscSession petsc(comm, {});
            return log.line(print_provenance());
        }
        case CommandLine::Task::Run:
        case CommandLine::Task::Check: break;
    }
    const auto deck = read_deck(read_text(comm, line.deck), line.deck);
    const auto options = resolve(deck, line.overrides);
    Request request{session, line, deck, options, petsc_words_of(options, line)};
    const bool is_flat = request.options.lattice.size.size() == 2;
    if (line.task == CommandLine::Task::Check) return is_flat ? check<2>(comm, log, request) : check<3>(comm, log, request);
    return is_flat ? carry_out_run<2>(comm, log, request) : carry_out_run<3>(comm, log, request);
}

/// Checks that all output was printed. Collective. Tasks other than a run have no other output. @throws RunError on every rank
void require_printed(const Communicator& comm, const Log& log, const CommandLine& line)
{
    if (line.task == CommandLine::Task::Run) return;
    on_root(comm, [&] {
        if (log.has_failed()) throw RunError("standard output: cannot be written; is the disk full, or the reader of the pipe gone?");
    });
}

/// Prints an error on rank 0 if all ranks report one; otherwise aborts all ranks. @return `status`
int fail(const MpiSession& session, const Communicator& comm, const std::string& message, int status)
{
    meet_or_abort(session, message, status);
    if (comm.is_root()) print_error(message);
    return status;
}

}  // namespace

int run(const MpiSession& session, const std::vector<std::string>& words)
{
    Interrupt interrupt;
    auto comm = session.world();
    comm.watch(interrupt);
    const Log log(comm.is_root() ? stdout : nullptr);
    try {
        const auto line = read_command_line(words);
        carry_out(session, comm, log, line);
        require_printed(comm, log, line);
        return 0;
    } catch (const InputError& error) {
        return fail(session, comm, error.what(), status_bad_input);
    } catch (const std::bad_alloc&) {
        return fail(session, comm, "there is not enough memory; use more nodes, or a smaller lattice.size or elasticity.elements_per_voxel",
                    status_failed);
    } catch (const std::exception& error) {
        return fail(session, comm, error.what(), status_failed);
    }
}

}  // namespace shearwater
