#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include <shearwater/core/random.hpp>
#include <shearwater/engine/sublattice/missed_statistics.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/kmc/options.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// What a sample of the events of a cycle has missed, summed up exactly over all ranks.
template <class Model>
class MissedSample {
  public:
    /// Keeps references to the model and `comm`.
    MissedSample(Model& model, const Communicator& comm, const KmcOptions& options) : model_(model), comm_(comm), options_(options) {}

    /// Measures. Collective.
    /// @param events   of this rank in the cycle  @param all  number of those of all ranks
    /// @param curable  seconds by which events must have come before others for shorter intervals to help
    /// @param more     numbers that are added up over ranks in the same reduction; their sums are `sums_of_more`
    void measure(std::span<const BlockEvent> events, std::int64_t all, double curable, std::span<const std::int64_t> more,
                 MissedStatistics& statistics, Traffic& traffic)
    {
        events_ = gather_all(comm_, chosen(events, all), traffic);
        std::sort(events_.begin(), events_.end(), [](const BlockEvent& a, const BlockEvent& b) { return precedes(a, b); });
        sums_.assign(events_.size() * Model::missed_terms, 0);
        for (std::size_t i = 0; i < events_.size(); ++i) model_.add_missed(events_[i], events, curable, terms(i));
        sums_.insert(sums_.end(), more.begin(), more.end());
        add_up(comm_, sums_, traffic);
        traffic.bytes -= static_cast<std::int64_t>(more.size_bytes());  // who wants them counts them
        missed_.clear();
        for (std::size_t i = 0; i < events_.size(); ++i) {
            missed_.push_back(model_.missed(events_[i], terms(i)));
            statistics.add(missed_.back(), static_cast<double>(all) / static_cast<double>(events_.size()));
        }
    }

    [[nodiscard]] std::span<const std::int64_t> sums_of_more() const noexcept
    {
        return std::span<const std::int64_t>(sums_).subspan(events_.size() * Model::missed_terms);
    }

    /// Of each of these events what it has missed, NaN where that was not measured. @param listed  all events of the cycle, in order
    [[nodiscard]] std::vector<Missed> of(std::span<const BlockEvent> listed) const
    {
        constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
        std::vector<Missed> missed;
        std::size_t next = 0;  // of the measured ones, which have the same order
        for (const BlockEvent& each : listed) {
            const bool was_measured = next < events_.size() && !precedes(each, events_[next]) && !precedes(events_[next], each);
            missed.push_back(was_measured ? missed_[next++] : Missed{unknown, unknown, unknown, unknown, unknown, unknown});
        }
        return missed;
    }

  private:
    [[nodiscard]] std::int64_t* terms(std::size_t event) noexcept { return sums_.data() + event * Model::missed_terms; }

    /// Those of this rank's events that are in the sample.
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

    Model& model_;
    const Communicator& comm_;
    KmcOptions options_;
    std::vector<BlockEvent> events_;  ///< of the sample, in order
    std::vector<Missed> missed_;      ///< what they missed
    std::vector<std::int64_t> sums_;  ///< terms of that, and what else was to be added up
};

}  // namespace shearwater
