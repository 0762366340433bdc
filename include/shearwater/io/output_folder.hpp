#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shearwater {

/// The reason why results cannot be written to a folder, and what to do; an empty text if no reason is found. Nothing is changed. To be called on one
/// rank.
[[nodiscard]] std::string obstacle(const std::filesystem::path& folder);

/// Exclusive access of one run to an output folder, from construction to destruction. It is held by one rank.
///
/// The claim is a lock (fcntl) on the file `shearwater.lock` in the folder. The kernel releases the lock when the process ends, however it ends, so
/// that the file of a dead run does no harm. The file names host, process and time, for the message to a run that is refused. On a file system
/// without locks the existence of the file is the claim, and the file of a dead run must be removed by hand. The destructor removes the file, and the
/// folders that the constructor created if they are empty.
class FolderClaim {
  public:
    /// Creates the folder and its missing parents, and claims it.
    /// @throws InputError that begins with output=FOLDER, if another run has claimed the folder, it is not empty, or it cannot be created
    /// @throws RunError if the disk is full
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
    std::vector<std::filesystem::path> made_;  ///< folders that the claim has created, the outermost first
    int descriptor_ = -1;                      ///< descriptor of the locked file; -1 = nothing is claimed
};

}  // namespace shearwater
