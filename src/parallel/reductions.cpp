#include <shearwater/parallel/reductions.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <shearwater/core/error.hpp>
#include <shearwater/core/exact_sum.hpp>
#include <shearwater/parallel/mpi_error.hpp>

namespace shearwater {

std::int64_t sum(const Communicator& comm, std::int64_t value)
{
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_SUM, comm.get()), "MPI_Allreduce");
    return value;
}

double maximum(const Communicator& comm, double value)
{
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, comm.get()), "MPI_Allreduce");
    return value;
}

double exact_sum(const Communicator& comm, std::span<const double> values)
{
    ExactSum local;
    for (const double value : values) local.add(value);
    return exact_sum(comm, local);
}

double exact_sum(const Communicator& comm, const ExactSum& mine)
{
    auto digits = mine.digits();
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, digits.data(), ExactSum::words, MPI_INT64_T, MPI_SUM, comm.get()), "MPI_Allreduce");
    return ExactSum(digits).value();
}

bool any(const Communicator& comm, bool value)
{
    return sum(comm, value ? 1 : 0) > 0;
}

void leave_if_due(const Communicator& comm)
{
    const Interrupt* interrupt = comm.interrupt();
    if (interrupt != nullptr && interrupt->is_armed() && any(comm, interrupt->is_due())) throw Interrupted(true);
}

std::string broadcast(const Communicator& comm, std::string text)
{
    auto length = static_cast<std::int64_t>(text.size());
    check_mpi(MPI_Bcast(&length, 1, MPI_INT64_T, 0, comm.get()), "MPI_Bcast");
    text.resize(length);
    check_mpi(MPI_Bcast(text.data(), static_cast<int>(length), MPI_CHAR, 0, comm.get()), "MPI_Bcast");
    return text;
}

std::int64_t broadcast(const Communicator& comm, std::int64_t value)
{
    check_mpi(MPI_Bcast(&value, 1, MPI_INT64_T, 0, comm.get()), "MPI_Bcast");
    return value;
}

namespace {

/// Numbers of bytes of all ranks. Collective. @throws RunError on every rank if their sum exceeds the range of an MPI count
std::vector<int> counts_of(const Communicator& comm, std::span<const std::byte> mine)
{
    const auto count = static_cast<std::int64_t>(mine.size());
    std::vector<std::int64_t> counts(static_cast<std::size_t>(comm.size()));
    check_mpi(MPI_Allgather(&count, 1, MPI_INT64_T, counts.data(), 1, MPI_INT64_T, comm.get()), "MPI_Allgather");
    if (std::accumulate(counts.begin(), counts.end(), std::int64_t{0}) > std::numeric_limits<int>::max())
        throw RunError(
            "the events to be gathered at once take more than 2 GB; use a smaller cell or increment, shorter cycles (kmc.events_per_window, "
            "kmc.sweeps_per_cycle), or do without the event log (output.event_log = false)");
    return {counts.begin(), counts.end()};
}

}  // namespace

std::vector<std::byte> gather_all(const Communicator& comm, std::span<const std::byte> mine)
{
    const auto counts = counts_of(comm, mine);
    const int count = counts[comm.rank()];
    const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    std::vector<int> starts(comm.size());
    std::exclusive_scan(counts.begin(), counts.end(), starts.begin(), 0);
    std::vector<std::byte> all(static_cast<std::size_t>(total));
    check_mpi(MPI_Allgatherv(mine.data(), count, MPI_BYTE, all.data(), counts.data(), starts.data(), MPI_BYTE, comm.get()), "MPI_Allgatherv");
    return all;
}

std::vector<std::byte> gather_on_root(const Communicator& comm, std::span<const std::byte> mine)
{
    const auto counts = counts_of(comm, mine);
    const int count = counts[comm.rank()];
    std::vector<int> starts(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), starts.begin(), 0);
    std::vector<std::byte> all(comm.is_root() ? std::accumulate(counts.begin(), counts.end(), std::size_t{0}) : 0);
    check_mpi(MPI_Gatherv(mine.data(), count, MPI_BYTE, all.data(), counts.data(), starts.data(), MPI_BYTE, 0, comm.get()), "MPI_Gatherv");
    return all;
}

namespace {

/// Sum modulo 2^64. Sums of hashes wrap around.
std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) noexcept
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Adds integers and takes maxima. Word 0 is the number of sums and word 1 that of sums and maxima together; the values follow, sums first.
void add_or_maximize(void* from, void* into, int* /*count*/, MPI_Datatype* /*type*/)
{
    const auto* other = static_cast<const std::int64_t*>(from);
    auto* mine = static_cast<std::int64_t*>(into);
    const std::int64_t sums = mine[0];
    const std::int64_t all = mine[1];
    for (std::int64_t i = 0; i < all; ++i) {
        std::int64_t& value = mine[2 + i];
        value = i < sums ? wrapping_sum(value, other[2 + i]) : std::max(value, other[2 + i]);
    }
}

}  // namespace

namespace detail {

std::vector<std::byte> gather(const Communicator& comm, std::span<const std::byte> mine, bool on_all, Traffic& traffic)
{
    const double start = MPI_Wtime();
    auto all = on_all ? gather_all(comm, mine) : gather_on_root(comm, mine);
    traffic.collectives += 2;  // the sizes, then the data
    traffic.bytes += static_cast<std::int64_t>(on_all ? all.size() : mine.size());
    traffic.seconds += MPI_Wtime() - start;
    return all;
}

}  // namespace detail

void reduce(const Communicator& comm, std::span<std::int64_t> sums, std::span<std::int64_t> maxima, Traffic& traffic)
{
    const double start = MPI_Wtime();
    std::vector<std::int64_t> words{static_cast<std::int64_t>(sums.size()), static_cast<std::int64_t>(sums.size() + maxima.size())};
    words.insert(words.end(), sums.begin(), sums.end());
    words.insert(words.end(), maxima.begin(), maxima.end());
    // All words form one element, so that MPI does not split them.
    MPI_Datatype type = MPI_DATATYPE_NULL;
    MPI_Op operation = MPI_OP_NULL;
    check_mpi(MPI_Type_contiguous(static_cast<int>(words.size()), MPI_INT64_T, &type), "MPI_Type_contiguous");
    check_mpi(MPI_Type_commit(&type), "MPI_Type_commit");
    check_mpi(MPI_Op_create(add_or_maximize, 1, &operation), "MPI_Op_create");
    const int code = MPI_Allreduce(MPI_IN_PLACE, words.data(), 1, type, operation, comm.get());
    MPI_Op_free(&operation);
    MPI_Type_free(&type);
    check_mpi(code, "MPI_Allreduce");
    const auto first_maximum = words.begin() + 2 + static_cast<std::ptrdiff_t>(sums.size());
    std::copy(words.begin() + 2, first_maximum, sums.begin());
    std::copy(first_maximum, words.end(), maxima.begin());
    ++traffic.collectives;
    traffic.bytes += static_cast<std::int64_t>((sums.size() + maxima.size()) * sizeof(std::int64_t));
    traffic.seconds += MPI_Wtime() - start;
}

void add_up(const Communicator& comm, std::span<std::int64_t> sums, Traffic& traffic)
{
    const double start = MPI_Wtime();
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(sums.size()), MPI_INT64_T, MPI_SUM, comm.get()), "MPI_Allreduce");
    ++traffic.collectives;
    traffic.bytes += static_cast<std::int64_t>(sums.size_bytes());
    traffic.seconds += MPI_Wtime() - start;
}

void agree_on_success(const Communicator& comm, const std::string& error)
{
    int failing = error.empty() ? comm.size() : comm.rank();
    check_mpi(MPI_Allreduce(MPI_IN_PLACE, &failing, 1, MPI_INT, MPI_MIN, comm.get()), "MPI_Allreduce");
    if (failing == comm.size()) return;
    std::int64_t length = static_cast<std::int64_t>(error.size());
    check_mpi(MPI_Bcast(&length, 1, MPI_INT64_T, failing, comm.get()), "MPI_Bcast");
    std::string text = error;
    text.resize(length);
    check_mpi(MPI_Bcast(text.data(), static_cast<int>(length), MPI_CHAR, failing, comm.get()), "MPI_Bcast");
    throw RunError(text);
}

}  // namespace shearwater
