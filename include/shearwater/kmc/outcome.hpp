#pragma once

#include <cstdint>
#include <limits>

#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/communicator.hpp>

namespace shearwater {

/// What happens next in a window, as far as one rank, or after the reduction all ranks, know.
struct Outcome {
    enum class Kind : std::int32_t {
        Athermal,  ///< `event` happens now: its barrier has vanished
        Thermal,   ///< `event` happens `delay` from now
        Critical,  ///< nothing happens until `delay` from now, when a barrier may vanish
        Elapsed,   ///< nothing happens in the window
    };

    Kind kind = Kind::Elapsed;
    double delay = std::numeric_limits<double>::infinity();  ///< [s]
    Event event;

    // How sure it is that of several vanished barriers the lowest one is `event`'s.
    double uncertainty = 0.0;                                    ///< of its barrier [eV]
    double runner_up = std::numeric_limits<double>::infinity();  ///< no other barrier is below this [eV]

    /// Whether another vanished barrier may be lower than the one that seems lowest. Of two that are equal the first voxel's is taken.
    [[nodiscard]] bool is_ambiguous() const noexcept { return kind == Kind::Athermal && event.barrier + uncertainty > runner_up; }

    bool interrupted = false;  ///< whether the time is up, so that this is not all there is to know

    // A sum over all tiles.
    std::int64_t unstable = 0;  ///< voxels with a barrier ≤ 0 now

    // The first time at which a rate was found not to be finite: if nothing happens before, the run cannot go on.
    double broken_delay = std::numeric_limits<double>::infinity();  ///< [s]
    std::int64_t broken_voxel = -1;                                 ///< the last of those voxels, or -1

    void report_broken(std::int64_t voxel, double at) noexcept;
    [[nodiscard]] bool is_broken() const noexcept { return broken_voxel >= 0 && broken_delay <= (kind == Kind::Athermal ? 0.0 : delay); }
};

/// Whether `a` comes before `b`: vanished barriers first, lowest first; then by time; then by voxel and mode. A total order
/// on outcomes about different events, so that the least of many does not depend on how they are combined.
[[nodiscard]] bool precedes(const Outcome& a, const Outcome& b) noexcept;

/// Combines what two parts of the lattice say.
void merge(Outcome& into, const Outcome& other) noexcept;

/// The one collective per event: merges the outcomes of all ranks.
class Agreement {
  public:
    /// Keeps a reference to `comm`. Collective on it.
    explicit Agreement(const Communicator& comm);
    ~Agreement();
    Agreement(const Agreement&) = delete;
    Agreement& operator=(const Agreement&) = delete;
    Agreement(Agreement&&) = delete;
    Agreement& operator=(Agreement&&) = delete;

    /// The outcome of all ranks, the same on each. Collective.
    [[nodiscard]] Outcome reach(const Outcome& mine);

  private:
    const Communicator& comm_;
    MPI_Datatype type_ = MPI_DATATYPE_NULL;
    MPI_Op operation_ = MPI_OP_NULL;
};

}  // namespace shearwater
