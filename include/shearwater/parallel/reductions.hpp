#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <shearwater/core/exact_sum.hpp>
#include <shearwater/parallel/communicator.hpp>

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

/// The text of rank 0, on every rank.
[[nodiscard]] std::string broadcast(const Communicator& comm, std::string text);

/// Sums of some integers and maxima of others over all ranks, in one reduction; in place. Numbers of both must be the same on all ranks.
void reduce(const Communicator& comm, std::span<std::int64_t> sums, std::span<std::int64_t> maxima);

/// Concatenates the bytes of all ranks in the order of ranks, on rank 0; nothing elsewhere.
[[nodiscard]] std::vector<std::byte> gather_on_root(const Communicator& comm, std::span<const std::byte> mine);

/// Concatenates the bytes of all ranks in the order of ranks, on every rank.
[[nodiscard]] std::vector<std::byte> gather_all(const Communicator& comm, std::span<const std::byte> mine);

/// Ends in the same exception on every rank if any rank has an error text; the lowest rank's text wins.
/// Call it where ranks may disagree on success, before the next collective.
void agree_on_success(const Communicator& comm, const std::string& error);

}  // namespace shearwater
