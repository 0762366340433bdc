#include <shearwater/kmc/candidate_clocks.hpp>

#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace shearwater;

namespace {

const PreciseTime never(std::numeric_limits<double>::infinity());

/// The first tile with the least time, by looking at all.
int first_of(const std::vector<PreciseTime>& times)
{
    int first = -1;
    for (int tile = 0; tile < static_cast<int>(times.size()); ++tile)
        if (first < 0 || times[tile] < times[first]) first = tile;
    return first;
}

/// A time that often is the same as another, or never, or differs only in its low part.
PreciseTime some_time(std::mt19937& random)
{
    switch (random() % 4) {
        case 0: return never;
        case 1: return PreciseTime(static_cast<double>(random() % 3));
        case 2: return PreciseTime(500.0) + 1e-20 * static_cast<double>(random() % 4);
        default: return PreciseTime(std::uniform_real_distribution<double>(0.0, 1000.0)(random));
    }
}

}  // namespace

TEST_CASE("candidate clocks: no tiles, no first", "[candidate_clocks]")
{
    CHECK(CandidateClocks(0).first() == -1);
}

TEST_CASE("candidate clocks: before any time is set the first tile is first, and has none", "[candidate_clocks]")
{
    for (const int tiles : {1, 2, 3, 5, 8}) {
        const CandidateClocks clocks(tiles);
        CHECK(clocks.first() == 0);
        for (int tile = 0; tile < tiles; ++tile) CHECK(clocks.time(tile) == never);
    }
}

TEST_CASE("candidate clocks: of equal times the lowest tile is first", "[candidate_clocks]")
{
    CandidateClocks clocks(6);
    for (const int tile : {5, 3, 4, 2}) {
        clocks.set(tile, PreciseTime(1.0));
        CHECK(clocks.first() == (tile == 4 ? 3 : tile));
    }
    clocks.set(2, PreciseTime(1.0, 1e-20));
    CHECK(clocks.first() == 3);
}

TEST_CASE("candidate clocks find the same first as looking at all, after any changes", "[candidate_clocks]")
{
    std::mt19937 random(7);
    std::vector<int> sizes{63, 64, 65, 511, 512, 513, 600, 5000};  // rounds that are full, and not
    for (int tiles = 1; tiles <= 40; ++tiles) sizes.push_back(tiles);
    for (const int tiles : sizes) {
        CandidateClocks clocks(tiles);
        std::vector<PreciseTime> times(tiles, never);
        bool same = true;
        for (int change = 0; change < 2000; ++change) {
            const int tile = static_cast<int>(random() % static_cast<unsigned>(tiles));
            times[tile] = some_time(random);
            clocks.set(tile, times[tile]);
            same = same && clocks.first() == first_of(times) && clocks.time(tile) == times[tile];
        }
        CAPTURE(tiles);
        CHECK(same);
    }
}
