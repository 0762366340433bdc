#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/record.hpp>
#include <shearwater/kmc/counters.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Counts of events.
struct EventCounts {
    std::int64_t events = 0;
    std::int64_t athermal_events = 0;
    std::int64_t reversals = 0;       ///< events that turn back the last one of their voxel
    std::int64_t max_generation = 0;  ///< largest number of events that one of their voxels has had

    void add(const Event& event) noexcept;
    EventCounts& operator+=(const EventCounts& other) noexcept;

    void visit(Archive& archive)
    {
        archive("events", events);
        archive("athermal_events", athermal_events);
        archive("reversals", reversals);
        archive("max_generation", max_generation);
    }
};

/// Sums over voxels of the coefficients of their strain, in units of Catalogue::strain_unit; the first ones are used.
using StrainCodes = std::array<std::int64_t, 5>;

/// A load parameter that a step in which events happened has passed through.
struct Waypoint {
    double load = 0.0;
    StrainCodes codes_left{};  ///< of events of the step that came later
};

/// A load parameter at which the state is asked for.
struct Mark {
    double load = 0.0;
    bool includes_fields = false;  ///< of all voxels, not only the mean
};

/// The state at a mark that a step in which events happened has passed through. Of all ranks together.
struct MarkedState {
    Mark mark;
    PreciseTime time;          ///< [s]
    EventCounts counts;        ///< of events of the step up to there; max_generation is not counted
    StrainCodes codes_left{};  ///< of events of the step that came later
    bool is_past = false;      ///< whether there are such events
};

/// What is asked for of states on the way of a step. Load parameters within `load_rounding` of each other count as one. All functions are called on
/// all ranks.
///
/// An engine whose steps are elastic calls `before_events`; one whose steps have events on the way calls the others: `marks` before the step, and
/// `at_waypoint` and `at_mark` when all its events have entered the model.
struct Requests {
    /// Events are about to enter the model at a load parameter. The model is as it was after the last event, and may be looked at.
    std::function<void(double load)> before_events;
    /// Marks between two load parameters, in order, without these themselves.
    std::function<std::vector<Mark>(double begin, double end)> marks;
    std::function<void(const Waypoint&)> at_waypoint;
    std::function<void(const MarkedState&)> at_mark;
};

/// What one call of an engine did.
struct Step {
    /// In order. Those of a step that is not elastic are on rank 0 only, and only if they are asked for.
    std::vector<Event> events;
    PreciseTime now;                                  ///< the time after it [s]
    double load = 0.0;                                ///< the load parameter after it
    bool interval_end = false;                        ///< an interval of the drive, with clocks that step a step, is complete
    bool is_elastic = true;                           ///< all its events happened at its end, at one time
    bool is_cut = false;                              ///< the time was up, and parts of the cell have stopped before its end
    EventCounts counts{};                             ///< of the events of all ranks
    std::uint64_t digest = 0;                         ///< sum of the hashes of the events of all ranks, if it is not elastic
    std::vector<std::vector<double>> event_values{};  ///< of `events`: values of Engine::event_columns() [column][event]
};

/// What an engine counts and times, on this rank. Summed over ranks the counts of the exact engine do not depend on their number, except those
/// of voxels and pending events that were looked at ahead in vain.
struct EngineCounters {
    std::int64_t candidates = 0;  ///< drawn; with the reference engine, ranks draw more the more there are
    std::int64_t rejections = 0;  ///< of them
    ModelCounters model;
    Traffic traffic;
    double rate_seconds = 0.0;
    double communication_seconds = 0.0;  ///< in collectives and messages, waiting included

    /// Lists the counts that the engine itself keeps; times are not part of the state.
    void visit(Archive& archive)
    {
        archive("candidates", candidates);
        archive("rejections", rejections);
        archive("traffic", traffic);
    }
};

/// @throws RunError if a voxel transforms too often. @param most  kmc.max_generation
void require_generation(const Event& event, std::int64_t most);

/// Advances a model in time: from one event, or the end of an interval without one, to the next.
class Engine {
  public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    /// Collective; the same on every rank. @throws RunError when a rate is not finite or a voxel transforms too often
    /// @throws Interrupted when the time is up; what the last call returned is then the state of the model, if that is whole
    virtual Step advance() = 0;

    [[nodiscard]] virtual EngineCounters counters() const noexcept = 0;

    /// Columns of the history that only this engine has.
    [[nodiscard]] virtual std::vector<Column> columns() const { return {}; }
    /// Adds their values to a row. What they count begins anew after it.
    /// @param is_on_the_way  whether the row is of a state that the last step has passed through, before its end
    virtual void fill(Row& /*row*/, bool /*is_on_the_way*/) {}

    /// Columns of the event log that only this engine has (Step::event_values).
    [[nodiscard]] virtual std::vector<Column> event_columns() const { return {}; }

    /// Adds the entries of the summary that only this engine has. Collective.
    virtual void summarize(Entries& /*entries*/) const {}

    /// Lists the state of the engine, without that of its model. It is complete between two steps.
    virtual void visit(Archive& archive) = 0;

    /// From now on answers requests; they change no event.
    void serve(Requests requests) { requests_ = std::move(requests); }

  protected:
    [[nodiscard]] const Requests& requests() const noexcept { return requests_; }

  private:
    Requests requests_;
};

}  // namespace shearwater
