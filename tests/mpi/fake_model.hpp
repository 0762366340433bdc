#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include <shearwater/engine/reference.hpp>

#include "support.hpp"

/// A model whose answer is known: what ReferenceEngine asks of GlassModel, without elasticity.
namespace shearwater::test {

/// What the voxels of a fake model do.
struct FakePhysics {
    int tiles = 1;
    int voxels_per_tile = 1;
    int modes = 1;

    /// Rate of a mode [1/s] as a function of the time since the voxel's last event [s] (or since the start) and of the applied strain. It must
    /// not rise with the age and be monotonic in the strain, so that it is largest at one end of a window.
    std::function<double(std::int64_t voxel, int mode, double age, double strain)> rate;

    /// Lowest barrier of a voxel [eV], affine in the strain, when voxels have had these numbers of events. Without it none vanishes.
    std::function<double(std::int64_t voxel, double strain, const std::vector<int>& events)> barrier;
};

/// Tiles are dealt to the ranks in turn; with more ranks than tiles some have none. Voxel = tile * voxels_per_tile + place in tile.
class FakeModel {
  public:
    FakeModel(FakePhysics physics, const Communicator& comm)
        : physics_(std::move(physics)),
          last_(physics_.tiles * physics_.voxels_per_tile),
          events_(last_.size()),
          bounds_(last_.size() * physics_.modes)
    {
        for (int tile = comm.rank(); tile < physics_.tiles; tile += comm.size()) mine_.push_back(tile);
    }

    [[nodiscard]] int tile_count() const noexcept { return static_cast<int>(mine_.size()); }
    [[nodiscard]] std::int64_t tile_id(int tile) const noexcept { return mine_[tile]; }
    [[nodiscard]] std::int64_t voxel_id(const Place& place) const noexcept { return place.slot; }

    void begin(const Window& window) { window_ = window; }

    [[nodiscard]] TileBounds evaluate(int tile)
    {
        TileBounds bounds = tighten(tile, 0.0);
        for_each_voxel(tile, [&](int voxel) {
            bounds.critical = bounds.critical || barrier(voxel, window_.strain_begin) <= 0.0 || barrier(voxel, window_.strain_end) <= 0.0;
        });
        return bounds;
    }

    [[nodiscard]] TileBounds tighten(int tile, double since)
    {
        bounded_tile_ = tile;
        TileBounds bounds;
        for_each_mode(tile, [&](int voxel, int mode) {
            double& bound = bounds_[voxel * physics_.modes + mode];
            const double age = age_at(voxel, since);
            const double begin = physics_.rate(voxel, mode, age, window_.strain_begin);
            const double end = physics_.rate(voxel, mode, age, window_.strain_end);
            bound = begin >= end ? begin : end + (begin - begin);  // NaN if one of them is
            bounds.rate += bound;
        });
        return bounds;
    }

    [[nodiscard]] TileInstability instability(int tile) const
    {
        TileInstability found;
        found.delay = std::numeric_limits<double>::infinity();
        found.barrier = std::numeric_limits<double>::infinity();
        for_each_voxel(tile, [&](int voxel) {
            const double now = barrier(voxel, window_.strain_begin);
            const double then = barrier(voxel, window_.strain_end);
            if (now <= 0.0) {
                ++found.count;
                if (now < found.barrier) {
                    found.barrier = now;
                    found.lowest = {voxel, 0};
                }
            } else if (then < 0.0) {
                found.delay = std::min(found.delay, window_.duration * (now / (now - then)));
            }
        });
        return found;
    }

    [[nodiscard]] Candidate pick(int tile, double share) const
    {
        if (tile != bounded_tile_) throw std::logic_error("the engine picks from a tile that was not bounded last");
        double remaining = 0.0;
        for_each_mode(tile, [&](int voxel, int mode) { remaining += share * bounds_[voxel * physics_.modes + mode]; });
        Candidate chosen;
        bool found = false;
        for_each_mode(tile, [&](int voxel, int mode) {
            const double bound = bounds_[voxel * physics_.modes + mode];
            if (found || bound <= 0.0) return;
            chosen = {{voxel, mode}, bound};
            found = remaining <= bound;
            remaining -= bound;
        });
        return chosen;
    }

    [[nodiscard]] double rate(const Place& place, double delay) const
    {
        return physics_.rate(place.slot, place.mode, age_at(place.slot, delay), strain_at(delay));
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
    [[nodiscard]] std::vector<Event> flips(double threshold)
    {
        std::vector<Event> flips;
        for (int tile = 0; tile < tile_count(); ++tile)
            for_each_voxel(tile, [&](int voxel) {
                const double now = barrier(voxel, window_.strain_begin);
                if (now <= 0.0 || now < threshold) flips.push_back(event({voxel, 0}, 0.0, true));
            });
        std::reverse(flips.begin(), flips.end());
        return flips;
    }

    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept
    {
        std::int64_t broken = -1;
        for_each_mode(tile, [&](int voxel, int mode) {
            if (!std::isfinite(bounds_[voxel * physics_.modes + mode])) broken = voxel;
        });
        return broken;
    }

    void apply(std::span<const Event> events)
    {
        for (const Event& event : events) {
            last_[event.voxel] = event.time;
            ++events_[event.voxel];
        }
    }

    /// Number of events of each voxel.
    [[nodiscard]] const std::vector<int>& events() const noexcept { return events_; }

  private:
    template <class Visit>
    void for_each_voxel(int tile, Visit&& visit) const
    {
        const int first = mine_[tile] * physics_.voxels_per_tile;
        for (int voxel = first; voxel < first + physics_.voxels_per_tile; ++voxel) visit(voxel);
    }

    template <class Visit>
    void for_each_mode(int tile, Visit&& visit) const
    {
        for_each_voxel(tile, [&](int voxel) {
            for (int mode = 0; mode < physics_.modes; ++mode) visit(voxel, mode);
        });
    }

    [[nodiscard]] double barrier(int voxel, double strain) const { return physics_.barrier ? physics_.barrier(voxel, strain, events_) : 1.0; }

    [[nodiscard]] double age_at(int voxel, double delay) const noexcept
    {
        return (window_.frozen ? window_.now : window_.now + delay) - last_[voxel];
    }

    [[nodiscard]] double strain_at(double delay) const noexcept
    {
        if (window_.strain_begin == window_.strain_end) return window_.strain_begin;
        return window_.strain_begin + (window_.strain_end - window_.strain_begin) * (delay / window_.duration);
    }

    FakePhysics physics_;
    std::vector<int> mine_;          ///< tiles of this rank
    std::vector<PreciseTime> last_;  ///< time of each voxel's last event, of all ranks
    std::vector<int> events_;
    std::vector<double> bounds_;  ///< [voxel][mode] [1/s]
    int bounded_tile_ = -1;
    Window window_;
};

/// A model and an engine on it.
class FakeRun {
  public:
    FakeRun(const FakePhysics& physics, const Communicator& comm, const KmcOptions& options) : model_(physics, comm), engine_(model_, comm, options)
    {
    }

    /// Collective on the communicator.
    Step advance() { return engine_.advance(); }

    /// Goes on until so many events have happened in all; fails if that takes more steps than given. Collective on the communicator.
    const std::vector<Event>& run_to(std::size_t count, int most_steps = 100000)
    {
        for (int step = 0; events_.size() < count; ++step) {
            if (step == most_steps) throw std::runtime_error("too few events");
            const Step now = engine_.advance();
            events_.insert(events_.end(), now.events.begin(), now.events.end());
        }
        return events_;
    }

    [[nodiscard]] const FakeModel& model() const noexcept { return model_; }
    [[nodiscard]] const EngineCounters& counters() const noexcept { return engine_.counters(); }

  private:
    FakeModel model_;
    ReferenceEngine<FakeModel> engine_;
    std::vector<Event> events_;
};

/// Calls sample(seed) for seeds 1 to count, shared out among the ranks, and gathers the results. Collective.
template <class Sample>
[[nodiscard]] std::vector<double> over_seeds(int count, Sample&& sample)
{
    std::vector<double> mine;
    for (int seed = 1 + world().rank(); seed <= count; seed += world().size()) mine.push_back(sample(static_cast<std::uint64_t>(seed)));
    const auto bytes = gather_all(world(), std::as_bytes(std::span<const double>(mine)));
    std::vector<double> all(bytes.size() / sizeof(double));
    std::memcpy(all.data(), bytes.data(), bytes.size());
    return all;
}

}  // namespace shearwater::test
