#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/engine.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/loading/drive.hpp>

namespace shearwater {

/// Marks within a cycle of the sublattice engine. Counts the events of the cycle that come after each mark. Counts are integers, so that their sums
/// over ranks do not depend on an order.
class CycleMarks {
  public:
    /// Counts events for the marks of a cycle.
    /// @param events    events of this rank in the cycle
    /// @param codes_of  codes_of(event) returns the strain codes of an event
    template <class CodesOf>
    CycleMarks(std::span<const Mark> marks, std::span<const BlockEvent> events, const Drive& drive, CodesOf&& codes_of)
    {
        for (const Mark& mark : marks) {
            auto& left = left_.emplace_back(Left{mark, drive.time(mark.load), {}, {}});
            for (const BlockEvent& each : events)
                if (left.time < each.event.time) left.add(each.event, codes_of(each.event));
        }
    }

    /// The counts of this rank, to be summed over ranks.
    [[nodiscard]] std::vector<std::int64_t> numbers() const
    {
        std::vector<std::int64_t> numbers;
        for (const Left& left : left_) {
            numbers.insert(numbers.end(), {left.counts.events, left.counts.athermal_events, left.counts.reversals});
            numbers.insert(numbers.end(), left.codes.begin(), left.codes.end());
        }
        return numbers;
    }

    /// The states of all ranks together at the marks.
    /// @param sums    sums of `numbers` over all ranks, of the same length
    /// @param counts  counts of all events of the cycle
    [[nodiscard]] std::vector<MarkedState> states(std::span<const std::int64_t> sums, const EventCounts& counts) const
    {
        std::vector<MarkedState> states;
        auto next = sums.begin();
        for (const Left& left : left_) {
            auto& state = states.emplace_back(MarkedState{left.mark, left.time, counts, {}, false});
            state.is_past = *next > 0;
            for (auto* count : {&state.counts.events, &state.counts.athermal_events, &state.counts.reversals}) *count -= *next++;
            for (auto& code : state.codes_left) code = *next++;
        }
        return states;
    }

  private:
    /// Events of this rank that come after a mark.
    struct Left {
        Mark mark;
        PreciseTime time;  ///< time of the mark [s]
        EventCounts counts;
        StrainCodes codes;

        template <class Codes>
        void add(const Event& event, const Codes& strain_codes)
        {
            counts.add(event);
            for (std::size_t a = 0; a < strain_codes.size(); ++a) codes[a] += strain_codes[a];
        }
    };

    std::vector<Left> left_;
};

}  // namespace shearwater
