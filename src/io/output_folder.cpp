#include <shearwater/io/output_folder.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <shearwater/core/error.hpp>
#include <shearwater/core/output_file.hpp>

namespace shearwater {

namespace fs = std::filesystem;

namespace {

constexpr const char* lock_name = "shearwater.lock";

std::string message_of(int code)
{
    return std::generic_category().message(code);
}

/// The longest path of a file in the folder.
fs::path longest_name(const fs::path& folder)
{
    return folder / "snapshots" / "snapshot_000001.h5.tmp";
}

/// The reason why a path cannot be resolved, and what to do. It is empty if the path is valid, even if nothing exists there yet.
std::string fault_of_path(const fs::path& path)
{
    std::error_code error;
    const auto status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found) {
        std::error_code ignored;
        if (!fs::is_symlink(fs::symlink_status(path, ignored))) return "";
        return fmt::format("is a link to {}, which does not exist; make that folder, or remove the link", fs::read_symlink(path, ignored).string());
    }
    switch (error.value()) {
        case 0: return "";
        case ENAMETOOLONG: return "its name is too long for the file system; name another with a shorter name";
        case ELOOP: return "its symbolic links lead in a circle; mend the links, or name another";
        case EACCES: return fmt::format("cannot be reached: {}; ask for permission, or name another", error.message());
        default: return fmt::format("cannot be reached: {}; name another", error.message());
    }
}

/// The reason why entries cannot be created in a folder, or an empty text.
std::string fault_of_access(const fs::path& folder)
{
    return ::access(folder.c_str(), W_OK | X_OK) == 0 ? "" : message_of(errno);
}

/// The reason why the folder cannot be created in its parent, or an empty text.
std::string fault_of_parent(const fs::path& folder)
{
    fs::path parent = folder;
    std::error_code ignored;
    do {
        parent = parent.has_relative_path() ? parent.parent_path() : parent.root_path();
        if (parent.empty()) parent = ".";
        if (const auto fault = fault_of_path(parent); !fault.empty()) return fmt::format("cannot be made: {} {}", parent.string(), fault);
    } while (!fs::exists(parent, ignored) && parent.has_relative_path());
    if (!fs::is_directory(parent, ignored)) return fmt::format("cannot be made in {}, which is a file; name another", parent.string());
    if (const auto fault = fault_of_access(parent); !fault.empty())
        return fmt::format("cannot be made in {}, which is not writable: {}; name another, or change that", parent.string(), fault);
    return "";
}

/// The text in which the run that holds a lock identifies itself. It is empty if that run has not written it yet.
std::string read_signature(int descriptor)
{
    std::array<char, 512> text{};
    const auto length = ::pread(descriptor, text.data(), text.size(), 0);
    return {text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

/// Description of the run that holds a lock, for a message. Waits for up to a second until that run has identified itself.
std::string holder(int descriptor)
{
    for (int attempt = 0; attempt < 20; ++attempt) {
        if (auto signature = read_signature(descriptor); signature.ends_with('\n')) return signature.substr(0, signature.size() - 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return "host and process unknown";
}

std::string held_by(const std::string& holder)
{
    return fmt::format("another run writes to this folder: {}; wait until it has ended, or name another folder", holder);
}

/// Message about a claim on a file system without locks.
std::string left_by(const fs::path& lock, const std::string& holder)
{
    return fmt::format(
        "another run writes to this folder: {}; name another folder or, as this file system has no locks and the run may be dead, "
        "remove {}",
        holder, lock.string());
}

bool has_no_locks(int code)
{
    return code == ENOLCK || code == ENOTSUP || code == EOPNOTSUPP || code == ENOSYS || code == EINVAL;
}

/// Message that another process holds the lock, or an empty text. The holder itself must not call it: to close the file would release its lock.
std::string reported_holder(const fs::path& lock)
{
    const int descriptor = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return "";
    struct flock request {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    std::string reason;
    if (::fcntl(descriptor, F_GETLK, &request) != 0) {
        if (has_no_locks(errno)) reason = left_by(lock, holder(descriptor));
    } else if (request.l_type != F_UNLCK) {
        reason = held_by(holder(descriptor));
    }
    ::close(descriptor);
    return reason;
}

struct Contents {
    bool has_lock = false;
    bool has_more = false;
    std::string fault;  ///< the reason why the folder cannot be listed, or empty
};

Contents list(const fs::path& folder)
{
    Contents contents;
    std::error_code error;
    for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator(); entry.increment(error))
        (entry->path().filename() == lock_name ? contents.has_lock : contents.has_more) = true;
    if (error) contents.fault = fmt::format("cannot be listed: {}; ask for permission, or name another", error.message());
    return contents;
}

constexpr const char* not_empty = "the folder is not empty, and results are never overwritten; name another, or remove it";

InputError refusal(const fs::path& folder, const std::string& reason)
{
    return InputError(fmt::format("output={}: {}", folder.string(), reason));
}

/// Throws the error for a condition that has arisen after the check of the folder (obstacle).
[[noreturn]] void throw_for(const fs::path& folder, const fs::path& what, int code)
{
    if (code == ENOSPC || code == EDQUOT || code == EIO || code == EMFILE || code == ENFILE) throw write_failure(what, code);
    throw refusal(folder, fmt::format("{} cannot be made: {}; name another", what.string(), message_of(code)));
}

}  // namespace

std::string obstacle(const fs::path& folder)
{
    if (longest_name(folder).string().size() >= PATH_MAX) return "its name is too long for the files in it; name another with a shorter name";
    if (const auto fault = fault_of_path(folder); !fault.empty()) return fault;
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) return fault_of_parent(folder);
    if (!fs::is_directory(folder, ignored)) return "is a file, not a folder; name another";
    const auto contents = list(folder);
    if (!contents.fault.empty()) return contents.fault;
    if (contents.has_lock)
        if (auto reason = reported_holder(folder / lock_name); !reason.empty()) return reason;
    if (contents.has_more) return not_empty;
    const auto fault = fault_of_access(folder);
    return fault.empty() ? "" : fmt::format("is not writable: {}; name another, or change that", fault);
}

FolderClaim::FolderClaim(const fs::path& folder) : folder_(folder), lock_(folder / lock_name)
{
    // Between two steps another run may remove the folder or the lock that it has created. The claim is then attempted again.
    constexpr int attempts = 100;
    try {
        for (int attempt = 0; attempt < attempts; ++attempt)
            if (take()) return;
    } catch (const Error&) {
        release();
        throw;
    }
    release();
    throw refusal(folder, "cannot be made here, or is removed again and again; name another");
}

FolderClaim::~FolderClaim()
{
    release();
}

/// Creates the missing folders and records them in `made_`.
void FolderClaim::make_folders()
{
    fs::path path;
    for (const auto& name : folder_) {
        path /= name;
        if (name.empty() || ::mkdir(path.c_str(), 0777) == 0) {
            if (!name.empty()) made_.push_back(path);
            continue;
        }
        const int code = errno;
        std::error_code ignored;
        // On a read-only file system, and without permission to create entries, mkdir fails with these errors even if the folder exists.
        if (code != EEXIST && code != ENOENT && !fs::is_directory(path, ignored)) throw_for(folder_, path, code);
    }
}

/// Attempts to claim the folder. @return false if another run has removed the folder or the lock in the meantime
bool FolderClaim::take()
{
    make_folders();
    int descriptor = ::open(lock_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    const bool is_new = descriptor >= 0;
    if (!is_new && errno == EEXIST) descriptor = ::open(lock_.c_str(), O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
        if (errno == ENOENT) return false;
        throw_for(folder_, lock_, errno);
    }
    struct flock request {};
    request.l_type = F_WRLCK;
    request.l_whence = SEEK_SET;
    const int code = ::fcntl(descriptor, F_SETLK, &request) == 0 ? 0 : errno;
    if (code != 0 && !(is_new && has_no_locks(code))) {
        const auto reason = has_no_locks(code) ? left_by(lock_, holder(descriptor)) : held_by(holder(descriptor));
        ::close(descriptor);
        throw refusal(folder_, reason);
    }
    struct stat locked {};
    struct stat named {};
    if (::fstat(descriptor, &locked) != 0 || ::stat(lock_.c_str(), &named) != 0 || locked.st_ino != named.st_ino) {
        ::close(descriptor);
        return false;
    }
    descriptor_ = descriptor;
    sign();
    const auto contents = list(folder_);
    if (contents.has_more || !contents.fault.empty()) throw refusal(folder_, contents.has_more ? not_empty : contents.fault);
    return true;
}

/// Writes host, process and time to the lock file.
void FolderClaim::sign() const
{
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const auto text = fmt::format("host {}, process {}, since {:%Y-%m-%d %H:%M:%S} UTC\n", host.data(), ::getpid(), fmt::gmtime(std::time(nullptr)));
    if (::ftruncate(descriptor_, 0) != 0) throw write_failure(lock_, errno);
    const auto written = ::pwrite(descriptor_, text.data(), text.size(), 0);
    if (written < 0) throw write_failure(lock_, errno);
    if (static_cast<std::size_t>(written) < text.size()) throw write_failure(lock_, ENOSPC);
    if (::fsync(descriptor_) != 0) throw write_failure(lock_, errno);
}

void FolderClaim::release() noexcept
{
    if (descriptor_ >= 0) {
        ::unlink(lock_.c_str());
        ::close(std::exchange(descriptor_, -1));
    }
    // rmdir fails for a folder that is not empty, which is intended.
    for (; !made_.empty(); made_.pop_back()) ::rmdir(made_.back().c_str());
}

}  // namespace shearwater
