/* Simulates a disk that becomes full, for tests. Loaded into a program by LD_PRELOAD, this library counts the bytes that all processes of the program
 * write to files below a folder, and limits their number: the write that exceeds the limit is cut short, and later ones fail with ENOSPC. Bytes by
 * which a file is extended, or that are allocated, count as if they were written.
 *
 *   FULL_DISK_FOLDER    files below this folder are on the simulated disk
 *   FULL_DISK_COUNTER   a file of 8 bytes, outside the folder, that holds the number of bytes written by all processes
 *   FULL_DISK_BYTES     capacity of the disk [bytes]; without it there is no limit
 *   FULL_DISK_RANK      MPI rank to which the limit applies; without it the limit applies to all
 *   FULL_DISK_BAD_SYNC  fsync of a file whose name contains this fails with EIO
 *   FULL_DISK_NO_LOCKS  requests of locks by fcntl fail with ENOLCK
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The function of the C library that is wrapped. */
#define NEXT(name, type) ((type)dlsym(RTLD_NEXT, name))

typedef ssize_t (*write_function)(int, const void*, size_t);
typedef ssize_t (*pwrite_function)(int, const void*, size_t, off_t);
typedef int (*length_function)(int, off_t);
typedef int (*allocate_function)(int, int, off_t, off_t);
typedef int (*reserve_function)(int, off_t, off_t);
typedef int (*sync_function)(int);
typedef int (*control_function)(int, int, ...);

/* The name of an open file; 0 if it has none. */
static int name_of(int descriptor, char* name)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t length = readlink(link, name, PATH_MAX - 1);
    if (length < 0) return 0;
    name[length] = '\0';
    return 1;
}

/* The rank of this process from the environment variables of Open MPI, Slurm, MPICH and its relatives; NULL outside MPI. */
static const char* own_rank(void)
{
    static const char* const names[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (getenv(names[i]) != NULL) return getenv(names[i]);
    return NULL;
}

static int is_on_disk(int descriptor)
{
    const char* folder = getenv("FULL_DISK_FOLDER");
    const char* rank = getenv("FULL_DISK_RANK");
    const char* own = own_rank();
    char name[PATH_MAX];
    if (folder == NULL || !name_of(descriptor, name)) return 0;
    if (rank != NULL && own != NULL && strcmp(rank, own) != 0) return 0;
    const size_t length = strlen(folder);
    return strncmp(name, folder, length) == 0 && name[length] == '/';
}

/* The number of bytes written so far, in memory that all processes share. */
static _Atomic int64_t* counter(void)
{
    static _Atomic int64_t* shared = NULL;
    const char* path = getenv("FULL_DISK_COUNTER");
    if (shared != NULL || path == NULL) return shared;
    const int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return NULL;
    void* memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (memory != MAP_FAILED) shared = memory;
    return shared;
}

/* Counts bytes as written. Returns how many of them fit on the disk. */
static size_t take(int descriptor, size_t bytes)
{
    if (bytes == 0 || !is_on_disk(descriptor) || counter() == NULL) return bytes;
    const int64_t before = atomic_fetch_add(counter(), (int64_t)bytes);
    const char* limit = getenv("FULL_DISK_BYTES");
    if (limit == NULL) return bytes;
    const int64_t left = atoll(limit) - before;
    return left <= 0 ? 0 : (int64_t)bytes < left ? bytes : (size_t)left;
}

/* 0 if all of the bytes fit on the disk; otherwise the error code. */
static int take_all(int descriptor, off_t bytes)
{
    return bytes <= 0 || take(descriptor, (size_t)bytes) == (size_t)bytes ? 0 : ENOSPC;
}

static ssize_t full(void)
{
    errno = ENOSPC;
    return -1;
}

ssize_t write(int descriptor, const void* data, size_t bytes)
{
    const size_t taken = take(descriptor, bytes);
    return taken == 0 && bytes > 0 ? full() : NEXT("write", write_function)(descriptor, data, taken);
}

ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off_t offset)
{
    const size_t taken = take(descriptor, bytes);
    return taken == 0 && bytes > 0 ? full() : NEXT("pwrite64", pwrite_function)(descriptor, data, taken, offset);
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t offset)
{
    return pwrite64(descriptor, data, bytes, offset);
}

/* The pieces are written one by one, which suffices for a test. */
ssize_t pwritev64(int descriptor, const struct iovec* pieces, int count, off_t offset)
{
    ssize_t sum = 0;
    for (int i = 0; i < count; ++i) {
        const ssize_t written = pwrite64(descriptor, pieces[i].iov_base, pieces[i].iov_len, offset + sum);
        if (written < 0) return sum > 0 ? sum : written;
        sum += written;
        if ((size_t)written < pieces[i].iov_len) break;
    }
    return sum;
}

ssize_t pwritev(int descriptor, const struct iovec* pieces, int count, off_t offset)
{
    return pwritev64(descriptor, pieces, count, offset);
}

ssize_t writev(int descriptor, const struct iovec* pieces, int count)
{
    if (!is_on_disk(descriptor)) return NEXT("writev", ssize_t(*)(int, const struct iovec*, int))(descriptor, pieces, count);
    ssize_t sum = 0;
    for (int i = 0; i < count; ++i) {
        const ssize_t written = write(descriptor, pieces[i].iov_base, pieces[i].iov_len);
        if (written < 0) return sum > 0 ? sum : written;
        sum += written;
        if ((size_t)written < pieces[i].iov_len) break;
    }
    return sum;
}

int ftruncate64(int descriptor, off_t length)
{
    struct stat now;
    if (is_on_disk(descriptor) && fstat(descriptor, &now) == 0 && take_all(descriptor, length - now.st_size) != 0) return (int)full();
    return NEXT("ftruncate64", length_function)(descriptor, length);
}

int ftruncate(int descriptor, off_t length)
{
    return ftruncate64(descriptor, length);
}

int fallocate64(int descriptor, int mode, off_t offset, off_t bytes)
{
    return take_all(descriptor, bytes) != 0 ? (int)full() : NEXT("fallocate64", allocate_function)(descriptor, mode, offset, bytes);
}

int fallocate(int descriptor, int mode, off_t offset, off_t bytes)
{
    return fallocate64(descriptor, mode, offset, bytes);
}

int posix_fallocate64(int descriptor, off_t offset, off_t bytes)
{
    const int code = take_all(descriptor, bytes);
    return code != 0 ? code : NEXT("posix_fallocate64", reserve_function)(descriptor, offset, bytes);
}

int posix_fallocate(int descriptor, off_t offset, off_t bytes)
{
    return posix_fallocate64(descriptor, offset, bytes);
}

int fsync(int descriptor)
{
    const char* bad = getenv("FULL_DISK_BAD_SYNC");
    char name[PATH_MAX];
    if (bad != NULL && name_of(descriptor, name) && strstr(name, bad) != NULL) {
        errno = EIO;
        return -1;
    }
    return NEXT("fsync", sync_function)(descriptor);
}

int fcntl64(int descriptor, int command, ...)
{
    va_list list;
    va_start(list, command);
    void* argument = va_arg(list, void*);
    va_end(list);
    const int is_lock = command == F_SETLK || command == F_SETLKW || command == F_GETLK;
    if (is_lock && getenv("FULL_DISK_NO_LOCKS") != NULL) {
        errno = ENOLCK;
        return -1;
    }
    return NEXT("fcntl64", control_function)(descriptor, command, argument);
}

int fcntl(int descriptor, int command, ...)
{
    va_list list;
    va_start(list, command);
    void* argument = va_arg(list, void*);
    va_end(list);
    return fcntl64(descriptor, command, argument);
}
