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
    std::int64_t reversals = 0;       ///< events that undo part of the last event of their voxel
    std::int64_t max_generation = 0;  ///< largest number of events of one voxel

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

/// Sums over voxels of the strain coefficients, in units of Catalogue::strain_unit; the first ones are used.
using StrainCodes = std::array<std::int64_t, 5>;

/// A load parameter that was passed within a step with events.
struct Waypoint {
    double load = 0.0;
    StrainCodes codes_left{};  ///< strain codes of later events of the step
};

/// A load parameter at which the state is requested.
struct Mark {
    double load = 0.0;
    bool includes_fields = false;  ///< whether the fields of all voxels are requested, in addition to the mean
};

/// The state, of all ranks together, at a mark that was passed within a step with events.
struct MarkedState {
    Mark mark;
    PreciseTime time;          ///< time of the mark [s]
    EventCounts counts;        ///< counts of the events of the step up to the mark; max_generation is not counted
    StrainCodes codes_left{};  ///< strain codes of later events of the step
    bool is_past = false;      ///< whether the step has later events
};

/// Requests for states within a step. Load parameters within `load_rounding` of each other count as one. All functions are called on all ranks.
///
/// An engine with elastic steps calls `before_events`. An engine with events within its steps calls the others: `marks` before the step, and
/// `at_waypoint` and `at_mark` after all events of the step have entered the model.
struct Requests {
    /// Called before events enter the model at a load parameter. The model has the state after the previous event, and may be read.
    std::function<void(double load)> before_events;
    /// Returns the marks between two load parameters, these excluded, in order.
    std::function<std::vector<Mark>(double begin, double end)> marks;
    std::function<void(const Waypoint&)> at_waypoint;
    std::function<void(const MarkedState&)> at_mark;
};

/// Result of one call of an engine.
struct Step {
    /// The events of the step, in order. Those of a step that is not elastic are on rank 0 only, and only if they are requested.
    std::vector<Event> events;
    PreciseTime now;                                  ///< time at the end of the step [s]
    double load = 0.0;                                ///< load parameter at the end of the step
    bool interval_end = false;                        ///< whether an interval of the drive (with clocks that step, a step) is complete
    bool is_elastic = true;                           ///< whether all events of the step happened at its end, at one time
    bool is_cut = false;                              ///< whether the time was up, so that parts of the cell stopped before the end of the step
    EventCounts counts{};                             ///< counts of the events of all ranks
    std::uint64_t digest = 0;                         ///< sum of the hashes of the events of all ranks, if the step is not elastic
    std::vector<std::vector<double>> event_values{};  ///< values of the event log's columns that only this engine has, for `events` [column][event]
};

/// Counts and times of an engine on this rank. Summed over ranks, the counts of the exact engine do not depend on the number of ranks, except those
/// of voxels and pending events that were evaluated for candidates which were taken back.
struct EngineCounters {
    std::int64_t candidates = 0;  ///< candidates drawn; with the reference engine their number increases with the number of ranks
    std::int64_t rejections = 0;  ///< candidates that were rejected
    ModelCounters model;
    Traffic traffic;
    double rate_seconds = 0.0;
    double communication_seconds = 0.0;  ///< wall time of collectives and messages, waiting included [s]

    /// Lists the counts of the engine itself; times are not part of the state.
    void visit(Archive& archive)
    {
        archive("candidates", candidates);
        archive("rejections", rejections);
        archive("traffic", traffic);
    }
};

/// @throws RunError if a voxel has transformed more often than allowed. @param most  kmc.max_generation
void require_generation(const Event& event, std::int64_t most);

/// Advances a model in time, from one event, or the end of an interval without one, to the next.
class Engine {
  public:
    Engine() = default;
    virtual ~Engine() = default;
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    Engine(Engine&&) = delete;
    Engine& operator=(Engine&&) = delete;

    /// Advances the model by one step. Collective; the result is the same on every rank.
    /// @throws RunError if a rate is not finite or a voxel transforms too often
    /// @throws Interrupted if the time is up. The step returned by the last call then describes the state of the model, if the interruption has left
    /// that complete.
    virtual Step advance() = 0;

    [[nodiscard]] virtual EngineCounters counters() const noexcept = 0;

    /// Fills in the columns of a row of the history that only this engine has. Counts in these columns begin anew afterwards.
    /// @param is_on_the_way  whether the row is of a state within the last step, before its end
    virtual void fill(Row& /*row*/, bool /*is_on_the_way*/) {}

    /// Adds the entries of the summary that only this engine has. Collective.
    virtual void summarize(Entries& /*entries*/) const {}

    /// Lists the state of the engine, without that of its model. It is complete between two steps.
    virtual void visit(Archive& archive) = 0;

    /// Sets the requests that the engine answers from now on. They change no event.
    void serve(Requests requests) { requests_ = std::move(requests); }

  protected:
    [[nodiscard]] const Requests& requests() const noexcept { return requests_; }

  private:
    Requests requests_;
};

}  // namespace shearwater
