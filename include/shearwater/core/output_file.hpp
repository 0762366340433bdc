#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include <shearwater/core/error.hpp>

namespace shearwater {

/// The error of a file that cannot be written: names the file, the system's reason and what to do. @param code  errno of the call that failed
[[nodiscard]] RunError write_failure(const std::filesystem::path& path, int code);

/// A file written through the calls of the system, so that a failure is known at once and with its reason. Whatever fails throws RunError that
/// names the file. By one process.
class OutputFile {
  public:
    enum class Purpose {
        Grow,  ///< a new file, which grows at its end
        Fill,  ///< a file that exists, whose parts are written at given places
    };

    OutputFile(std::filesystem::path path, Purpose purpose);
    ~OutputFile();
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    OutputFile(OutputFile&&) = delete;
    OutputFile& operator=(OutputFile&&) = delete;

    /// Adds text at the end, all of it or nothing: if the disk becomes full on the way, the file is cut back, which needs no space.
    void append(std::string_view text);

    /// Writes at a place. @param offset  from the beginning of the file [bytes]
    void write_at(std::int64_t offset, std::span<const std::byte> bytes) const;

    /// Waits until everything is on the disk. Some file systems say only then that they are full.
    void sync() const;

    /// Syncs and closes.
    void finish();

  private:
    std::filesystem::path path_;
    int descriptor_;
    std::int64_t size_ = 0;  ///< of a file that grows [bytes]
};

/// Gives a finished file its name: syncs it and its folder to disk and renames it. @throws RunError with the reason
void put_in_place(const std::filesystem::path& temporary, const std::filesystem::path& path);

/// Makes a folder and what is missing above it. @throws RunError with the reason
void make_folder(const std::filesystem::path& path);

}  // namespace shearwater
