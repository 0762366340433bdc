#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

#include <shearwater/engine/reference/reference.hpp>

#include "fake_lattice.hpp"
#include "fake_run.hpp"

namespace shearwater::test {

/// What ReferenceEngine asks of ReferenceGlass, of a fake lattice.
class FakeModel : public FakeLattice {
  public:
    FakeModel(const FakePhysics& physics, const Communicator& comm)
        : FakeLattice(physics, dealt_tiles(physics, comm)), bounds_(last_.size() * physics_.modes)
    {
    }

    void begin(const Window& window) { window_ = window; }

    [[nodiscard]] TileBounds evaluate(int tile)
    {
        counters_.refreshed_voxels += physics_.voxels_per_tile;
        TileBounds bounds = tighten(tile, 0.0);
        for_each_voxel(tile, [&](int voxel) { bounds.critical = bounds.critical || may_vanish(voxel); });
        return bounds;
    }

    [[nodiscard]] TileBounds tighten(int tile, double since)
    {
        bounded_tile_ = tile;
        TileBounds bounds;
        for_each_mode(tile, [&](int voxel, int mode) {
            double& bound = bounds_[voxel * physics_.modes + mode];
            bound = bound_of_mode(voxel, mode, age_at(voxel, since));
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
            const double now = barrier(voxel, window_.load_begin);
            const double then = barrier(voxel, window_.load_end);
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

    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept
    {
        std::int64_t broken = -1;
        for_each_mode(tile, [&](int voxel, int mode) {
            if (!std::isfinite(bounds_[voxel * physics_.modes + mode])) broken = voxel;
        });
        return broken;
    }

    void apply(std::span<const Event> events) { count(events); }

  private:
    template <class Visit>
    void for_each_mode(int tile, Visit&& visit) const
    {
        for_each_voxel(tile, [&](int voxel) {
            for (int mode = 0; mode < physics_.modes; ++mode) visit(voxel, mode);
        });
    }

    std::vector<double> bounds_;  ///< [voxel][mode] [1/s]
    int bounded_tile_ = -1;
};

static_assert(ReferenceModel<FakeModel>);

/// The reference engine on a fake lattice.
class FakeRun : public EngineRun<FakeModel> {
  public:
    FakeRun(const FakePhysics& physics, const Communicator& comm, const RampedOptions& options)
        : EngineRun(FakeModel(physics, comm), options,
                    [&](FakeModel& model, const Drive& drive) { return std::make_unique<ReferenceEngine<FakeModel>>(model, comm, options, drive); })
    {
    }
};

}  // namespace shearwater::test
