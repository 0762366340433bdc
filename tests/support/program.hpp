#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <shearwater/core/log.hpp>
#include <shearwater/io/command_line.hpp>
#include <shearwater/io/deck.hpp>
#include <shearwater/parallel/session.hpp>
#include <shearwater/petsc/session.hpp>

namespace shearwater::test {

/// Removes the option --name=NUMBER from the words of a command line. @return the number, or `otherwise` without such an option
/// @throws InputError if the number is not above 0
[[nodiscard]] std::int64_t take_count(std::vector<std::string>& words, const std::string& name, std::int64_t otherwise);

/// A temporary folder, new and empty, the same on all ranks. Constructor and destructor are collective; the destructor removes the folder.
class TemporaryFolder {
  public:
    explicit TemporaryFolder(const Communicator& comm);
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    TemporaryFolder(TemporaryFolder&&) = delete;
    TemporaryFolder& operator=(TemporaryFolder&&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    const Communicator& comm_;
    std::filesystem::path path_;
};

/// Common set-up of benchmarks and soak tests: the options of a deck and its overrides, read as `shearwater` reads them, PETSc, a temporary output
/// folder and a log on standard output.
class Program {
  public:
    /// Reads the deck and initializes PETSc. Collective. @param words  words of the command line: deck, overrides, options of PETSc
    Program(const MpiSession& session, const std::vector<std::string>& words);

    [[nodiscard]] const Communicator& comm() const noexcept { return comm_; }
    [[nodiscard]] const Log& log() const noexcept { return log_; }
    /// Options whose output folder is the temporary folder, which exists as long as this object.
    [[nodiscard]] const RunOptions& options() const noexcept { return options_; }

  private:
    Communicator comm_;
    CommandLine line_;
    RunOptions options_;
    PetscSession petsc_;
    TemporaryFolder folder_;
    Log log_;
};

}  // namespace shearwater::test
