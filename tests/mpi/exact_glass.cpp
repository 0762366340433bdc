#include <shearwater/engine/exact/exact_glass.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <shearwater/parallel/reductions.hpp>

#include "support.hpp"

/// The bounds of the exact engine's glass under events that are made so that stresses far away add up, which those of a run do not do by themselves.

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::world;

namespace {

/// Large enough for a far field.
constexpr Grid<2> grid{{256, 96}};
/// So small that everything is near, and bounds have little to spare.
constexpr Grid<2> small_grid{{64, 64}};
constexpr std::uint64_t seed = 9;

struct TestGlass {
    explicit TestGlass(const Grid<2>& of = grid) : lattice(of) {}

    Grid<2> lattice;
    Partition<2> partition{lattice, world().size()};
    Tiles<2> tiles{lattice, partition.box(world().rank())};
    CatalogueOptions options;
    Catalogue<2> catalogue{options, seed};
    ActivationOptions activation;
    SofteningOptions softening;
    ElasticityOptions elasticity{.elements_per_voxel = 1};
    Moduli moduli = moduli_of<2>(elasticity.young, elasticity.poisson, elasticity.plane);
    ElasticCell<2> cell{
        world(), partition, elasticity, std::make_unique<ElasticSolver<2>>(world(), partition, 1, std::vector{moduli}, elasticity.rtol), {moduli}};
    Loading<2> loading{LoadingOptions().protocol->prescribe({}), cell.mean_stiffness()};
    ExactGlass<2> model{tiles, catalogue, activation, softening, cell, loading};
};

/// A direction in strain space: of one coefficient.
struct Direction {
    int coefficient;
    double sign;
};

/// The mode of a voxel that strains most in a direction.
Event event_along(const TestGlass& glass, const Direction& direction, std::int64_t voxel, int generation, double time)
{
    Event event;
    event.voxel = voxel;
    event.generation = generation;
    event.time = PreciseTime(time);
    double most = -1.0;
    for (int mode = 0; mode < glass.options.modes; ++mode) {
        const auto strain = glass.catalogue.decode(glass.catalogue.strain(voxel, generation, mode));
        const double along = direction.sign * strain[direction.coefficient];
        if (along <= most) continue;
        most = along;
        event.mode = mode;
        std::copy(strain.begin(), strain.end(), event.strain.begin());
    }
    return event;
}

/// The first event of a voxel in the mode with the smallest strain.
Event smallest_event(const TestGlass& glass, std::int64_t voxel, double time)
{
    Event event;
    event.voxel = voxel;
    event.time = PreciseTime(time);
    double least = HUGE_VAL;
    for (int mode = 0; mode < glass.options.modes; ++mode) {
        const auto strain = glass.catalogue.decode(glass.catalogue.strain(voxel, 0, mode));
        const double norm = von_mises_strain(strain);
        if (norm < 0.06 || norm >= least) continue;
        least = norm;
        event.mode = mode;
        std::copy(strain.begin(), strain.end(), event.strain.begin());
    }
    return event;
}

/// Renews all bounds that do not hold at a time, at a fixed strain; all tiles get the least allowance.
void renew(TestGlass& glass, double time)
{
    constexpr double strain = 0.02;
    glass.model.thinned().begin({PreciseTime(time), strain, strain, 1e-3, false, 0.0});
    for (const int tile : glass.model.thinned().take_expired()) std::ignore = glass.model.thinned().refresh(tile, -1);
}

struct Found {
    double largest_ratio = 0.0;
    double lowest_guarded = HUGE_VAL;
};

/// Carries out events one by one, renews bounds after each, and audits all bounds now and then. Collective.
Found audit_while(TestGlass& glass, const Direction& direction, const std::vector<std::int64_t>& voxels, int between)
{
    Found found;
    std::vector<int> generation(grid.count());
    double time = 1.0;
    renew(glass, time);
    int events = 0;
    for (const auto voxel : voxels) {
        const Event event = event_along(glass, direction, voxel, generation[voxel]++, time);
        glass.model.apply(std::span(&event, 1));
        time += 1e-3;  // long enough for softening to settle
        renew(glass, time);
        if (++events % between != 0) continue;
        const auto audit = glass.model.thinned().audit(glass.cell.stress(glass.model.eigenstrain()));
        found.largest_ratio = std::max(found.largest_ratio, maximum(world(), audit.largest_ratio));
        found.lowest_guarded = std::min(found.lowest_guarded, -maximum(world(), -audit.lowest_guarded));
    }
    return found;
}

/// Audits while voxels transform, in modes of several directions. @param name  of what strains the bounds
void check_bounds(const char* name, const std::vector<std::int64_t>& voxels, int between, int least_solves)
{
    double largest = 0.0;
    for (const Direction direction : {Direction{0, 1.0}, Direction{0, -1.0}, Direction{1, 1.0}}) {
        TestGlass glass;
        const auto found = audit_while(glass, direction, voxels, between);
        CHECK(glass.model.counters().flushes >= least_solves);
        CHECK(everywhere(found.largest_ratio <= 1.0));
        CHECK(everywhere(found.lowest_guarded > 0.0));
        largest = std::max(largest, found.largest_ratio);
    }
    if (world().is_root()) fmt::print("bounds under {} events: largest ratio of true rate to bound {:.4f}\n", name, largest);
    // Bounds are used up: what they rest on matters here.
    CHECK(everywhere(largest > 0.5));
    // What they cover besides the allowance, thresholds and the open source, leaves room in these runs; without it the ratio is 0.99.
    CHECK(everywhere(largest < 0.9));
}

/// All voxels of a block, so that all leaves but its neighbours see them from afar; enough for a solve of the whole field.
std::vector<std::int64_t> voxels_of_a_block()
{
    std::vector<std::int64_t> voxels;
    for (int i = 0; i < 1000; ++i) voxels.push_back(grid.id({(7 * i) % 32, 32 + (5 * (i / 32)) % 32}));
    return voxels;
}

}  // namespace

TEST_CASE("bounds hold while the stress of many events far away adds up, and through solves of the whole field", "[deferred]")
{
    check_bounds("far", voxels_of_a_block(), 4, 1);
}

TEST_CASE("a solve of the whole field, which moves the far field into the voxels, is no drift", "[deferred]")
{
    TestGlass glass;
    std::vector<int> generation(grid.count());
    std::int64_t expired_before = 0;
    double time = 1.0;
    renew(glass, time);
    for (const auto voxel : voxels_of_a_block()) {
        const Event event = event_along(glass, {0, 1.0}, voxel, generation[voxel]++, time);
        glass.model.apply(std::span(&event, 1));
        const auto tiles = glass.model.thinned().take_expired();
        const std::int64_t expired = sum(world(), static_cast<std::int64_t>(tiles.size()));
        if (glass.model.counters().flushes > 0) {
            // The far field has grown to several times what a tile is allowed to drift; no more tiles expire than after other events.
            CAPTURE(expired, expired_before);
            CHECK(expired <= expired_before);
            return;
        }
        expired_before = std::max(expired_before, expired);
        time += 1e-3;
        glass.model.thinned().begin({PreciseTime(time), 0.02, 0.02, 1e-3, false, 0.0});
        for (const int tile : tiles) std::ignore = glass.model.thinned().refresh(tile, -1);
    }
    FAIL("there was no solve");
}

TEST_CASE("bounds hold while a few voxels transform again and again", "[deferred]")
{
    std::vector<std::int64_t> voxels;
    for (int i = 0; i < 300; ++i) voxels.push_back(grid.id({40 + 3 * (i / 3 % 5), 40}));
    check_bounds("near", voxels, 1, 0);
}

TEST_CASE("bounds that were tightened hold when the mean stress comes back", "[deferred]")
{
    constexpr double strain = 0.01;
    constexpr double less = strain - 9e-4;  // 0.045 GPa of deviatoric stress, within the least allowance
    TestGlass glass(small_grid);
    glass.model.thinned().audit_candidates();
    const auto look_at = [&](double time, double applied) {
        glass.model.thinned().begin({PreciseTime(time), applied, applied, 1e-3, false, 0.0});
        for (const int tile : glass.model.thinned().take_expired()) std::ignore = glass.model.thinned().refresh(tile, -1);
    };
    look_at(1.0, strain);
    // Small strains, so that of each tile the fresh voxel, and not a neighbour under stress, has the largest rates.
    for (int i = 0; i < 16; ++i) {
        const Event event = smallest_event(glass, small_grid.id({16 * (i % 4) + 3, 16 * (i / 4) + 4}), 1.0);
        glass.model.apply(std::span(&event, 1));
    }
    look_at(1.0, strain);
    // So soon that softening hardly decays and does not hide what the stress does.
    look_at(1.0 + 1e-12, less);
    bool restored = true;
    for (int tile = 0; tile < glass.model.thinned().tile_count(); ++tile) {
        const double bound = glass.model.thinned().bound(tile);
        auto before = glass.model.thinned().save(tile);
        glass.model.thinned().tighten(tile, 1e-12);
        glass.model.thinned().restore(tile, std::move(before));
        restored = restored && glass.model.thinned().bound(tile) == bound;
        glass.model.thinned().tighten(tile, 1e-12);
    }
    look_at(1.0 + 3e-12, strain);
    bool holds = true;
    try {
        // Whatever is drawn, the rate of the voxel is held against its bound and against what its drift so far says.
        for (int tile = 0; tile < glass.model.thinned().tile_count(); ++tile)
            for (int share = 0; share < 200; ++share) std::ignore = glass.model.thinned().decide(tile, 1e-13, (share + 0.5) / 200.0, 1.0);
    } catch (const std::logic_error&) {
        holds = false;
    }
    CHECK(everywhere(restored));
    CHECK(everywhere(holds));
}
