#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include <shearwater/kmc/counters.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/parallel/communicator.hpp>

/// A lattice whose behaviour is known, without elasticity: what the fake models of all engines have in common.
namespace shearwater::test {

/// What the voxels of a fake model do.
struct FakePhysics {
    int tiles = 1;
    int voxels_per_tile = 1;
    int modes = 1;

    /// Rate of a mode [1/s] as a function of the time since the voxel's last event [s] (or since the start) and of the applied strain. It must
    /// not rise with the age and be monotonic in the strain, so that it is largest at one end of a window.
    std::function<double(std::int64_t voxel, int mode, double age, double strain)> rate;

    /// Factor of all rates of a voxel when voxels have had these numbers of events. Without it voxels do not know of each other.
    std::function<double(std::int64_t voxel, const std::vector<int>& events)> coupling;

    /// Lowest barrier of a voxel [eV], affine in the strain, when voxels have had these numbers of events. Without it none vanishes.
    std::function<double(std::int64_t voxel, double strain, const std::vector<int>& events)> barrier;
};

/// Tiles dealt to the ranks in turn: those of this rank. With more ranks than tiles some have none.
[[nodiscard]] inline std::vector<int> dealt_tiles(const FakePhysics& physics, const Communicator& comm)
{
    std::vector<int> mine;
    for (int tile = comm.rank(); tile < physics.tiles; tile += comm.size()) mine.push_back(tile);
    return mine;
}

/// Voxel = tile * voxels_per_tile + place in tile.
class FakeLattice {
  public:
    /// @param mine  tiles of this rank, in order
    FakeLattice(FakePhysics physics, std::vector<int> mine)
        : physics_(std::move(physics)), mine_(std::move(mine)), last_(physics_.tiles * physics_.voxels_per_tile), events_(last_.size())
    {
    }
    virtual ~FakeLattice() = default;
    FakeLattice(const FakeLattice&) = default;
    FakeLattice& operator=(const FakeLattice&) = default;
    FakeLattice(FakeLattice&&) = default;
    FakeLattice& operator=(FakeLattice&&) = default;

    [[nodiscard]] int tile_count() const noexcept { return static_cast<int>(mine_.size()); }
    [[nodiscard]] std::int64_t tile_id(int tile) const noexcept { return mine_[tile]; }
    [[nodiscard]] std::int64_t voxel_id(const Place& place) const noexcept { return place.slot; }
    [[nodiscard]] const ModelCounters& counters() const noexcept { return counters_; }

    /// Rate of a mode `delay` after the beginning of the window [1/s].
    [[nodiscard]] double rate(const Place& place, double delay) const
    {
        return coupling(place.slot) * physics_.rate(place.slot, place.mode, age_at(place.slot, delay), strain_at(delay));
    }

    [[nodiscard]] Event event(const Place& place, double delay, bool athermal) const
    {
        Event event;
        event.voxel = place.slot;
        event.mode = place.mode;
        event.generation = events_[place.slot];
        event.time = window_.now + delay;
        event.athermal = athermal ? 1 : 0;
        event.barrier = barrier(place.slot, strain_at(delay));
        return event;
    }

    /// From the last voxel to the first, so that putting them in order is left to the engine.
    [[nodiscard]] std::vector<Event> flips(double threshold) const
    {
        std::vector<Event> flips;
        for (int tile = tile_count() - 1; tile >= 0; --tile)
            for (int voxel = first_voxel(tile) + physics_.voxels_per_tile - 1; voxel >= first_voxel(tile); --voxel) {
                const double now = barrier(voxel, window_.load_begin);
                if (now <= 0.0 || now < threshold) flips.push_back(event({voxel, 0}, 0.0, true));
            }
        return flips;
    }

    /// Number of events of each voxel.
    [[nodiscard]] const std::vector<int>& events() const noexcept { return events_; }

  protected:
    [[nodiscard]] int first_voxel(int tile) const noexcept { return mine_[tile] * physics_.voxels_per_tile; }

    template <class Visit>
    void for_each_voxel(int tile, Visit&& visit) const
    {
        for (int voxel = first_voxel(tile); voxel < first_voxel(tile) + physics_.voxels_per_tile; ++voxel) visit(voxel);
    }

    /// Number of events of each voxel, as far as a voxel of this rank knows of them.
    [[nodiscard]] virtual const std::vector<int>& seen_by(int /*voxel*/) const { return events_; }

    [[nodiscard]] double coupling(int voxel) const { return physics_.coupling ? physics_.coupling(voxel, seen_by(voxel)) : 1.0; }
    [[nodiscard]] double barrier(int voxel, double strain) const { return physics_.barrier ? physics_.barrier(voxel, strain, seen_by(voxel)) : 1.0; }

    /// Bound of a mode's rate in the window at an age; NaN if the rate at one of its ends is.
    [[nodiscard]] double bound_of_mode(int voxel, int mode, double age) const
    {
        const double begin = physics_.rate(voxel, mode, age, window_.load_begin);
        const double end = physics_.rate(voxel, mode, age, window_.load_end);
        return coupling(voxel) * (begin >= end ? begin : end + (begin - begin));
    }

    /// Whether the barrier of a voxel has vanished or will in the window.
    [[nodiscard]] bool may_vanish(int voxel) const { return barrier(voxel, window_.load_begin) <= 0.0 || barrier(voxel, window_.load_end) <= 0.0; }

    [[nodiscard]] PreciseTime when(double delay) const noexcept { return window_.frozen ? window_.now : window_.now + delay; }
    [[nodiscard]] double age_at(int voxel, double delay) const noexcept { return when(delay) - last_[voxel]; }

    [[nodiscard]] double strain_at(double delay) const noexcept
    {
        if (window_.load_begin == window_.load_end) return window_.load_begin;
        return window_.load_begin + (window_.load_end - window_.load_begin) * (delay / window_.duration);
    }

    void count(std::span<const Event> events)
    {
        for (const Event& event : events) {
            last_[event.voxel] = event.time;
            ++events_[event.voxel];
        }
    }

    FakePhysics physics_;
    std::vector<int> mine_;          ///< tiles of this rank
    std::vector<PreciseTime> last_;  ///< time of each voxel's last event
    std::vector<int> events_;
    Window window_;
    ModelCounters counters_;
};

}  // namespace shearwater::test
