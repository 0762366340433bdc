#pragma once

#include <cstdint>
#include <limits>

#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// The next event or end of a search in a window, as found by one rank or, after the reduction, by all ranks.
struct Outcome {
    enum class Kind : std::int32_t {
        Athermal,  ///< `event` happens now, because its barrier has vanished
        Thermal,   ///< `event` happens after `delay`
        Critical,  ///< there is no event before `delay`; from then on a barrier may vanish
        Elapsed,   ///< there is no event in the window
    };

    Kind kind = Kind::Elapsed;
    double delay = std::numeric_limits<double>::infinity();  ///< [s]
    Event event;

    // Vanished barriers have uncertainties, so that it may be undecided whether that of `event` is the lowest.
    double uncertainty = 0.0;                                    ///< uncertainty of its barrier [eV]
    double runner_up = std::numeric_limits<double>::infinity();  ///< lower bound of all other barriers [eV]

    /// Whether the barrier of another voxel may be lower than that of `event`. Of equal barriers that of the first voxel is taken.
    [[nodiscard]] bool is_ambiguous() const noexcept { return kind == Kind::Athermal && event.barrier + uncertainty > runner_up; }

    bool interrupted = false;  ///< whether the interrupt was due on a rank, so that the search is incomplete

    std::int64_t unstable = 0;  ///< number of voxels with a barrier ≤ 0 now, summed over tiles and ranks

    // The first time at which a rate is not finite. If no event happens before, the run must stop.
    double broken_delay = std::numeric_limits<double>::infinity();  ///< [s]
    std::int64_t broken_voxel = -1;                                 ///< the last voxel with such a rate at that time, or -1

    /// Records a rate that is not finite. @param at  time from now [s]
    void report_broken(std::int64_t voxel, double at) noexcept;
    /// Whether a rate that is not finite comes before, or together with, what the outcome says.
    [[nodiscard]] bool is_broken() const noexcept { return broken_voxel >= 0 && broken_delay <= (kind == Kind::Athermal ? 0.0 : delay); }
};

/// Whether `a` comes before `b`. Vanished barriers come first, the lowest first; then events are ordered by time, and then by voxel and mode. This is
/// a total order of outcomes with different events, so that the minimum does not depend on the order in which outcomes are merged.
[[nodiscard]] bool precedes(const Outcome& a, const Outcome& b) noexcept;

/// Merges the outcome of another part of the lattice into an outcome.
void merge(Outcome& into, const Outcome& other) noexcept;

/// A reduction that merges the outcomes of all ranks. It is the only collective operation per event of the exact engine.
class Agreement {
  public:
    /// Keeps a reference to `comm`. Not collective.
    explicit Agreement(const Communicator& comm);
    ~Agreement();
    Agreement(const Agreement&) = delete;
    Agreement& operator=(const Agreement&) = delete;
    Agreement(Agreement&&) = delete;
    Agreement& operator=(Agreement&&) = delete;

    /// Merges the outcomes of all ranks, and returns the result on every rank. Collective.
    [[nodiscard]] Outcome reach(const Outcome& mine);

  private:
    const Communicator& comm_;
    MPI_Datatype type_ = MPI_DATATYPE_NULL;
    MPI_Op operation_ = MPI_OP_NULL;
};

}  // namespace shearwater
