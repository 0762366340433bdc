#pragma once

#include <cmath>

#include "fake_bounded_model.hpp"

/// A fake lattice in which everything happens at once, to hold runs on several numbers of ranks against each other.
namespace shearwater::test {

/// Rates that decay, rise with the strain and depend on the events of other voxels; barriers that vanish along the ramp and when the voxel before has
/// transformed.
[[nodiscard]] inline FakePhysics lively_physics(int tiles)
{
    FakePhysics physics;
    physics.tiles = tiles;
    physics.voxels_per_tile = 3;
    physics.modes = 2;
    physics.rate = [](std::int64_t voxel, int mode, double age, double strain) {
        const double fresh = 5.0 * std::exp(-age / 0.02) + 0.5 * std::exp(-age / 0.5);
        return 0.02 * (1.0 + static_cast<double>((voxel + 2 * mode) % 5)) + fresh + 1e2 * strain;
    };
    physics.coupling = [](std::int64_t voxel, const std::vector<int>& events) {
        const std::size_t count = events.size();
        return (0.5 + 0.7 * (events[(voxel + 5) % count] % 3)) * (events[(3 * voxel + 1) % count] % 2 == 0 ? 1.0 : 1.6);
    };
    physics.barrier = [](std::int64_t voxel, double strain, const std::vector<int>& events) {
        const std::size_t before = (voxel + events.size() - 1) % events.size();
        return 0.3 + 0.1 * static_cast<double>(voxel % 4) - 3e3 * strain + 0.2 * events[voxel] - 0.1 * events[before];
    };
    return physics;
}

[[nodiscard]] inline FakeBounds lively_bounds()
{
    FakeBounds bounds;
    bounds.least_headroom = 1.2;
    bounds.most_headroom = 4.0;
    return bounds;
}

}  // namespace shearwater::test
