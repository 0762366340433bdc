// The exact engine on voxels whose events change each other's rates: sequences of events have the probabilities of a Markov chain.

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "fake_bounded_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

RampedOptions options_with(std::uint64_t seed)
{
    RampedOptions options;
    options.horizon = 2.0 * options.strain_rate;
    options.seed = seed;
    return options;
}

constexpr int coupled_voxels = 4;

/// An event in one voxel (row) multiplies the rates of another (column).
constexpr double coupling_matrix[coupled_voxels][coupled_voxels] = {
    {1.5, 0.2, 3.0, 1.0}, {4.0, 0.5, 1.0, 0.6}, {0.3, 2.5, 0.8, 1.4}, {1.2, 1.9, 0.1, 2.0}};
constexpr double initial_rate[coupled_voxels] = {0.4, 0.9, 0.25, 0.6};

double coupled_rate(std::int64_t voxel, const std::vector<int>& events)
{
    double rate = initial_rate[voxel];
    for (int source = 0; source < coupled_voxels; ++source) rate *= std::pow(coupling_matrix[source][voxel], events[source]);
    return rate;
}

FakePhysics coupled_physics(int tiles)
{
    FakePhysics physics;
    physics.tiles = tiles;
    physics.voxels_per_tile = coupled_voxels / tiles;
    physics.rate = [](std::int64_t voxel, int, double, double) { return initial_rate[voxel]; };
    physics.coupling = [](std::int64_t voxel, const std::vector<int>& events) { return coupled_rate(voxel, events) / initial_rate[voxel]; };
    return physics;
}

double total_rate(const std::vector<int>& events)
{
    double total = 0.0;
    for (int voxel = 0; voxel < coupled_voxels; ++voxel) total += coupled_rate(voxel, events);
    return total;
}

/// Probabilities of the first three events, [first][second][third].
std::vector<double> sequence_probabilities()
{
    std::vector<double> probabilities;
    for (int code = 0; code < coupled_voxels * coupled_voxels * coupled_voxels; ++code) {
        std::vector<int> events(coupled_voxels);
        double probability = 1.0;
        for (const int voxel : {code / 16, code / 4 % 4, code % 4}) {
            probability *= coupled_rate(voxel, events) / total_rate(events);
            ++events[voxel];
        }
        probabilities.push_back(probability);
    }
    return probabilities;
}

/// One run of three events: their voxels and how long the third took, as a number that is uniform if the law is right.
double three_events(const std::vector<Event>& happened)
{
    std::vector<int> events(coupled_voxels);
    for (int i = 0; i < 2; ++i) ++events[happened[i].voxel];
    const double wait = -std::expm1(-total_rate(events) * (happened[2].time - happened[1].time));
    return static_cast<double>(16 * happened[0].voxel + 4 * happened[1].voxel + happened[2].voxel) + std::min(wait, 1.0 - 1e-12);
}

}  // namespace

TEST_CASE("exact: sequences of coupled events have the probabilities of their Markov chain", "[exact]")
{
    constexpr int runs = 100000;
    const Communicator self(MPI_COMM_SELF);
    const auto probabilities = sequence_probabilities();
    PValues family;
    for (const int tiles : {2, 4}) {
        const double factor = tiles == 2 ? 1.3 : 3.0;
        const auto codes = test::over_seeds(runs / 2, [&](std::uint64_t seed) {
            BoundedRun run(coupled_physics(tiles), headroom(factor), self, options_with(seed + (tiles == 2 ? 0 : 500000)));
            return three_events(run.run_to(3));
        });
        std::vector<std::int64_t> counts(probabilities.size());
        std::vector<double> waits;
        for (const double code : codes) {
            ++counts[static_cast<std::size_t>(code)];
            waits.push_back(code - std::floor(code));
        }
        family.add(fmt::format("{} tiles: sequences", tiles), test::proportions_p(counts, probabilities));
        family.add(fmt::format("{} tiles: third wait", tiles), test::kolmogorov_smirnov(waits));
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEST_CASE("exact: sequences of coupled events have the same probabilities when tiles belong to different ranks", "[exact]")
{
    // All ranks together, so that candidates are really taken back.
    constexpr int runs = 1200;
    const auto sequences = sequence_probabilities();
    std::vector<double> probabilities(sequences.size() / coupled_voxels);  // of the first two events: all three are rare
    for (std::size_t code = 0; code < sequences.size(); ++code) probabilities[code / coupled_voxels] += sequences[code];
    std::vector<std::int64_t> counts(probabilities.size());
    std::vector<double> waits;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        BoundedRun run(coupled_physics(4), headroom(3.0), world(), options_with(2000000 + seed));
        const double code = three_events(run.run_to(3));
        ++counts[static_cast<std::size_t>(code) / coupled_voxels];
        waits.push_back(code - std::floor(code));
    }
    PValues family;
    family.add("first two", test::proportions_p(counts, probabilities));
    family.add("third wait", test::kolmogorov_smirnov(waits));
    CAPTURE(family.report());
    REQUIRE(test::everywhere(family.smallest_adjusted() > test::significance));
}
