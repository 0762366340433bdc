#include <shearwater/lattice/grid.hpp>

#include "support.hpp"

using namespace shearwater;

TEST_CASE("voxel id is x + nx (y + ny z)", "[grid]")
{
    const Grid<3> solid{{17, 9, 5}};
    CHECK(solid.count() == 765);
    CHECK(solid.id({3, 4, 2}) == 3 + 17 * (4 + 9 * 2));
    CHECK(solid.index(3 + 17 * (4 + 9 * 2)) == Index<3>{3, 4, 2});
    const Grid<2> plane{{50, 34}};
    CHECK(plane.id({49, 33}) == 50 * 34 - 1);
    for (std::int64_t id = 0; id < solid.count(); ++id) REQUIRE(solid.id(solid.index(id)) == id);
    for (std::int64_t id = 0; id < plane.count(); ++id) REQUIRE(plane.id(plane.index(id)) == id);
}

TEST_CASE("ids of large lattices need more than 32 bits", "[grid]")
{
    const Grid<2> plane{{65536, 65536}};
    CHECK(plane.count() == std::int64_t{1} << 32);
    CHECK(plane.id({65535, 65535}) == (std::int64_t{1} << 32) - 1);
    CHECK(plane.index((std::int64_t{1} << 32) - 2) == Index<2>{65534, 65535});
}

TEST_CASE("a box numbers its voxels with x fastest", "[grid]")
{
    const Box<3> box{{8, 4, 2}, {11, 8, 4}};
    CHECK(box.count() == 3 * 4 * 2);
    std::int64_t expected = 0;
    for (int z = 2; z < 4; ++z)
        for (int y = 4; y < 8; ++y)
            for (int x = 8; x < 11; ++x, ++expected) {
                REQUIRE(box.local({x, y, z}) == expected);
                REQUIRE(box.index(expected) == Index<3>{x, y, z});
            }
}

TEST_CASE("a box contains its begin and not its end", "[grid]")
{
    const Box<2> box{{8, 4}, {11, 8}};
    CHECK(box.contains({8, 4}));
    CHECK(box.contains({10, 7}));
    CHECK_FALSE(box.contains({11, 7}));
    CHECK_FALSE(box.contains({10, 8}));
    CHECK_FALSE(box.contains({7, 5}));
}

TEST_CASE("the intersection of boxes holds the voxels of both", "[grid]")
{
    const Box<2> box{{2, 3}, {7, 9}};
    for (const Box<2>& other : {Box<2>{{0, 0}, {4, 4}}, Box<2>{{3, 4}, {5, 6}}, Box<2>{{7, 3}, {9, 9}}, Box<2>{{0, 20}, {30, 21}}, box}) {
        const auto common = box.intersection(other);
        std::int64_t both = 0;
        for (int y = 0; y < 30; ++y)
            for (int x = 0; x < 30; ++x) {
                const bool in_both = box.contains({x, y}) && other.contains({x, y});
                both += in_both ? 1 : 0;
                REQUIRE(common.contains({x, y}) == in_both);
            }
        CHECK(common.count() == both);
    }
}

TEST_CASE("refinement multiplies sizes and places", "[grid]")
{
    CHECK(Grid<3>{{3, 4, 5}}.refined(2).size == Index<3>{6, 8, 10});
    const auto box = Box<2>{{1, 2}, {3, 5}}.refined(4);
    CHECK(box == Box<2>{{4, 8}, {12, 20}});
}
