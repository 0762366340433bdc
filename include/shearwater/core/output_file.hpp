#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <shearwater/core/error.hpp>

namespace shearwater {

/// The error for a file that cannot be written. Its message names the file, the system's reason and what to do.
/// @param code  errno of the call that failed
[[nodiscard]] RunError write_failure(const std::filesystem::path& path, int code);

/// A file written by one process through system calls, so that a failure is detected at once and with its reason. Every function throws a RunError
/// that names the file if it fails.
class OutputFile {
  public:
    enum class Purpose {
        Grow,  ///< create a new file and append to it
        Fill,  ///< open an existing file and write at given offsets
    };

    OutputFile(std::filesystem::path path, Purpose purpose);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    OutputFile(OutputFile&&) = delete;
    OutputFile& operator=(OutputFile&&) = delete;

    /// Appends text, all of it or nothing: if the disk fills up during the write, the file is truncated to its size before, which needs no space.
    void append(std::string_view text);

    /// Writes bytes at an offset. @param offset  from the beginning of the file [bytes]
    void write_at(std::int64_t offset, std::span<const std::byte> bytes) const;

    /// Waits until all data are on disk. Some file systems report only then that they are full.
    void sync() const;

    /// Syncs and closes the file.
    void finish();

  private:
    std::filesystem::path path_;
    int descriptor_;
    std::int64_t size_ = 0;  ///< size of a file that grows [bytes]
};

/// Renames a finished file from its temporary to its final name, and syncs the file and its folder to disk. @throws RunError with the reason
void put_in_place(const std::filesystem::path& temporary, const std::filesystem::path& path);

/// Creates a folder and its missing parents. @throws RunError with the reason
void make_folder(const std::filesystem::path& path);

}  // namespace shearwater
