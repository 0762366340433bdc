#include <shearwater/sim/run.hpp>

#include <cstdio>
#include <filesystem>
#include <new>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/io/advice.hpp>
#include <shearwater/io/command_line.hpp>
#include <shearwater/io/provenance.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/petsc/session.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

constexpr int status_failed = 1;
constexpr int status_bad_input = 2;

void print_error(const std::string& message)
{
    std::fprintf(stderr, "shearwater: error: %s\n", message.c_str());
}

/// Returns when all ranks have come to an error; if some go on, this rank has failed alone, says so, and ends them all.
void meet_or_abort(const MpiSession& session, const std::string& message, int status)
{
    constexpr double patience_seconds = 2.0;
    if (session.all_arrive(patience_seconds)) return;
    print_error(message);
    MpiSession::abort(status);
}

/// What was asked for: the settings of deck and command line, and the options they come to.
struct Request {
    const MpiSession& session;
    CommandLine line;
    std::vector<Setting> deck;
    RunOptions options;

    [[nodiscard]] std::string place_of(const std::string& key) const { return shearwater::place_of(key, deck, line.overrides); }
};

/// Why results cannot go to a folder, and what to do; nothing if they can.
std::string obstacle(const std::filesystem::path& folder)
{
    namespace fs = std::filesystem;
    std::error_code ignored;
    if (fs::is_directory(folder, ignored))
        return fs::is_empty(folder, ignored) ? "" : "the folder is not empty, and results are never overwritten; name another, or remove it";
    if (fs::exists(folder, ignored)) return "is a file, not a folder; name another";
    auto parent = fs::absolute(folder, ignored).parent_path();
    while (!fs::exists(parent, ignored) && parent.has_relative_path()) parent = parent.parent_path();
    if (!fs::is_directory(parent, ignored)) return fmt::format("cannot be made in {}, which is a file; name another", parent.string());
    if (::access(parent.c_str(), W_OK) != 0) return fmt::format("cannot be made in {}, which is not writable; name another", parent.string());
    return "";
}

void require_free_folder(const Communicator& comm, const Request& request)
{
    const auto& folder = request.options.output.folder;
    const auto reason = broadcast(comm, comm.is_root() ? obstacle(folder) : "");
    if (!reason.empty()) throw InputError(fmt::format("output={}: {} ({})", folder, reason, request.place_of("output")));
}

/// Builds what reads PETSc's options; if PETSc refuses, a value in them is at fault.
template <class Build>
auto with_petsc_options(const Request& request, Build&& build)
{
    const auto& options = request.line.petsc_options;
    try {
        return build();
    } catch (const RunError& error) {
        if (options.empty()) throw;
        throw InputError(fmt::format("{}: {}; correct or leave out what PETSc does not take (command line)", fmt::join(options, " "), error.what()));
    }
}

/// Modules begin their complaints with `key=`, but do not know where the key was set.
template <int Dim>
Simulation<Dim> build_simulation(const Communicator& comm, const Log& log, const Request& request)
{
    try {
        return Simulation<Dim>(comm, log, request.options);
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
                    "chosen; options of this program have two dashes, --key=value (command line, PETSC_OPTIONS or .petscrc)",
                    fmt::join(unused, ", -")));
}

/// Prints what in the request is allowed but hardly meant.
void warn(const Log& log, const Request& request)
{
    for (const auto& advice : advise(request.options)) log.line(fmt::format("warning: {} ({})", advice.text, request.place_of(advice.key)));
}

template <int Dim>
void run_or_check(const Communicator& comm, const Log& log, const Request& request)
{
    const bool check = request.line.task == CommandLine::Task::Check;
    if (!check) require_free_folder(comm, request);
    const auto petsc = with_petsc_options(request, [&] { return PetscSession(comm, request.line.petsc_options); });
    auto simulation = with_petsc_options(request, [&] { return build_simulation<Dim>(comm, log, request); });
    require_all_used(petsc);
    if (check) {
        log.line(print_deck(request.options, true));
        log.line(simulation.estimate());
        warn(log, request);
        return;
    }
    warn(log, request);
    // An error is met here, while everything lives: destructors are collective, and would wait forever for ranks that go on.
    try {
        simulation.prepare();
        const double minutes = request.line.walltime_minutes;
        simulation.run(minutes > 0.0 ? request.session.start() + 60.0 * minutes : 0.0);
    } catch (const std::exception& error) {
        meet_or_abort(request.session, error.what(), status_failed);
        throw;
    }
}

void carry_out(const MpiSession& session, const Communicator& comm, const Log& log, const CommandLine& line)
{
    switch (line.task) {
        case CommandLine::Task::Help: return log.line(help_text(line.section));
        case CommandLine::Task::DumpDeck: return log.line(print_deck(RunOptions{}, true));
        case CommandLine::Task::Version: {
            // PETSc only knows its version when it runs.
            const PetscSession petsc(comm, {});
            return log.line(print(provenance()));
        }
        case CommandLine::Task::Run:
        case CommandLine::Task::Check: break;
    }
    const auto deck = read_deck(read_text(comm, line.deck), line.deck);
    const Request request{session, line, deck, resolve(deck, line.overrides)};
    if (request.options.lattice.size.size() == 2)
        run_or_check<2>(comm, log, request);
    else
        run_or_check<3>(comm, log, request);
}

/// Reports an error once, if all ranks have come to it.
int fail(const MpiSession& session, const Communicator& comm, const std::string& message, int status)
{
    meet_or_abort(session, message, status);
    if (comm.is_root()) print_error(message);
    return status;
}

}  // namespace

int run(const MpiSession& session, const std::vector<std::string>& words)
{
    const auto comm = session.world();
    const Log log(comm.is_root() ? stdout : nullptr);
    try {
        carry_out(session, comm, log, read_command_line(words));
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
