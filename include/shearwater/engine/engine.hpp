#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <shearwater/kmc/counters.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// How far events of the sublattice engine were from the stress that they should have had. Sums up over cycles.
struct MissedStatistics {
    std::int64_t measured = 0;  ///< events
    double events = 0.0;        ///< that they stand for
    double far_squares = 0.0;   ///< sum of squares of Missed::far over these
    double boundary_squares = 0.0;
    double squares = 0.0;              ///< of both together
    double curable_squares = 0.0;      ///< of Missed::curable
    double far_curable_squares = 0.0;  ///< of Missed::far_curable
    double far_largest = 0.0;
    double boundary_largest = 0.0;
    double far_bound = 0.0;  ///< largest bound of one event
    double boundary_bound = 0.0;

    /// @param weight  events that it stands for
    void add(const Missed& missed, double weight) noexcept;
    /// Root mean square over events. @param squares_of  one of the sums of squares
    [[nodiscard]] double root_mean(double squares_of) const noexcept;
    MissedStatistics& operator+=(const MissedStatistics& other) noexcept;
};

/// A cycle of the sublattice engine: counts of all ranks together, the same on any number of them, but for the last two.
struct Cycle {
    double seconds = 0.0;     ///< interval of all its sweeps together
    std::int64_t sweeps = 0;  ///< over all colours, of equal intervals but for the last one of a run
    std::int64_t rounds = 0;  ///< further ones for barriers that had vanished at the end
    double curable = 0.0;     ///< by so much events must come before others for shorter intervals to help [s]
    std::int64_t events = 0;
    std::int64_t athermal_events = 0;
    std::int64_t reversals = 0;
    std::int64_t bursts = 0;          ///< thermal events of voxels that had come to rest
    std::int64_t max_generation = 0;  ///< largest number of events that one of the voxels has had
    std::uint64_t digest = 0;         ///< sum of the hashes of the events
    MissedStatistics missed;
    std::int64_t busiest = 0;        ///< events of the busiest rank, colour by colour added up
    std::int64_t critical_path = 0;  ///< the longest chain of events that wait for each other: on ranks that wait for their neighbours only
};

/// Several cycles together.
struct CycleTotals {
    std::int64_t cycles = 0;
    std::int64_t sweeps = 0;
    std::int64_t rounds = 0;
    std::int64_t bursts = 0;
    std::int64_t busiest = 0;
    std::int64_t critical_path = 0;
    double seconds = 0.0;
    MissedStatistics missed;

    void add(const Cycle& cycle) noexcept;
};

/// Sums over voxels of the coefficients of their strain, in units of Catalogue::strain_unit; the first ones are used.
using StrainCodes = std::array<std::int64_t, 5>;

/// The end of a sweep on the way through a cycle.
struct Waypoint {
    double load = 0.0;         ///< load parameter
    StrainCodes codes_left{};  ///< of events of the cycle that came later
};

/// A load parameter at which the state is asked for.
struct Mark {
    double load = 0.0;
    bool includes_fields = false;  ///< of all voxels, not only the mean
};

/// What is asked for of states on the way. Load parameters within `load_rounding` of each other count as one.
struct Requests {
    /// Engines that go from event to event: called on all ranks before events enter the model, with the load parameter at which they do. The model is as it
    /// was after the last event, and may be looked at.
    std::function<void(double load)> before_events;
    /// Sublattice engine: marks between two load parameters, in order, without these themselves.
    std::function<std::vector<Mark>(double begin, double end)> between;
};

/// What had not yet happened at a mark in a cycle of the sublattice engine, of what it came to. Of all ranks together.
struct MarkedState {
    double load = 0.0;  ///< load parameter
    PreciseTime time;   ///< [s]
    bool includes_fields = false;
    std::int64_t events_left = 0;
    std::int64_t athermal_left = 0;
    std::int64_t reversals_left = 0;
    StrainCodes codes_left{};
};

/// What one call of an engine did.
struct Step {
    /// Carried out now, at one time, in the order of voxels; may be empty. Sublattice engine: those of the cycle in the order of time, on rank 0 and
    /// only if they are asked for.
    std::vector<Event> events;
    PreciseTime now;                     ///< the time after it [s]
    double load = 0.0;                   ///< the load parameter after it
    bool interval_end = false;           ///< an interval of the drive, with clocks that step a step, is complete
    std::optional<Cycle> cycle{};        ///< sublattice engine
    std::vector<Missed> missed{};        ///< of `events`; NaN where it was not measured
    std::vector<Waypoint> on_the_way{};  ///< sublattice engine: ends of all sweeps but the last
    std::vector<MarkedState> marked{};   ///< sublattice engine: marks in the cycle, in order
    bool is_cut = false;                 ///< sublattice engine: the time was up, and blocks have stopped before the end of the cycle
};

/// What an engine counts and times, on this rank. Summed over ranks the counts of the exact engine do not depend on their number, except those
/// of voxels and pending events that were looked at ahead in vain.
struct EngineCounters {
    std::int64_t candidates = 0;  ///< drawn; with the reference engine, ranks draw more the more there are
    std::int64_t rejections = 0;  ///< of them
    std::int64_t cycles = 0;      ///< sublattice engine
    ModelCounters model;
    Traffic traffic;
    Traffic sweeps;  ///< of it: sublattice engine, after each colour, in the search for barriers left over and the choice of intervals
    Traffic far;     ///< of it: sublattice engine, in bringing stresses up to date after cycles, but for solves of the whole field
    double rate_seconds = 0.0;
    double communication_seconds = 0.0;  ///< in collectives and messages, waiting included
    double update_seconds = 0.0;  ///< sublattice engine: in bringing stresses up to date after cycles and measuring errors, with what it communicates
    std::int64_t events_here = 0;  ///< sublattice engine: carried out by this rank
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

    /// From now on answers requests; they change no event.
    void serve(Requests requests) { requests_ = std::move(requests); }

  protected:
    /// Says that events are about to enter the model at a load parameter.
    void announce_events(double load) const
    {
        if (requests_.before_events) requests_.before_events(load);
    }
    /// Marks between two load parameters.
    [[nodiscard]] std::vector<Mark> marks(double begin, double end) const
    {
        return requests_.between ? requests_.between(begin, end) : std::vector<Mark>();
    }

  private:
    Requests requests_;
};

}  // namespace shearwater
