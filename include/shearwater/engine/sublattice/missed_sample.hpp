#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <shearwater/core/random.hpp>
#include <shearwater/engine/concepts.hpp>
#include <shearwater/engine/sublattice/missed_statistics.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// Missed exponents of a sample of the events of a cycle, measured by exact sums over all ranks.
class MissedSample {
  public:
    /// Keeps a reference to `comm`.
    MissedSample(const Communicator& comm, const KmcOptions& options) : comm_(comm), options_(options) {}

    /// Measures the missed exponents of a sample. Collective. @param commit  end of the cycle, not carried out yet
    /// @param events   events of this rank in the cycle  @param all  number of events of all ranks in the cycle
    /// @param curable  smallest lag behind another event at which shorter intervals would reduce the missed exponent [s]
    /// @param more     further numbers that are summed over ranks in the same reduction
    /// @return the sums of `more`
    template <CommitOfCycle Commit>
    [[nodiscard]] std::vector<std::int64_t> measure(Commit& commit, std::span<const BlockEvent> events, std::int64_t all, double curable,
                                                    std::span<const std::int64_t> more, MissedStatistics& statistics, Traffic& traffic)
    {
        events_ = gather_all(comm_, chosen(events, all), traffic);
        std::sort(events_.begin(), events_.end(), [](const BlockEvent& a, const BlockEvent& b) { return precedes(a, b); });
        std::vector<std::int64_t> sums;
        for (const BlockEvent& target : events_) {
            typename Commit::Terms terms;
            commit.add_missed(target, events, curable, terms);
            const auto numbers = terms.numbers();
            sums.insert(sums.end(), numbers.begin(), numbers.end());
        }
        sums.insert(sums.end(), more.begin(), more.end());
        add_up(comm_, sums, traffic);
        traffic.bytes -= static_cast<std::int64_t>(more.size_bytes());  // the caller counts the traffic of its numbers
        missed_.clear();
        auto next = sums.begin();
        for (const BlockEvent& target : events_) {
            typename Commit::Terms::Numbers numbers;
            std::copy_n(next, numbers.size(), numbers.begin());
            next += static_cast<std::ptrdiff_t>(numbers.size());
            missed_.push_back(commit.missed(target, Commit::Terms::from(numbers)));
            statistics.add(missed_.back(), static_cast<double>(all) / static_cast<double>(events_.size()));
        }
        return {next, sums.end()};
    }

    /// The missed exponent of each listed event; NaN where it was not measured. @param listed  all events of the cycle, in order
    [[nodiscard]] std::vector<Missed> of(std::span<const BlockEvent> listed) const
    {
        constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
        std::vector<Missed> missed;
        std::size_t measured = 0;  // index into the sample, which has the same order
        for (const BlockEvent& each : listed) {
            const bool was_measured = measured < events_.size() && !precedes(each, events_[measured]) && !precedes(events_[measured], each);
            missed.push_back(was_measured ? missed_[measured++] : Missed{unknown, unknown, unknown, unknown, unknown, unknown});
        }
        return missed;
    }

  private:
    /// Events of this rank that belong to the sample.
    [[nodiscard]] std::vector<BlockEvent> chosen(std::span<const BlockEvent> events, std::int64_t all) const
    {
        const double share = static_cast<double>(options_.error_sample) / static_cast<double>(all);
        std::vector<BlockEvent> chosen;
        for (const BlockEvent& each : events) {
            const auto& event = each.event;
            const DrawKey key{options_.seed, Purpose::Sample, static_cast<std::uint64_t>(event.voxel), 0,
                              static_cast<std::uint64_t>(event.generation)};
            if (share >= 1.0 || uniform_pair(key)[0] < share) chosen.push_back(each);
        }
        return chosen;
    }

    const Communicator& comm_;
    KmcOptions options_;
    std::vector<BlockEvent> events_;  ///< events of the sample, in order
    std::vector<Missed> missed_;      ///< missed exponents of these events
};

}  // namespace shearwater
