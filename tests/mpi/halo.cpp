// Neighbours learn of what lies near to them, however boxes are cut: against a search through the items of all ranks.

#include <shearwater/lattice/halo.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include <shearwater/core/random.hpp>
#include <shearwater/lattice/blocks.hpp>
#include <shearwater/parallel/reductions.hpp>

#include "periodic.hpp"
#include "support.hpp"

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::world;

namespace {

/// Something at a voxel; several may be there.
struct Item {
    std::int64_t voxel;
    std::int64_t number;
    double weight;
};

bool precedes(const Item& a, const Item& b)
{
    return std::tuple(a.weight, a.voxel, a.number) < std::tuple(b.weight, b.voxel, b.number);
}

bool identical(const std::vector<Item>& a, const std::vector<Item>& b)
{
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Item)) == 0);
}

/// Items all over the lattice, some twice at a place, in no order. Every rank can make them all.
template <int Dim>
std::vector<Item> all_items(const Grid<Dim>& grid, double density)
{
    std::vector<Item> items;
    for (std::int64_t i = 0; i < grid.count(); ++i) {
        const std::int64_t voxel = (7919 * i) % grid.count();  // 7919 is a prime that divides no size below
        for (std::uint32_t number = 0; number < 2; ++number) {
            const auto [draw, weight] = uniform_pair({5, Purpose::Waiting, static_cast<std::uint64_t>(voxel), number, 0});
            if (draw < density) items.push_back({voxel, number, std::floor(8.0 * weight)});
        }
    }
    return items;
}

template <int Dim>
std::vector<Item> items_in(const Grid<Dim>& grid, const Box<Dim>& box, const std::vector<Item>& items)
{
    std::vector<Item> inside;
    for (const Item& item : items)
        if (box.contains(grid.index(item.voxel))) inside.push_back(item);
    return inside;
}

/// What a rank is to learn, found by looking at all items.
template <int Dim>
std::vector<Item> items_near(const Grid<Dim>& grid, const Box<Dim>& box, int radius, const std::vector<Item>& items)
{
    std::vector<Item> near;
    for (const Item& item : items) {
        const auto voxel = grid.index(item.voxel);
        if (!box.contains(voxel) && test::distance_to(grid, voxel, box) <= radius) near.push_back(item);
    }
    std::sort(near.begin(), near.end(), precedes);
    return near;
}

/// An exchange of items at voxels.
template <int Dim>
struct Exchange {
    Exchange(const Partition<Dim>& partition, int radius)
        : grid(partition.grid()), box(partition.box(world().rank())), halo(world(), HaloPlan<Dim>(partition, world().rank(), radius))
    {
    }

    /// Collective.
    std::vector<Item> spread(const std::vector<Item>& all)
    {
        const auto mine = items_in(grid, box, all);
        return halo.template spread<Item>(
            mine, [&](const Item& item) { return grid.index(item.voxel); }, precedes);
    }

    /// The same axis by axis, while the rank changes what it had. Collective.
    std::vector<Item> spread_meanwhile(const std::vector<Item>& all)
    {
        auto mine = items_in(grid, box, all);
        auto spread = halo.template begin_spread<Item>(
            mine, [&](const Item& item) { return grid.index(item.voxel); }, precedes);
        for (int axis = 0; axis < halo.plan().axes() + 1; ++axis) {
            for (Item& item : mine) item.weight = -1.0;
            spread.advance();  // once more than there are axes does nothing
        }
        return spread.finish();
    }

    Grid<Dim> grid;
    Box<Dim> box;
    HaloExchange<Dim> halo;
};

/// None, few and many.
template <int Dim>
std::vector<std::vector<Item>> sets_of_items(const Grid<Dim>& grid)
{
    return {{}, all_items(grid, 0.002), all_items(grid, 0.2)};
}

/// Compares with the search. Collective.
template <int Dim>
void check(const Partition<Dim>& partition, int radius, const std::vector<std::vector<Item>>& sets)
{
    CAPTURE(Dim, partition.grid().size, partition.process_grid(), radius);
    Exchange<Dim> exchange(partition, radius);
    bool same = true;
    for (const auto& items : sets) {
        const auto expected = items_near(exchange.grid, exchange.box, radius, items);
        same = identical(exchange.spread(items), expected) && identical(exchange.spread_meanwhile(items), expected) && same;
    }
    REQUIRE(everywhere(same));
}

/// All process grids of this many ranks.
template <int Dim>
std::vector<Index<Dim>> process_grids(int ranks)
{
    std::vector<Index<Dim>> all;
    Grid<Dim> candidates;
    candidates.size.fill(ranks);
    for (std::int64_t i = 0; i < candidates.count(); ++i) {
        auto parts = candidates.index(i);
        int product = 1;
        for (int& part : parts) product *= ++part;
        if (product == ranks) all.push_back(parts);
    }
    return all;
}

/// Parts of an axis of different widths: one more voxel each time, and the last has what is left.
std::vector<int> rising_cuts(int size, int parts)
{
    std::vector<int> cuts{0};
    for (int p = 1; p < parts; ++p) cuts.push_back(cuts.back() + p);
    cuts.push_back(size);
    return cuts;
}

template <int Dim>
Partition<Dim> uneven(const Grid<Dim>& grid, const Index<Dim>& parts)
{
    std::array<std::vector<int>, Dim> cuts;
    for (int axis = 0; axis < Dim; ++axis) cuts[axis] = rising_cuts(grid.size[axis], parts[axis]);
    return {grid, cuts};
}

template <int Dim>
int cut_axes(const Partition<Dim>& partition)
{
    const auto parts = partition.process_grid();
    return static_cast<int>(std::count_if(parts.begin(), parts.end(), [](int n) { return n > 1; }));
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("a rank learns of all that lies within a radius and of nothing else, once, in order", "[halo]", ((int Dim), Dim), 2, 3)
{
    Grid<Dim> grid;
    if constexpr (Dim == 2)
        grid.size = {41, 30};
    else
        grid.size = {31, 29, 30};
    const auto sets = sets_of_items(grid);
    // Boxes are 1 to 41 voxels wide: from one hop to as many as there are ranks, and radii that go around the cell.
    for (const auto& parts : process_grids<Dim>(world().size()))
        for (const int radius : {1, 4, 11, 50}) check(uneven<Dim>(grid, parts), radius, sets);
}

TEMPLATE_TEST_CASE_SIG("partitions as a run makes them, with the sublattice engine's halo", "[halo]", ((int Dim), Dim), 2, 3)
{
    Grid<Dim> grid;
    if constexpr (Dim == 2)
        grid.size = {132, 68};
    else
        grid.size = {68, 35, 34};
    const Blocks<Dim> blocks(grid, 2 * halo_width<Dim>);
    const Partition<Dim> partition(blocks, world().size());
    const auto sets = sets_of_items(grid);
    check(partition, halo_width<Dim>, sets);
    check(Partition<Dim>(grid, world().size()), halo_width<Dim>, sets);

    // Blocks are wider than the halo: one hop.
    Exchange<Dim> exchange(partition, halo_width<Dim>);
    for (const auto& items : sets) static_cast<void>(exchange.spread(items));
    REQUIRE(everywhere(exchange.halo.traffic().messages == 3 * 2 * cut_axes(partition)));
}

TEST_CASE("a rank sends two messages for each cut axis and hop", "[halo]")
{
    // Boxes three voxels wide along x: with radius 3 a rank's last voxel matters to the next rank only, with radius 4 to the one after it, and so on.
    const int ranks = world().size();
    std::vector<int> cuts(ranks + 1);
    for (int p = 0; p <= ranks; ++p) cuts[p] = 3 * p;
    const Partition<2> partition({{3 * ranks, 5}}, {cuts, std::vector{0, 5}});
    const auto sets = sets_of_items(partition.grid());
    for (const auto& [radius, hops] : {std::pair{3, 1}, {4, 2}, {6, 2}, {7, 3}, {100, 7}}) {
        Exchange<2> exchange(partition, radius);
        static_cast<void>(exchange.spread(sets.back()));
        // No way around the cell is longer than to the neighbour on the other side.
        CAPTURE(radius, hops);
        REQUIRE(everywhere(exchange.halo.traffic().messages == 2 * std::min(hops, ranks - 1)));
        check(partition, radius, sets);
    }
}

TEST_CASE("bytes of messages are counted", "[halo]")
{
    const int ranks = world().size();
    std::vector<int> cuts(ranks + 1);
    for (int p = 0; p <= ranks; ++p) cuts[p] = 20 * p;
    Exchange<2> exchange({{{20 * ranks, 1}}, {cuts, std::vector{0, 1}}}, 2);
    // One item at each voxel: two go to either side.
    std::vector<Item> items;
    for (std::int64_t voxel = 0; voxel < exchange.grid.count(); ++voxel) items.push_back({voxel, 0, 0.0});
    static_cast<void>(exchange.spread(items));
    // And a clock in each message.
    REQUIRE(everywhere(exchange.halo.traffic().bytes == (ranks > 1 ? static_cast<std::int64_t>(4 * sizeof(Item) + 2 * sizeof(std::int64_t)) : 0)));
}

TEST_CASE("clocks come from all neighbours, those across corners included, and no others", "[halo]")
{
    const int ranks = world().size();
    for (const auto& parts : process_grids<2>(ranks)) {
        std::array<std::vector<int>, 2> cuts;
        for (int axis = 0; axis < 2; ++axis)
            for (int p = 0; p <= parts[axis]; ++p) cuts[axis].push_back(20 * p);
        const Grid<2> grid{{20 * parts[0], 20 * parts[1]}};
        Exchange<2> exchange({grid, cuts}, 2);
        const auto clock_of = [](int rank) { return std::int64_t{1000} + 37 * rank % 101; };
        const Grid<2> processes{parts};
        const auto here = processes.index(world().rank());
        std::int64_t expected = 0;
        for (int rank = 0; rank < ranks; ++rank) {
            bool is_neighbour = true;
            for (int axis = 0; axis < 2; ++axis) {
                const int apart = std::abs(processes.index(rank)[axis] - here[axis]);
                is_neighbour = is_neighbour && std::min(apart, parts[axis] - apart) <= 1;
            }
            if (is_neighbour) expected = std::max(expected, clock_of(rank));
        }
        auto spread = exchange.halo.template begin_spread<Item>(
            {}, [&](const Item& item) { return grid.index(item.voxel); }, precedes, clock_of(world().rank()));
        static_cast<void>(spread.finish());
        REQUIRE(everywhere(spread.clock() == expected));
        // Work is done before what comes later can be waited for.
        auto later = exchange.halo.template begin_spread<Item>(
            {}, [&](const Item& item) { return grid.index(item.voxel); }, precedes, 7);
        later.work(5 + world().rank());
        static_cast<void>(later.finish());
        const bool has_two_axes = parts[0] > 1 && parts[1] > 1;
        REQUIRE(everywhere(has_two_axes ? later.clock() >= 12 + world().rank() : later.clock() == 12 + world().rank()));
    }
}

namespace {

/// A number that depends on the rank and on which it is.
std::int64_t value(int rank, int i)
{
    return static_cast<std::int64_t>(1000003) * (rank * 37 % 11 - 5) + 17 * i * (rank % 3 - 1);
}

}  // namespace

TEST_CASE("sums and maxima are taken in one reduction", "[reductions]")
{
    for (const auto& [sums, maxima] : {std::pair{3, 5}, {0, 4}, {6, 0}, {0, 0}, {1, 1}, {700, 300}}) {
        std::vector<std::int64_t> mine(sums + maxima);
        std::vector<std::int64_t> expected(mine.size());
        for (int i = 0; i < sums + maxima; ++i) {
            mine[i] = value(world().rank(), i);
            expected[i] = i < sums ? 0 : value(0, i);
            for (int rank = 0; rank < world().size(); ++rank)
                expected[i] = i < sums ? expected[i] + value(rank, i) : std::max(expected[i], value(rank, i));
        }
        std::span<std::int64_t> all(mine);
        Traffic traffic;
        reduce(world(), all.first(sums), all.subspan(sums), traffic);
        CAPTURE(sums, maxima);
        REQUIRE(everywhere(mine == expected));
        REQUIRE(everywhere(traffic.collectives == 1 && traffic.messages == 0 && traffic.bytes == 8 * (sums + maxima)));
    }
}

TEST_CASE("sums of hashes wrap around, and maxima are of signed numbers", "[reductions]")
{
    const auto hash = [](int rank) { return 0x9e3779b97f4a7c15ULL * (rank + 1U) | 1ULL << 63; };
    std::uint64_t sum = 0;
    for (int rank = 0; rank < world().size(); ++rank) sum += hash(rank);
    std::vector<std::int64_t> sums{static_cast<std::int64_t>(hash(world().rank()))};
    std::vector<std::int64_t> maxima{-3 - world().rank()};
    Traffic traffic;
    reduce(world(), sums, maxima, traffic);
    REQUIRE(everywhere(static_cast<std::uint64_t>(sums[0]) == sum));
    REQUIRE(everywhere(maxima[0] == -3));
}

TEST_CASE("items of all ranks come together in the order of ranks, on rank 0 or on all", "[reductions]")
{
    // Some ranks have none.
    for (const int factor : {0, 1, 1000}) {
        const auto items_of = [&](int rank) {
            std::vector<Item> items;
            for (int i = 0; i < factor * (rank * 5 % 4); ++i) items.push_back({rank, i, 0.5 * rank - i});
            return items;
        };
        std::vector<Item> expected;
        for (int rank = 0; rank < world().size(); ++rank) {
            const auto items = items_of(rank);
            expected.insert(expected.end(), items.begin(), items.end());
        }
        CAPTURE(factor);
        Traffic traffic;
        const auto mine = items_of(world().rank());
        REQUIRE(everywhere(identical(gather_on_root(world(), mine, traffic), world().is_root() ? expected : std::vector<Item>{})));
        REQUIRE(everywhere(identical(gather_all(world(), mine, traffic), expected)));
        REQUIRE(everywhere(traffic.collectives == 4 && traffic.messages == 0));
    }
}
