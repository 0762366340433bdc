// The tree of cells and its interaction lists: every voxel sees every event once.

#include <shearwater/elasticity/fmm/cell_tree.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <shearwater/elasticity/fmm/interaction_lists.hpp>

using namespace shearwater;

namespace {

/// Calls test(grid, box of a rank) for lattices of even and odd sizes, cut among several numbers of ranks.
template <class Test>
void for_each_box(Test&& test)
{
    const auto visit = [&]<int Dim>(const Grid<Dim>& grid) {
        for (const int ranks : {1, 3, 4}) {
            const Partition<Dim> partition(grid, ranks);
            for (int rank = 0; rank < ranks; ++rank) test(grid, partition.box(rank));
        }
    };
    for (const Index<2>& size : {Index<2>{96, 96}, {256, 192}, {97, 131}, {250, 170}, {389, 33}}) visit(Grid<2>{size});
    for (const Index<3>& size : {Index<3>{48, 48, 48}, {49, 67, 34}, {128, 50, 8}}) visit(Grid<3>{size});
}

template <int Dim>
Index<Dim> some_voxel(const Grid<Dim>& grid, std::mt19937& random)
{
    return grid.index(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(grid.count())));
}

/// Periodic distance along one axis from a point to the points [begin, begin + edge), by comparing with each.
int distance_by_points(int point, int begin, int edge, int size)
{
    int nearest = size;
    for (int x = begin; x < begin + edge; ++x) {
        const int apart = std::abs(x % size - point);
        nearest = std::min({nearest, apart, size - apart});
    }
    return nearest;
}

/// Adds 1 to the count of every voxel of the box that lies in a cell.
template <int Dim>
void count_voxels(const Index<Dim>& cell, int edge, const Box<Dim>& box, std::vector<int>& counts)
{
    Box<Dim> voxels;
    for (int axis = 0; axis < Dim; ++axis) {
        voxels.begin[axis] = cell[axis] * edge;
        voxels.end[axis] = (cell[axis] + 1) * edge;
    }
    voxels = voxels.intersection(box);
    for (std::int64_t i = 0; i < voxels.count(); ++i) ++counts[box.local(voxels.index(i))];
}

bool are_all_one(const std::vector<int>& counts)
{
    return std::all_of(counts.begin(), counts.end(), [](int count) { return count == 1; });
}

}  // namespace

TEST_CASE("near leaves and far cells of an event hold every voxel once", "[cell_tree]")
{
    for_each_box([]<int Dim>(const Grid<Dim>& grid, const Box<Dim>& box) {
        std::mt19937 random(1);
        for (const auto separation : {Separation::PointToCell, Separation::CellToCell}) {
            const CellTree<Dim> tree(grid, box, separation);
            InteractionLists<Dim> lists;
            bool once = true;
            bool near_as_asked = true;
            bool at_distance = true;
            for (int trial = 0; trial < 20; ++trial) {
                const auto source = some_voxel(grid, random);
                lists.find(tree, source, tree.levels());
                std::vector<int> counts(static_cast<std::size_t>(box.count()));
                std::vector<int> near(static_cast<std::size_t>(tree.leaves().count()));
                for (const int leaf : lists.near_leaves()) {
                    count_voxels<Dim>(tree.leaves().index(leaf), tree.leaf_edge, box, counts);
                    ++near[leaf];
                }
                for (const auto& far : lists.far_cells()) {
                    const auto cell = lists.cell_of(far);
                    const int edge = tree.edge(far.level);
                    count_voxels<Dim>(cell, edge, box, counts);
                    int largest = 0;
                    double squared = 0.0;
                    for (int axis = 0; axis < Dim; ++axis) {
                        const int along = distance_by_points(source[axis], cell[axis] * edge, edge, grid.size[axis]);
                        largest = std::max(largest, along);
                        squared += static_cast<double>(along) * along;
                    }
                    at_distance = at_distance && largest >= edge && far.distance == static_cast<int>(std::sqrt(squared));
                }
                once = once && are_all_one(counts);
                for (int leaf = 0; leaf < static_cast<int>(near.size()); ++leaf)
                    near_as_asked = near_as_asked && near[leaf] == (tree.is_near(source, leaf) ? 1 : 0);
            }
            CAPTURE(grid.size, box.begin, box.end);
            CHECK(once);
            CHECK(near_as_asked);
            CHECK(at_distance);
        }
    });
}

TEST_CASE("every voxel sees every event once if multipole expansions stand for it from a level on", "[cell_tree]")
{
    for_each_box([]<int Dim>(const Grid<Dim>& grid, const Box<Dim>& box) {
        std::mt19937 random(2);
        const CellTree<Dim> tree(grid, box, Separation::CellToCell);
        InteractionLists<Dim> lists;
        for (int first_level = 0; first_level <= tree.levels(); ++first_level) {
            bool once = true;
            for (int trial = 0; trial < 8; ++trial) {
                const auto source = some_voxel(grid, random);
                std::vector<int> counts(static_cast<std::size_t>(box.count()));
                lists.find(tree, source, first_level);
                for (const auto& far : lists.far_cells()) count_voxels<Dim>(lists.cell_of(far), tree.edge(far.level), box, counts);
                if (first_level == 0)  // then the lists do not name the near leaves
                    for (int leaf = 0; leaf < static_cast<int>(tree.leaves().count()); ++leaf)
                        if (tree.is_near(source, leaf)) count_voxels<Dim>(tree.leaves().index(leaf), tree.leaf_edge, box, counts);
                for (const int leaf : lists.near_leaves()) count_voxels<Dim>(tree.leaves().index(leaf), tree.leaf_edge, box, counts);
                for (int level = first_level; level < tree.levels(); ++level) {
                    auto source_cell = source;
                    for (int& index : source_cell) index /= tree.edge(level);
                    int visits = 0;
                    tree.for_each_source_cell(level, [&](const Index<Dim>& cell) {
                        if (cell != source_cell) return;
                        ++visits;
                        for (const auto& target : tree.interaction_list(level, cell)) count_voxels<Dim>(target.cell, tree.edge(level), box, counts);
                    });
                    once = once && visits <= 1;
                }
                once = once && are_all_one(counts);
            }
            CAPTURE(grid.size, box.begin, box.end, first_level);
            CHECK(once);
        }
    });
}

TEST_CASE("a tree of near leaves has no far cells", "[cell_tree]")
{
    for_each_box([]<int Dim>(const Grid<Dim>& grid, const Box<Dim>& box) {
        const auto tree = CellTree<Dim>::of_near_leaves(grid, box, Separation::PointToCell);
        InteractionLists<Dim> lists;
        lists.find(tree, {}, tree.levels());
        CHECK(!tree.has_far_cells());
        CHECK(tree.levels() == 1);
        CHECK(lists.far_cells().empty());
        CHECK(static_cast<std::int64_t>(lists.near_leaves().size()) == tree.leaves().count());
        CHECK(tree.is_near({}, 0));
    });
}

TEST_CASE("the parts of a cell are the cells below it", "[cell_tree]")
{
    for_each_box([]<int Dim>(const Grid<Dim>& grid, const Box<Dim>& box) {
        const CellTree<Dim> tree(grid, box, Separation::PointToCell);
        for (int level = 1; level < tree.levels(); ++level) {
            std::vector<int> counts(static_cast<std::size_t>(tree.cells(level - 1).count()));
            for (std::int64_t i = 0; i < tree.cells(level).count(); ++i)
                tree.for_each_part(level, tree.cells(level).index(i),
                                   [&](const Index<Dim>& part, int /*halves*/) { ++counts[tree.cells(level - 1).local(part)]; });
            CAPTURE(grid.size, level);
            CHECK(are_all_one(counts));
        }
    });
}

TEST_CASE("levels go on as long as three cells fit along the longest axis", "[cell_tree]")
{
    CHECK(CellTree<2>::levels_of({{64, 64}}) == 1);
    CHECK(CellTree<2>::levels_of({{191, 96}}) == 1);
    CHECK(CellTree<2>::levels_of({{192, 96}}) == 2);
    CHECK(CellTree<2>::levels_of({{64, 2048}}) == 5);
    CHECK(CellTree<3>::levels_of({{48, 48, 48}}) == 1);
    CHECK(CellTree<3>::levels_of({{96, 48, 48}}) == 2);
}
