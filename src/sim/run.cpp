#include <shearwater/sim/run.hpp>

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/io/command_line.hpp>
#include <shearwater/io/provenance.hpp>
#include <shearwater/io/text_file.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/petsc/session.hpp>
#include <shearwater/sim/simulation.hpp>

namespace shearwater {

namespace {

void require_free_folder(const Communicator& comm, const RunOptions& options)
{
    const std::filesystem::path folder = options.output.folder;
    std::string reason;
    std::error_code ignored;
    if (comm.is_root()) {
        if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_directory(folder, ignored))
            reason = "is a file, not a folder; name another";
        else if (std::filesystem::is_directory(folder, ignored) && !std::filesystem::is_empty(folder, ignored))
            reason = "the folder is not empty, and results are never overwritten; name another, or remove it";
    }
    reason = broadcast(comm, reason);
    if (!reason.empty()) throw InputError(fmt::format("output={}: {}", options.output.folder, reason));
}

void require_all_used(const PetscSession& petsc)
{
    const auto unused = petsc.unused_options();
    if (unused.empty()) return;
    throw InputError(fmt::format("-{}: PETSc did not use this option: it is mistyped, or belongs to a solver or preconditioner that is not "
                                 "chosen; options of this program have two dashes, --key=value (command line)",
                                 fmt::join(unused, ", -")));
}

template <int Dim>
void run_or_check(const Communicator& comm, const Log& log, const CommandLine& line, const RunOptions& options)
{
    const bool check = line.task == CommandLine::Task::Check;
    if (!check) require_free_folder(comm, options);
    const PetscSession petsc(comm, line.petsc_options);
    Simulation<Dim> simulation(comm, log, options);
    require_all_used(petsc);
    if (check) {
        log.line(print_deck(options, true));
        log.line(simulation.estimate());
        return;
    }
    simulation.prepare();
    simulation.run(line.walltime_minutes);
}

void carry_out(const Communicator& comm, const Log& log, const CommandLine& line)
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
    const auto file = std::filesystem::path(line.deck);
    const auto options = resolve(read_deck(read_text(comm, file), file.string()), line.overrides);
    if (options.lattice.size.size() == 2)
        run_or_check<2>(comm, log, line, options);
    else
        run_or_check<3>(comm, log, line, options);
}

/// Reports an error once if all ranks have come to it, and otherwise ends those that have not.
int fail(const MpiSession& session, const Communicator& comm, const std::string& message, int status)
{
    constexpr double patience_seconds = 2.0;
    const bool together = session.all_arrive(patience_seconds);
    if (!together || comm.is_root()) std::fprintf(stderr, "shearwater: error: %s\n", message.c_str());
    if (!together) MpiSession::abort(status);
    return status;
}

}  // namespace

int run(const MpiSession& session, const std::vector<std::string>& words)
{
    const auto comm = session.world();
    const Log log(comm.is_root() ? stdout : nullptr);
    try {
        carry_out(comm, log, read_command_line(words));
        return 0;
    } catch (const InputError& error) {
        return fail(session, comm, error.what(), 2);
    } catch (const std::exception& error) {
        return fail(session, comm, error.what(), 1);
    }
}

}  // namespace shearwater
