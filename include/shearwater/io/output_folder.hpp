#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shearwater {

/// Why results cannot go to a folder, and what to do; nothing if they can, as far as a look can tell. Changes nothing. By one rank.
[[nodiscard]] std::string obstacle(const std::filesystem::path& folder);

/// The right of one run to write to an output folder, from construction to destruction. By one rank.
///
/// It is a lock (fcntl) on the file `shearwater.lock` in the folder, which the kernel releases when the process dies, however it dies; host,
/// process and time are written in the file for whoever is refused. A file that a dead run has left is in nobody's way. Where the file system
/// has no locks, the file itself is the claim: made by whoever comes first, and to be removed by hand after a run that died.
/// At the end the file goes, and with it what the claim has made of the folder, if nothing has come into it.
class FolderClaim {
  public:
    /// Makes the folder and what is missing above it, and claims it.
    /// @throws InputError, beginning with output=FOLDER, if another run has it, it is not empty, or it cannot be made; RunError if the disk is full
    explicit FolderClaim(const std::filesystem::path& folder);
    ~FolderClaim();
    FolderClaim(const FolderClaim&) = delete;
    FolderClaim& operator=(const FolderClaim&) = delete;
    FolderClaim(FolderClaim&&) = delete;
    FolderClaim& operator=(FolderClaim&&) = delete;

  private:
    void make_folders();
    [[nodiscard]] bool take();
    void sign() const;
    void release() noexcept;

    std::filesystem::path folder_;
    std::filesystem::path lock_;
    std::vector<std::filesystem::path> made_;  ///< folders, the outermost first
    int descriptor_ = -1;                      ///< of the locked file; -1 = nothing is claimed
};

}  // namespace shearwater
