#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/engine.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/loading/drive.hpp>

namespace shearwater {

/// Marks within a cycle of the sublattice engine: counts what of the cycle had not happened by then. Counts are integers, to be added up over ranks.
class CycleMarks {
  public:
    /// Counts for the marks of a cycle.
    /// @param events    of this rank in the cycle
    /// @param codes_of  codes_of(event): its strain codes
    template <class CodesOf>
    CycleMarks(std::span<const Mark> marks, std::span<const BlockEvent> events, const Drive& drive, CodesOf&& codes_of)
    {
        for (const Mark& mark : marks) {
            auto& state = states_.emplace_back(MarkedState{mark.load, drive.time(mark.load), mark.includes_fields});
            for (const BlockEvent& each : events)
                if (state.time < each.event.time) leave_out(each.event, codes_of(each.event), state);
        }
    }

    /// Numbers of this rank that are to be added up.
    [[nodiscard]] std::vector<std::int64_t> numbers() const
    {
        std::vector<std::int64_t> numbers;
        for (const auto& state : states_) {
            numbers.insert(numbers.end(), {state.events_left, state.athermal_left, state.reversals_left});
            numbers.insert(numbers.end(), state.codes_left.begin(), state.codes_left.end());
        }
        return numbers;
    }

    /// The states, of all ranks together. @param sums  of the numbers of all ranks, as many
    [[nodiscard]] std::vector<MarkedState> states(std::span<const std::int64_t> sums) const
    {
        auto states = states_;
        auto next = sums.begin();
        for (auto& state : states) {
            for (auto* count : {&state.events_left, &state.athermal_left, &state.reversals_left}) *count = *next++;
            for (auto& code : state.codes_left) code = *next++;
        }
        return states;
    }

  private:
    template <class Codes>
    static void leave_out(const Event& event, const Codes& codes, MarkedState& state)
    {
        ++state.events_left;
        state.athermal_left += event.athermal;
        state.reversals_left += event.reversal;
        for (std::size_t a = 0; a < codes.size(); ++a) state.codes_left[a] += codes[a];
    }

    std::vector<MarkedState> states_;
};

}  // namespace shearwater
