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

/// Takes --name=NUMBER out of the words of a command line. @throws InputError if it is not above 0
[[nodiscard]] std::int64_t take_count(std::vector<std::string>& words, const std::string& name, std::int64_t otherwise);

/// A folder of one's own, empty, the same on all ranks; removed by the destructor on rank 0. Collective.
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

/// What benchmarks and soak tests begin with: a deck and its overrides as `shearwater` reads them, a folder for what is written, and a log of rank 0 on
/// the terminal.
class Program {
  public:
    /// Collective. @param words  of the command line: deck, overrides, options of PETSc
    Program(const MpiSession& session, const std::vector<std::string>& words);

    [[nodiscard]] const Communicator& comm() const noexcept { return comm_; }
    [[nodiscard]] const Log& log() const noexcept { return log_; }
    /// The output folder is there, and lasts as long as this.
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
