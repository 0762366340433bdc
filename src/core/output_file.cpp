#include <shearwater/core/output_file.hpp>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace shearwater {

namespace {

int open_for(const std::filesystem::path& path, OutputFile::Purpose purpose)
{
    const int flags = purpose == OutputFile::Purpose::Grow ? O_CREAT | O_TRUNC | O_APPEND : 0;
    return ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0666);
}

/// Opens, syncs and closes a file or folder. @return errno of the call that failed, or 0
int sync_by_name(const std::filesystem::path& path, int flags)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
    if (descriptor < 0) return errno;
    const int code = ::fsync(descriptor) == 0 ? 0 : errno;
    ::close(descriptor);
    return code;
}

}  // namespace

RunError write_failure(const std::filesystem::path& path, int code)
{
    const bool is_full = code == ENOSPC || code == EDQUOT;
    return RunError(fmt::format("{}: cannot be written: {}; {}", path.string(), std::generic_category().message(code),
                                is_full ? "make room, or write to another disk (output)" : "check the disk, and whether the folder may be written"));
}

OutputFile::OutputFile(std::filesystem::path path, Purpose purpose) : path_(std::move(path)), descriptor_(open_for(path_, purpose))
{
    if (descriptor_ < 0) throw write_failure(path_, errno);
}

OutputFile::~OutputFile()
{
    if (descriptor_ >= 0) ::close(descriptor_);
}

void OutputFile::append(std::string_view text)
{
    const std::string_view all = text;
    while (!text.empty()) {
        const auto written = ::write(descriptor_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            const int code = written < 0 ? errno : ENOSPC;
            // If truncation fails too, nothing more can be done. The error of the write is reported in either case.
            [[maybe_unused]] const int ignored = ::ftruncate(descriptor_, size_);
            throw write_failure(path_, code);
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    size_ += static_cast<std::int64_t>(all.size());
}

void OutputFile::write_at(std::int64_t offset, std::span<const std::byte> bytes) const
{
    while (!bytes.empty()) {
        const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), offset);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) throw write_failure(path_, written < 0 ? errno : ENOSPC);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += written;
    }
}

void OutputFile::sync() const
{
    if (::fsync(descriptor_) != 0) throw write_failure(path_, errno);
}

void OutputFile::finish()
{
    sync();
    if (::close(std::exchange(descriptor_, -1)) != 0) throw write_failure(path_, errno);
}

void put_in_place(const std::filesystem::path& temporary, const std::filesystem::path& path)
{
    if (const int code = sync_by_name(temporary, 0); code != 0) throw write_failure(temporary, code);
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) throw write_failure(path, error.value());
    const auto folder = path.parent_path().empty() ? "." : path.parent_path();
    const int code = sync_by_name(folder, O_DIRECTORY);
    // Some file systems cannot sync folders.
    if (code != 0 && code != EINVAL && code != ENOTSUP) throw write_failure(folder, code);
}

void make_folder(const std::filesystem::path& path)
{
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) throw write_failure(path, error.value());
}

}  // namespace shearwater
