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

/// What a file below the folder is called at its longest.
fs::path longest_name(const fs::path& folder)
{
    return folder / "snapshots" / "snapshot_000001.h5.tmp";
}

/// Why a path leads nowhere, and what to do, if that is the path's fault; nothing if it only names what is not there yet.
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

/// Whether entries may be made in a folder: why not, or nothing.
std::string fault_of_access(const fs::path& folder)
{
    return ::access(folder.c_str(), W_OK | X_OK) == 0 ? "" : message_of(errno);
}

/// Why the folder cannot be made where it is to be.
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

/// What a lock says of the run that holds it; empty if that has not signed yet.
std::string read_signature(int descriptor)
{
    std::array<char, 512> text{};
    const auto length = ::pread(descriptor, text.data(), text.size(), 0);
    return {text.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
}

/// The same after a moment if need be, in the words of a message.
std::string holder(int descriptor)
{
    for (int attempt = 0; attempt < 20; ++attempt) {
        if (auto signature = read_signature(descriptor); signature.ends_with('\n')) return signature.substr(0, signature.size() - 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return "which has not signed";
}

std::string held_by(const std::string& holder)
{
    return fmt::format("another run writes to this folder: {}; wait until it has ended, or name another folder", holder);
}

/// The claim of a file system without locks.
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

/// Who holds a lock that is not this process's own, in words; nothing if nobody does. Not for the holder itself: it would lose its lock.
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
    std::string fault;  ///< why it cannot be listed
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

/// What came in the way between the look (obstacle) and the claim.
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
    // Between two steps another run may remove what it has made, folder or lock; then all is to be done again.
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

/// Makes what is missing, and remembers it.
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
        // On a read-only file system, or where nothing may be made, this is said even of a folder that exists.
        if (code != EEXIST && code != ENOENT && !fs::is_directory(path, ignored)) throw_for(folder_, path, code);
    }
}

/// Claims the folder; false if another run has just removed what is needed for that.
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

/// Writes into the lock who has it.
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
    // Fails, as it should, for a folder that is not empty.
    for (; !made_.empty(); made_.pop_back()) ::rmdir(made_.back().c_str());
}

}  // namespace shearwater
