#include <shearwater/lattice/tiles.hpp>

#include <map>
#include <set>

#include "support.hpp"

using namespace shearwater;

namespace {

template <int Dim>
std::vector<Grid<Dim>> grids()
{
    if constexpr (Dim == 2)
        return {{{64, 64}}, {{50, 34}}, {{17, 9}}, {{1, 1}}};
    else
        return {{{16, 16, 16}}, {{50, 34, 6}}, {{17, 9, 5}}};
}

/// Numbers of ranks that each lattice above can be cut for, apart from 1x1.
const std::vector<int> rank_counts{1, 2, 3, 4, 6};

/// Tile of a voxel, numbered through the whole lattice.
template <int Dim>
std::int64_t tile_of(const Grid<Dim>& grid, const Index<Dim>& voxel)
{
    Grid<Dim> tiles;
    Index<Dim> tile{};
    for (int axis = 0; axis < Dim; ++axis) {
        tiles.size[axis] = (grid.size[axis] - 1) / tile_edge<Dim>[axis] + 1;
        tile[axis] = voxel[axis] / tile_edge<Dim>[axis];
    }
    return tiles.id(tile);
}

template <int Dim>
void check_slots(const Tiles<Dim>& tiles, std::vector<int>& times)
{
    int wrong = 0;
    std::set<int> slots;
    tiles.for_each([&](int slot) {
        const auto voxel = tiles.voxel(slot);
        const bool right = slot >= 0 && slot < tiles.slots() && tiles.box().contains(voxel) && tiles.slot(voxel) == slot &&
                           tiles.voxel_id(slot) == tiles.grid().id(voxel);
        wrong += right ? 0 : 1;
        ++times[tiles.grid().id(voxel)];
        slots.insert(slot);
    });
    REQUIRE(wrong == 0);
    REQUIRE(static_cast<std::int64_t>(slots.size()) == tiles.box().count());
}

/// Tiles follow each other in memory, and each holds its own voxels.
template <int Dim>
void check_tiles(const Tiles<Dim>& tiles, std::set<std::int64_t>& seen)
{
    int next_group = 0;
    for (const Tile& tile : tiles.tiles()) {
        REQUIRE(seen.insert(tile.id).second);
        REQUIRE(tile.first_group == next_group);
        next_group += tile.groups;
        int strangers = 0;
        for (int group = tile.first_group; group < next_group; ++group)
            for (int lane = 0; lane < tiles.groups()[group].lanes; ++lane)
                strangers += tile_of<Dim>(tiles.grid(), tiles.voxel(lane_count * group + lane)) != tile.id ? 1 : 0;
        REQUIRE(strangers == 0);
    }
    REQUIRE(next_group == static_cast<int>(tiles.groups().size()));
    REQUIRE(tiles.slots() == lane_count * next_group);
    for (int group = 0; group < next_group; ++group) REQUIRE((tiles.groups()[group].lanes >= 1 && tiles.groups()[group].lanes <= lane_count));
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("every voxel has one slot on one rank and every tile one rank", "[tiles]", ((int Dim), Dim), 2, 3)
{
    for (const auto& grid : grids<Dim>())
        for (const int ranks : rank_counts) {
            if (grid.count() == 1 && ranks > 1) continue;
            CAPTURE(Dim, grid.size, ranks);
            std::vector<int> times(grid.count());
            std::set<std::int64_t> seen;
            for (const auto& box : Partition<Dim>(grid, ranks).boxes()) {
                const Tiles<Dim> tiles(grid, box);
                check_slots(tiles, times);
                check_tiles(tiles, seen);
            }
            REQUIRE(times == std::vector<int>(grid.count(), 1));
            Index<Dim> last = grid.size;
            for (int& x : last) --x;
            REQUIRE(*seen.rbegin() == tile_of<Dim>(grid, last));
            REQUIRE(static_cast<std::int64_t>(seen.size()) == *seen.rbegin() + 1);
        }
}

TEMPLATE_TEST_CASE_SIG("a tile has the same voxels in the same order on any number of ranks", "[tiles]", ((int Dim), Dim), 2, 3)
{
    const auto voxels_of_tiles = [](const Grid<Dim>& grid, int ranks) {
        std::map<std::int64_t, std::vector<std::int64_t>> voxels;
        for (const auto& box : Partition<Dim>(grid, ranks).boxes()) {
            const Tiles<Dim> tiles(grid, box);
            for (const Tile& tile : tiles.tiles())
                for (int group = tile.first_group; group < tile.first_group + tile.groups; ++group)
                    for (int lane = 0; lane < tiles.groups()[group].lanes; ++lane)
                        voxels[tile.id].push_back(tiles.voxel_id(lane_count * group + lane));
        }
        return voxels;
    };
    for (const auto& grid : grids<Dim>()) {
        if (grid.count() == 1) continue;
        const auto alone = voxels_of_tiles(grid, 1);
        for (const int ranks : rank_counts) CHECK(voxels_of_tiles(grid, ranks) == alone);
    }
}
