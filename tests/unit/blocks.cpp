#include <shearwater/lattice/blocks.hpp>

#include <algorithm>
#include <limits>
#include <set>

#include <shearwater/core/error.hpp>
#include <shearwater/lattice/partition.hpp>

#include "periodic.hpp"
#include "support.hpp"

using namespace shearwater;

namespace {

template <int Dim>
struct Case {
    Grid<Dim> grid;
    int edge;          ///< wanted
    Index<Dim> parts;  ///< expected
};

/// Lattices that blocks divide and that they do not, with last tiles that are cut, slabs, and axes that are too short to be cut.
template <int Dim>
std::vector<Case<Dim>> cases()
{
    if constexpr (Dim == 2)
        return {{{{64, 64}}, 32, {2, 2}},   {{{63, 64}}, 32, {1, 2}},  {{{64, 16}}, 32, {2, 1}},   {{{8, 8}}, 32, {1, 1}},
                {{{136, 72}}, 32, {4, 2}},  {{{132, 68}}, 32, {4, 2}}, {{{517, 261}}, 64, {8, 4}}, {{{200, 328}}, 33, {6, 8}},
                {{{512, 512}}, 64, {8, 8}}, {{{300, 130}}, 50, {6, 2}}};
    else
        return {{{{32, 32, 32}}, 16, {2, 2, 2}}, {{{256, 256, 4}}, 16, {16, 16, 1}}, {{{36, 34, 20}}, 16, {2, 2, 1}},
                {{{70, 41, 37}}, 16, {4, 2, 2}}, {{{16, 16, 16}}, 16, {1, 1, 1}},    {{{100, 16, 72}}, 18, {4, 1, 4}}};
}

/// Tiles that a block has along an axis, a cut one included.
template <int Dim>
int tiles_along(const Box<Dim>& box, int axis)
{
    return (box.extent(axis) - 1) / tile_edge<Dim>[axis] + 1;
}

template <int Dim>
std::vector<Box<Dim>> boxes_of(const Blocks<Dim>& blocks)
{
    std::vector<Box<Dim>> boxes;
    for (std::int64_t block = 0; block < blocks.count(); ++block) boxes.push_back(blocks.box(block));
    return boxes;
}

/// Voxels between two runs of a periodic axis, on the side where they are fewer; none if they overlap or touch.
int gap_along(const std::array<int, 2>& a, const std::array<int, 2>& b, int size)
{
    int least = size;
    for (int voxel = a[0]; voxel < a[1]; ++voxel) least = std::min(least, test::distance_along(voxel, b[0], b[1], size));
    return std::max(0, least - 1);
}

/// Largest gap between two boxes along any axis.
template <int Dim>
int gap_between(const Grid<Dim>& grid, const Box<Dim>& a, const Box<Dim>& b)
{
    int largest = 0;
    for (int axis = 0; axis < Dim; ++axis)
        largest = std::max(largest, gap_along({a.begin[axis], a.end[axis]}, {b.begin[axis], b.end[axis]}, grid.size[axis]));
    return largest;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("an axis is cut into an even number of blocks of whole tiles, or not at all", "[blocks]", ((int Dim), Dim), 2, 3)
{
    for (const auto& [grid, edge, parts] : cases<Dim>()) {
        CAPTURE(Dim, grid.size, edge);
        const Blocks<Dim> blocks(grid, edge);
        REQUIRE(blocks.grid().size == grid.size);
        REQUIRE(blocks.parts() == parts);
        for (int axis = 0; axis < Dim; ++axis) {
            const int formula = 2 * (grid.size[axis] / (2 * edge));
            REQUIRE(parts[axis] == (formula == 0 ? 1 : formula));
            const auto& cuts = blocks.cuts(axis);
            REQUIRE(static_cast<int>(cuts.size()) == parts[axis] + 1);
            REQUIRE(cuts.front() == 0);
            REQUIRE(cuts.back() == grid.size[axis]);
            REQUIRE(std::all_of(cuts.begin(), cuts.end() - 1, [&](int cut) { return cut % tile_edge<Dim>[axis] == 0; }));
        }
    }
}

TEMPLATE_TEST_CASE_SIG("blocks differ by at most a tile along an axis and are two halos wide where it is cut", "[blocks]", ((int Dim), Dim), 2, 3)
{
    for (const auto& [grid, edge, parts] : cases<Dim>()) {
        CAPTURE(Dim, grid.size, edge);
        const Blocks<Dim> blocks(grid, edge);
        int widest = 0;
        for (int axis = 0; axis < Dim; ++axis) {
            int fewest = std::numeric_limits<int>::max();
            int most = 0;
            for (const auto& box : boxes_of(blocks)) {
                fewest = std::min(fewest, tiles_along(box, axis));
                most = std::max(most, tiles_along(box, axis));
                widest = std::max(widest, box.extent(axis));
                REQUIRE((parts[axis] == 1 || box.extent(axis) >= 2 * halo_width<Dim>));
            }
            REQUIRE(most - fewest <= 1);
        }
        REQUIRE(blocks.widest() == widest);
    }
}

TEMPLATE_TEST_CASE_SIG("every voxel lies in one block, which its index finds", "[blocks]", ((int Dim), Dim), 2, 3)
{
    for (const auto& [grid, edge, parts] : cases<Dim>()) {
        CAPTURE(Dim, grid.size, edge);
        const Blocks<Dim> blocks(grid, edge);
        std::int64_t product = 1;
        for (const int n : parts) product *= n;
        REQUIRE(blocks.count() == product);
        std::vector<int> times(grid.count());
        std::int64_t strangers = 0;
        for (std::int64_t block = 0; block < blocks.count(); ++block) {
            const auto box = blocks.box(block);
            for (std::int64_t i = 0; i < box.count(); ++i) {
                const auto voxel = box.index(i);
                ++times[grid.id(voxel)];
                strangers += blocks.block_of(voxel) != block ? 1 : 0;
            }
        }
        REQUIRE(strangers == 0);
        REQUIRE(std::all_of(times.begin(), times.end(), [](int n) { return n == 1; }));
    }
}

TEMPLATE_TEST_CASE_SIG("neighbours differ in colour, and blocks of one colour are two halos apart", "[blocks]", ((int Dim), Dim), 2, 3)
{
    for (const auto& [grid, edge, parts] : cases<Dim>()) {
        CAPTURE(Dim, grid.size, edge);
        const Blocks<Dim> blocks(grid, edge);
        const int cut_axes = static_cast<int>(std::count_if(parts.begin(), parts.end(), [](int n) { return n > 1; }));
        REQUIRE(blocks.colours() == 1 << cut_axes);
        const auto boxes = boxes_of(blocks);
        std::set<int> used;
        int near_twins = 0;
        for (std::int64_t a = 0; a < blocks.count(); ++a) {
            used.insert(blocks.colour(a));
            for (std::int64_t b = a + 1; b < blocks.count(); ++b) {
                if (blocks.colour(a) != blocks.colour(b)) continue;
                near_twins += gap_between(grid, boxes[a], boxes[b]) < 2 * halo_width<Dim> ? 1 : 0;
            }
        }
        REQUIRE(near_twins == 0);
        // As many as are claimed, from 0 on.
        REQUIRE(static_cast<int>(used.size()) == blocks.colours());
        REQUIRE(*used.begin() == 0);
        REQUIRE(*used.rbegin() == blocks.colours() - 1);
    }
}

TEST_CASE("a step along one axis changes the colour, across the periodic boundary as well", "[blocks]")
{
    const Blocks<3> blocks({{70, 41, 37}}, 16);
    const Grid<3> places{blocks.parts()};
    for (std::int64_t block = 0; block < blocks.count(); ++block)
        for (int axis = 0; axis < 3; ++axis) {
            auto next = places.index(block);
            next[axis] = (next[axis] + 1) % places.size[axis];
            CHECK(blocks.colour(places.id(next)) != blocks.colour(block));
        }
}

TEST_CASE("blocks that are too narrow are an error in kmc.block", "[blocks]")
{
    // 64 voxels are 8 tiles and 2 blocks of 32; of 4 blocks each would have 16.
    CHECK_NOTHROW(Blocks<2>({{64, 64}}, 32));
    CHECK_THROWS_AS(Blocks<2>({{64, 64}}, 16), InputError);
    // What counts is how wide blocks become, not what was asked for.
    CHECK_NOTHROW(Blocks<2>({{128, 64}}, 31));
    CHECK_THROWS_WITH(Blocks<2>({{64, 640}}, 17), Catch::Contains("kmc.block=17") && Catch::Contains("axis y into 36 blocks"));
    // The last tile is cut: blocks of 4 tiles with 32 and 25 voxels.
    CHECK_THROWS_WITH(Blocks<2>({{57, 16}}, 28), Catch::Contains("kmc.block=28") && Catch::Contains("only 25 voxels"));
    // 3D: at least 16.
    CHECK_NOTHROW(Blocks<3>({{32, 32, 32}}, 16));
    CHECK_THROWS_WITH(Blocks<3>({{32, 32, 32}}, 8), Catch::Contains("kmc.block=8") && Catch::Contains("axis x"));
    CHECK_THROWS_WITH(Blocks<3>({{16, 16, 60}}, 15), Catch::Contains("kmc.block=15") && Catch::Contains("60 voxels of axis z into 4 blocks"));
    // Fewer tiles than blocks.
    CHECK_THROWS_AS(Blocks<2>({{64, 64}}, 1), InputError);
    CHECK_THROWS_AS(Blocks<2>({{64, 64}}, 0), std::logic_error);
}

TEMPLATE_TEST_CASE_SIG("what lies within a distance of a box is found around the periodic cell", "[blocks]", ((int Dim), Dim), 2, 3)
{
    Grid<Dim> grid;
    std::vector<Box<Dim>> boxes;
    if constexpr (Dim == 2) {
        grid.size = {21, 13};
        boxes = {{{0, 0}, {8, 8}}, {{8, 8}, {21, 13}}, {{16, 0}, {21, 13}}, {{5, 3}, {6, 4}}, {{0, 0}, {21, 13}}};
    } else {
        grid.size = {11, 9, 4};
        boxes = {{{0, 0, 0}, {4, 4, 4}}, {{8, 4, 0}, {11, 9, 4}}, {{3, 3, 1}, {4, 5, 2}}};
    }
    for (const auto& box : boxes)
        for (const int reach : {0, 1, 3, 6, 30}) {
            CAPTURE(box.begin, box.end, reach);
            std::int64_t different = 0;
            for (std::int64_t id = 0; id < grid.count(); ++id) {
                const auto voxel = grid.index(id);
                different += is_within(grid, voxel, box, reach) != (test::distance_to(grid, voxel, box) <= reach) ? 1 : 0;
            }
            REQUIRE(different == 0);
        }
}

namespace {

/// Whether a box begins and ends where blocks do.
template <int Dim>
bool is_of_whole_blocks(const Blocks<Dim>& blocks, const Box<Dim>& box)
{
    bool whole = box.count() > 0;
    for (int axis = 0; axis < Dim; ++axis) {
        const auto& cuts = blocks.cuts(axis);
        for (const int end : {box.begin[axis], box.end[axis]}) whole = whole && std::find(cuts.begin(), cuts.end(), end) != cuts.end();
    }
    return whole;
}

/// Whether ranks can be arranged such that each has a block.
template <int Dim>
bool can_be_shared(const Blocks<Dim>& blocks, int ranks)
{
    const Grid<Dim> arrangements{blocks.parts()};
    for (std::int64_t i = 0; i < arrangements.count(); ++i) {
        int product = 1;
        for (const int part : arrangements.index(i)) product *= part + 1;
        if (product == ranks) return true;
    }
    return false;
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("ranks get boxes of whole blocks, or an error", "[blocks][partition]", ((int Dim), Dim), 2, 3)
{
    for (const auto& [grid, edge, parts] : cases<Dim>()) {
        const Blocks<Dim> blocks(grid, edge);
        for (int ranks = 1; ranks <= 20; ++ranks) {
            CAPTURE(Dim, grid.size, edge, ranks);
            if (!can_be_shared(blocks, ranks)) {
                REQUIRE_THROWS_AS(Partition<Dim>(blocks, ranks), InputError);
                continue;
            }
            const Partition<Dim> partition(blocks, ranks);
            REQUIRE(partition.ranks() == ranks);
            std::int64_t voxels = 0;
            for (const auto& box : partition.boxes()) {
                REQUIRE(is_of_whole_blocks(blocks, box));
                voxels += box.count();
            }
            REQUIRE(voxels == grid.count());
            // All of a block belongs to one rank.
            for (std::int64_t block = 0; block < blocks.count(); ++block) {
                const auto box = blocks.box(block);
                REQUIRE(partition.box(partition.owner(box.begin)).intersection(box) == box);
            }
        }
    }
}

TEST_CASE("too many ranks for the blocks are an error that names lattice.size and kmc.block", "[blocks][partition]")
{
    const Blocks<2> blocks({{136, 72}}, 32);
    CHECK_NOTHROW(Partition<2>(blocks, 8));
    CHECK_THROWS_WITH(Partition<2>(blocks, 9),
                      Catch::Contains("lattice.size=136x72") && Catch::Contains("4x2 blocks (kmc.block)") && Catch::Contains("9 ranks"));
    // 5 is less than 8, but neither axis has 5 blocks.
    CHECK_THROWS_AS(Partition<2>(blocks, 5), InputError);
    CHECK_THROWS_AS(Partition<2>(Blocks<2>({{60, 60}}, 32), 2), InputError);
}
