#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include <shearwater/engine/engine.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// Counts of the present cycle of the sublattice engine, of one rank or of all ranks together.
struct CycleTally {
    std::int64_t unstable = 0;     ///< blocks in which a barrier has vanished
    std::int64_t failed = 0;       ///< ranks that have failed
    std::int64_t interrupted = 0;  ///< ranks whose time is up
    EventCounts counts;
    std::int64_t bursts = 0;
    std::int64_t sources = 0;  ///< voxels that strained in the cycle
    std::int64_t digest = 0;
    std::int64_t busiest = 0;        ///< events of the busiest rank, summed over phases
    std::int64_t critical_path = 0;  ///< length of the longest chain of events that wait for each other, within ranks and from rank to rank
    StrainCodes codes{};
    std::vector<StrainCodes> codes_on_the_way;  ///< `codes` after each sweep

    /// Counts an event. @param strain_codes  strain codes of the event
    template <class Codes>
    void add(const Event& event, const Codes& strain_codes)
    {
        counts.add(event);
        digest = static_cast<std::int64_t>(static_cast<std::uint64_t>(digest) + shearwater::digest(event));
        for (std::size_t a = 0; a < strain_codes.size(); ++a) codes[a] += strain_codes[a];
    }

    /// Sums the counts over all ranks, in one reduction. Collective.
    /// @param events_of_phase  number of events of this rank in each phase; all ranks have the same number of phases
    void add_up(const Communicator& comm, const std::vector<std::int64_t>& events_of_phase, Traffic& traffic)
    {
        const std::array summed{&unstable,         &failed, &interrupted, &counts.events, &counts.athermal_events,
                                &counts.reversals, &bursts, &sources,     &digest};
        std::vector<std::int64_t> sums;
        for (const auto* count : summed) sums.push_back(*count);
        codes_on_the_way.push_back(codes);
        for (const auto& each : codes_on_the_way) sums.insert(sums.end(), each.begin(), each.end());
        std::vector<std::int64_t> maxima{counts.max_generation, critical_path};
        maxima.insert(maxima.end(), events_of_phase.begin(), events_of_phase.end());
        reduce(comm, sums, maxima, traffic);
        auto next = sums.begin();
        for (auto* count : summed) *count = *next++;
        for (auto& each : codes_on_the_way) {
            std::copy_n(next, each.size(), each.begin());
            next += static_cast<std::ptrdiff_t>(each.size());
        }
        codes = codes_on_the_way.back();
        codes_on_the_way.pop_back();
        counts.max_generation = maxima[0];
        critical_path = maxima[1];
        busiest = std::accumulate(maxima.begin() + 2, maxima.end(), std::int64_t{0});
    }
};

}  // namespace shearwater
