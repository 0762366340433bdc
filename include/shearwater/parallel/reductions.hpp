#pragma once

#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <shearwater/core/exact_sum.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/traffic.hpp>

/// Reductions, broadcasts and gathers over all ranks of a communicator. All of them are collective. The results of reductions depend neither on the
/// number nor on the order of the ranks, since they add integers or take minima and maxima. Sums of doubles on which decisions depend use ExactSum.
namespace shearwater {

[[nodiscard]] std::int64_t sum(const Communicator& comm, std::int64_t value);
[[nodiscard]] double maximum(const Communicator& comm, double value);

/// Sum of all values of all ranks, each ≥ 0 and finite. Collective. The sum is rounded only once, so that it depends neither on the number of ranks
/// nor on the order of the terms.
[[nodiscard]] double exact_sum(const Communicator& comm, std::span<const double> values);
/// Sum of the partial sums of all ranks. Collective.
[[nodiscard]] double exact_sum(const Communicator& comm, const ExactSum& mine);

/// Logical or over all ranks. Collective.
[[nodiscard]] bool any(const Communicator& comm, bool value);

/// Ends collective work if the interrupt of the communicator is due on any rank. Collective, but without communication if no interrupt is armed.
/// @throws Interrupted on every rank
void leave_if_due(const Communicator& comm);

/// Returns the text of rank 0 on every rank. Collective.
[[nodiscard]] std::string broadcast(const Communicator& comm, std::string text);
/// Returns the number of rank 0 on every rank. Collective.
[[nodiscard]] std::int64_t broadcast(const Communicator& comm, std::int64_t value);

/// Reduces sums of some integers and maxima of others over all ranks in one operation, in place. Collective. The lengths of both arrays must be the
/// same on all ranks. Sums may wrap around.
/// @param traffic  is increased by the bytes and the time of the operation
void reduce(const Communicator& comm, std::span<std::int64_t> sums, std::span<std::int64_t> maxima, Traffic& traffic);

/// Sums many integers over all ranks, in place. Collective. In contrast to `reduce`, MPI may split the array and reduce the parts by a faster
/// algorithm. The length must be the same on all ranks, and the sums must not overflow.
/// @param traffic  is increased by the bytes and the time of the operation
void add_up(const Communicator& comm, std::span<std::int64_t> sums, Traffic& traffic);

/// Concatenates the items of all ranks in the order of the ranks. Collective. @tparam Item  trivially copyable
/// @param traffic  is increased by the bytes and the time of the operation
/// @return the items on rank 0, and nothing on other ranks
/// @throws RunError on every rank if the total size exceeds that of an MPI count (2 GB)
template <class Item>
[[nodiscard]] std::vector<Item> gather_on_root(const Communicator& comm, const std::vector<Item>& mine, Traffic& traffic);

/// Concatenates the items of all ranks like `gather_on_root`, and returns them on every rank. Collective.
template <class Item>
[[nodiscard]] std::vector<Item> gather_all(const Communicator& comm, const std::vector<Item>& mine, Traffic& traffic);

/// Concatenates the bytes of all ranks in the order of the ranks. Collective. @return the bytes on rank 0, and nothing on other ranks
[[nodiscard]] std::vector<std::byte> gather_on_root(const Communicator& comm, std::span<const std::byte> mine);

/// Concatenates the bytes of all ranks in the order of the ranks, and returns them on every rank. Collective.
[[nodiscard]] std::vector<std::byte> gather_all(const Communicator& comm, std::span<const std::byte> mine);

/// Throws RunError on every rank if any rank passes a text that is not empty. Collective. The message is the text of the lowest such rank. To be
/// called before the next collective wherever an operation may have failed on some ranks only.
void agree_on_success(const Communicator& comm, const std::string& error);

/// Calls work() on rank 0 only. Collective. @throws RunError on every rank, with the message of the exception, if work() throws
template <class Work>
void on_root(const Communicator& comm, Work&& work)
{
    std::string error;
    if (comm.is_root()) {
        try {
            work();
        } catch (const std::exception& exception) {
            error = exception.what();
        }
    }
    agree_on_success(comm, error);
}

namespace detail {

[[nodiscard]] std::vector<std::byte> gather(const Communicator& comm, std::span<const std::byte> mine, bool on_all, Traffic& traffic);

template <class Item>
[[nodiscard]] std::vector<Item> gather_items(const Communicator& comm, const std::vector<Item>& mine, bool on_all, Traffic& traffic)
{
    static_assert(std::is_trivially_copyable_v<Item>);
    const auto bytes = gather(comm, std::as_bytes(std::span<const Item>(mine)), on_all, traffic);
    std::vector<Item> items(bytes.size() / sizeof(Item));
    if (!bytes.empty()) std::memcpy(items.data(), bytes.data(), bytes.size());
    return items;
}

}  // namespace detail

template <class Item>
std::vector<Item> gather_on_root(const Communicator& comm, const std::vector<Item>& mine, Traffic& traffic)
{
    return detail::gather_items(comm, mine, false, traffic);
}

template <class Item>
std::vector<Item> gather_all(const Communicator& comm, const std::vector<Item>& mine, Traffic& traffic)
{
    return detail::gather_items(comm, mine, true, traffic);
}

}  // namespace shearwater
