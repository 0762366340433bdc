#include <shearwater/lattice/partition.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <shearwater/core/error.hpp>

#include "support.hpp"

using namespace shearwater;

namespace {

template <int Dim>
std::vector<Grid<Dim>> grids()
{
    if constexpr (Dim == 2)
        return {{{64, 64}}, {{50, 34}}, {{17, 9}}, {{8, 8}}, {{1, 1}}, {{256, 4}}};
    else
        return {{{16, 16, 16}}, {{50, 34, 6}}, {{17, 9, 5}}, {{64, 64, 4}}, {{8, 4, 4}}};
}

/// Calls visit(process grid) for every way to arrange the ranks in which each has a tile.
template <int Dim, class Visit>
void for_each_arrangement(const Grid<Dim>& grid, int ranks, Visit&& visit)
{
    Index<Dim> tiles{};
    for (int axis = 0; axis < Dim; ++axis) tiles[axis] = (grid.size[axis] - 1) / tile_edge<Dim>[axis] + 1;
    const Box<Dim> candidates{{}, tiles};
    for (std::int64_t i = 0; i < candidates.count(); ++i) {
        auto parts = candidates.index(i);
        int product = 1;
        for (int& part : parts) product *= ++part;
        if (product == ranks) visit(parts);
    }
}

/// Voxels of the largest box if the tiles of each axis are dealt to its parts evenly, for a lattice of whole tiles.
template <int Dim>
std::int64_t largest_box(const Grid<Dim>& grid, const Index<Dim>& parts)
{
    std::int64_t volume = 1;
    for (int axis = 0; axis < Dim; ++axis) {
        const int tiles = grid.size[axis] / tile_edge<Dim>[axis];
        volume *= ((tiles - 1) / parts[axis] + 1) * tile_edge<Dim>[axis];
    }
    return volume;
}

template <int Dim>
void check_boxes(const Partition<Dim>& partition, int ranks)
{
    const auto& grid = partition.grid();
    REQUIRE(partition.ranks() == ranks);
    const auto boxes = partition.boxes();
    REQUIRE(static_cast<int>(boxes.size()) == ranks);
    std::vector<int> times(grid.count());
    int wrong_owners = 0;
    for (int rank = 0; rank < ranks; ++rank) {
        REQUIRE(boxes[rank] == partition.box(rank));
        REQUIRE(boxes[rank].count() > 0);
        for (int axis = 0; axis < Dim; ++axis) {
            REQUIRE(boxes[rank].begin[axis] % tile_edge<Dim>[axis] == 0);
            const int end = boxes[rank].end[axis];
            REQUIRE((end % tile_edge<Dim>[axis] == 0 || end == grid.size[axis]));
        }
        for (std::int64_t i = 0; i < boxes[rank].count(); ++i) {
            const auto voxel = boxes[rank].index(i);
            ++times[grid.id(voxel)];
            wrong_owners += partition.owner(voxel) != rank ? 1 : 0;
        }
    }
    REQUIRE(wrong_owners == 0);
    REQUIRE(std::all_of(times.begin(), times.end(), [](int n) { return n == 1; }));
}

template <int Dim>
void check_process_grid(const Partition<Dim>& partition)
{
    const auto parts = partition.process_grid();
    const Grid<Dim> process_grid{parts};
    for (int rank = 0; rank < partition.ranks(); ++rank) {
        const auto place = process_grid.index(rank);
        for (int axis = 0; axis < Dim; ++axis) {
            const auto widths = partition.widths(axis);
            REQUIRE(static_cast<int>(widths.size()) == parts[axis]);
            REQUIRE(std::accumulate(widths.begin(), widths.end(), 0) == partition.grid().size[axis]);
            REQUIRE(partition.box(rank).begin[axis] == std::accumulate(widths.begin(), widths.begin() + place[axis], 0));
            REQUIRE(partition.box(rank).extent(axis) == widths[place[axis]]);
        }
    }
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("every voxel lies in the box of its owner alone, for any number of ranks", "[partition]", ((int Dim), Dim), 2, 3)
{
    for (const auto& grid : grids<Dim>()) {
        for (int ranks = 1; ranks <= 70; ++ranks) {
            CAPTURE(Dim, grid.size, ranks);
            bool possible = false;
            for_each_arrangement(grid, ranks, [&](const Index<Dim>&) { possible = true; });
            if (!possible) {
                REQUIRE_THROWS_AS(Partition<Dim>(grid, ranks), InputError);
                continue;
            }
            const Partition<Dim> partition(grid, ranks);
            check_boxes(partition, ranks);
            check_process_grid(partition);
        }
    }
}

TEMPLATE_TEST_CASE_SIG("the largest box is as small as whole tiles allow", "[partition]", ((int Dim), Dim), 2, 3)
{
    // Sizes without smaller last tiles, so that the largest box of an arrangement is known.
    std::vector<Grid<Dim>> even;
    if constexpr (Dim == 2)
        even = {{{64, 64}}, {{256, 8}}, {{72, 40}}};
    else
        even = {{{16, 16, 16}}, {{64, 64, 4}}, {{40, 12, 20}}};
    for (const auto& grid : even)
        for (int ranks = 1; ranks <= 64; ++ranks) {
            auto smallest = std::numeric_limits<std::int64_t>::max();
            for_each_arrangement(grid, ranks, [&](const Index<Dim>& parts) { smallest = std::min(smallest, largest_box<Dim>(grid, parts)); });
            if (smallest == std::numeric_limits<std::int64_t>::max()) continue;
            CAPTURE(Dim, grid.size, ranks);
            std::int64_t largest = 0;
            for (const auto& box : Partition<Dim>(grid, ranks).boxes()) largest = std::max(largest, box.count());
            CHECK(largest == smallest);
        }
}

TEST_CASE("of equally large boxes those with the least surface are chosen", "[partition]")
{
    CHECK(Partition<2>({{64, 64}}, 16).process_grid() == Index<2>{4, 4});
    CHECK(Partition<2>({{128, 64}}, 2).process_grid() == Index<2>{2, 1});
    // Strips would have no more surface.
    CHECK(Partition<2>({{512, 512}}, 4).process_grid() == Index<2>{2, 2});
    CHECK(Partition<2>({{64, 128}}, 2).process_grid() == Index<2>{1, 2});
    CHECK(Partition<3>({{64, 64, 64}}, 64).process_grid() == Index<3>{4, 4, 4});
    CHECK(Partition<3>({{256, 256, 4}}, 16).process_grid() == Index<3>{4, 4, 1});
}

TEST_CASE("too many ranks for the tiles are an error in lattice.size", "[partition]")
{
    // 8 x 8 tiles: 64 ranks do, but 11 does not divide into two numbers up to 8.
    CHECK_NOTHROW(Partition<2>({{64, 64}}, 64));
    CHECK_THROWS_AS(Partition<2>({{64, 64}}, 11), InputError);
    CHECK_THROWS_WITH(Partition<2>({{64, 64}}, 65), Catch::Contains("lattice.size=64x64") && Catch::Contains("65 ranks"));
    CHECK_THROWS_WITH(Partition<3>({{17, 9, 5}}, 37), Catch::Contains("lattice.size=17x9x5") && Catch::Contains("37 ranks"));
    CHECK_THROWS_AS(Partition<2>({{8, 8}}, 2), InputError);
}

TEST_CASE("given cuts become boxes", "[partition]")
{
    const Partition<2> partition({{20, 12}}, {std::vector{0, 7, 20}, std::vector{0, 1, 5, 12}});
    CHECK(partition.ranks() == 6);
    CHECK(partition.box(3) == Box<2>{{7, 1}, {20, 5}});
    CHECK(partition.owner({6, 4}) == 2);
    CHECK(partition.owner({7, 5}) == 5);
    CHECK(partition.widths(1) == std::vector{1, 4, 7});
    CHECK_THROWS_AS(Partition<2>({{20, 12}}, {std::vector{0, 7, 19}, std::vector{0, 12}}), std::logic_error);
}
