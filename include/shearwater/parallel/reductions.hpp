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

/// Reductions over all ranks. All are collective, and none depends on the number or order of ranks: they add integers or
/// take minima and maxima. Sums of doubles that decide anything go through ExactSum.
namespace shearwater {

[[nodiscard]] std::int64_t sum(const Communicator& comm, std::int64_t value);
[[nodiscard]] double maximum(const Communicator& comm, double value);

/// Sum of all values of all ranks, each ≥ 0 and finite, without rounding until the end: it does not depend on the number of
/// ranks or the order of terms.
[[nodiscard]] double exact_sum(const Communicator& comm, std::span<const double> values);
/// The same of what every rank has added up.
[[nodiscard]] double exact_sum(const Communicator& comm, const ExactSum& mine);

/// True on every rank if it is true on one.
[[nodiscard]] bool any(const Communicator& comm, bool value);

/// Ends on all ranks what they do together if the time is up on one of them; without a collective if nothing can end it.
/// @throws Interrupted on every rank
void leave_if_due(const Communicator& comm);

/// The text of rank 0, on every rank.
[[nodiscard]] std::string broadcast(const Communicator& comm, std::string text);
/// The number of rank 0, on every rank.
[[nodiscard]] std::int64_t broadcast(const Communicator& comm, std::int64_t value);

/// Sums of some integers and maxima of others over all ranks, in one reduction; in place. Numbers of both must be the same on all ranks.
/// @param traffic  counts and times it
void reduce(const Communicator& comm, std::span<std::int64_t> sums, std::span<std::int64_t> maxima, Traffic& traffic);

/// Sums of many integers over all ranks, in place: MPI may cut them into parts, each of which goes its own way, which is quicker than one large element. Their
/// number must be the same on all ranks, and sums must not overflow. @param traffic  counts and times it
void add_up(const Communicator& comm, std::span<std::int64_t> sums, Traffic& traffic);

/// Concatenates the items of all ranks, plain data, in the order of ranks, on rank 0; nothing elsewhere. @param traffic  counts and times it
template <class Item>
[[nodiscard]] std::vector<Item> gather_on_root(const Communicator& comm, const std::vector<Item>& mine, Traffic& traffic);

/// The same on every rank.
template <class Item>
[[nodiscard]] std::vector<Item> gather_all(const Communicator& comm, const std::vector<Item>& mine, Traffic& traffic);

[[nodiscard]] std::vector<std::byte> gather_on_root(const Communicator& comm, std::span<const std::byte> mine);

/// Concatenates the bytes of all ranks in the order of ranks, on every rank.
[[nodiscard]] std::vector<std::byte> gather_all(const Communicator& comm, std::span<const std::byte> mine);

/// Ends in the same exception on every rank if any rank has an error text; the lowest rank's text wins.
/// Call it where ranks may disagree on success, before the next collective.
void agree_on_success(const Communicator& comm, const std::string& error);

/// Does something on rank 0 alone. If that fails there, every rank throws RunError with its text. Collective.
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
