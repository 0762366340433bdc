#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include <shearwater/core/exact_sum.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

/// What has come of a cycle of the sublattice engine so far, on one rank or on all together.
struct CycleTally {
    std::int64_t unstable = 0;  ///< blocks in which a barrier has vanished
    std::int64_t failed = 0;    ///< ranks that cannot go on
    std::int64_t events = 0;
    std::int64_t athermal = 0;
    std::int64_t reversals = 0;
    std::int64_t bursts = 0;
    std::int64_t digest = 0;
    std::int64_t max_generation = 0;
    std::int64_t busiest = 0;             ///< events of the busiest rank, phase by phase added up
    std::int64_t critical_path = 0;       ///< the longest chain of events that wait for each other, within ranks and from rank to rank
    double rested_rate = 0.0;             ///< of all blocks [1/s]
    std::array<std::int64_t, 5> codes{};  ///< sums of strain codes; the first ones are used

    /// Counts an event. @param strain_codes  of it
    template <class Codes>
    void add(const Event& event, const Codes& strain_codes)
    {
        ++events;
        athermal += event.athermal;
        reversals += event.reversal;
        max_generation = std::max<std::int64_t>(max_generation, event.generation + 1);
        digest = static_cast<std::int64_t>(static_cast<std::uint64_t>(digest) + shearwater::digest(event));
        for (std::size_t a = 0; a < strain_codes.size(); ++a) codes[a] += strain_codes[a];
    }

    /// Adds up what all ranks have, in one reduction. Collective.
    /// @param rested  rates of this rank's blocks  @param events_of_phase  events of this rank in each phase; as many phases on all ranks
    void add_up(const Communicator& comm, const ExactSum& rested, const std::vector<std::int64_t>& events_of_phase, Traffic& traffic)
    {
        constexpr std::array counts{&CycleTally::unstable,  &CycleTally::failed, &CycleTally::events, &CycleTally::athermal,
                                    &CycleTally::reversals, &CycleTally::bursts, &CycleTally::digest};
        std::vector<std::int64_t> sums;
        for (const auto count : counts) sums.push_back(this->*count);
        sums.insert(sums.end(), codes.begin(), codes.end());
        sums.insert(sums.end(), rested.digits().begin(), rested.digits().end());
        std::vector<std::int64_t> maxima{max_generation, critical_path};
        maxima.insert(maxima.end(), events_of_phase.begin(), events_of_phase.end());
        reduce(comm, sums, maxima, traffic);
        auto next = sums.begin();
        for (const auto count : counts) this->*count = *next++;
        std::copy_n(next, codes.size(), codes.begin());
        std::array<std::int64_t, ExactSum::words> digits{};
        std::copy_n(next + codes.size(), digits.size(), digits.begin());
        rested_rate = ExactSum(digits).value();
        max_generation = maxima[0];
        critical_path = maxima[1];
        busiest = std::accumulate(maxima.begin() + 2, maxima.end(), std::int64_t{0});
    }
};

}  // namespace shearwater
