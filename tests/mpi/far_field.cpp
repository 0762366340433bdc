// The far field against plain sums of the kernel: its errors must lie within its own bounds, for cells of every shape.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include <shearwater/elasticity/fmm/far_field.hpp>
#include <shearwater/elasticity/options.hpp>
#include <shearwater/lattice/partition.hpp>

#include "far_field_cell.hpp"

using namespace shearwater;
using namespace shearwater::test;

TEST_CASE("the far field lies within its remainder of plain sums over the events", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        auto field = cell.here();
        const auto box = cell.partition.box(world().rank());
        CAPTURE(cell.name());
        REQUIRE(everywhere(field.is_useful()));
        std::mt19937 random(3 + world().rank());
        const auto sources = some_sources(cell.grid, 400, 1);
        std::vector<Source<Dim>> done;
        double worst_ratio = 0.0;
        double typical = 0.0;
        int looks = 0;
        for (const auto& source : sources) {
            add_event(field, source);
            done.push_back(source);
            if (done.size() % 40 != 0 && done.size() > 3) continue;
            for (int look = 0; look < 30; ++look) {
                const auto voxel = some_voxel(box, random);
                const auto error = norm<Dim>(difference<Dim>(far_stress(field, box, voxel), cell.far_sum(field, done, voxel)));
                const double bound = field.remainder(field.leaf_of(voxel));
                // Rounding: the far field looks the kernel up in single precision.
                const double ratio = error <= 1e-13 ? 0.0 : error / bound;
                worst_ratio = std::max(worst_ratio, ratio);
                typical += ratio;
                ++looks;
            }
        }
        const double largest_remainder = over_ranks(field.remainder(0));
        std::printf("far field %-12s error / remainder: largest %.3f, mean %.4f; remainder of 400 events %.2e GPa\n", cell.name().c_str(),
                    over_ranks(worst_ratio), typical / looks, largest_remainder);
        CAPTURE(cell.name(), worst_ratio);
        REQUIRE(everywhere(worst_ratio <= 1.0));
        // Nor is the remainder absurdly large.
        REQUIRE(everywhere(!field.is_useful() || typical / looks > 1e-4));
    });
}

namespace {

/// From an event to a cell: the largest of the distances along the axes, and the straight distance rounded down.
struct Apart {
    int largest = 0;
    int straight = 0;
};

/// Distance of a point from a cell of a level, largest of the axes' distances, periodic; by comparing all its points along each axis.
template <int Dim>
Apart distance_to_cell(const Grid<Dim>& grid, const At<Dim>& point, const At<Dim>& cell, int edge)
{
    Apart distance;
    double squared = 0.0;
    for (int axis = 0; axis < Dim; ++axis) {
        int nearest = grid.size[axis];
        for (int x = cell[axis] * edge; x < (cell[axis] + 1) * edge; ++x) {
            const int d = std::abs(x % grid.size[axis] - point[axis]);
            nearest = std::min({nearest, d, grid.size[axis] - d});
        }
        distance.largest = std::max(distance.largest, nearest);
        squared += static_cast<double>(nearest) * nearest;
    }
    distance.straight = static_cast<int>(std::sqrt(squared));
    return distance;
}

/// Error of a cell's polynomial for a source of unit strain, largest over some voxels and over all strains [GPa].
template <int Dim>
double interpolation_error(const Cell<Dim>& cell, const At<Dim>& source, const At<Dim>& first, const LocalInterpolation& along, std::mt19937& random)
{
    constexpr int order = LocalExpansions<Dim>::order;
    constexpr int n = deviator_size<Dim>;
    double worst = 0.0;
    for (int look = 0; look < 6; ++look) {
        Index<Dim> at{};
        // The middle of the first stretch between nodes, where the error is largest, or any place.
        for (int axis = 0; axis < Dim; ++axis)
            at[axis] =
                look < 2 ? (along.nodes()[look] + along.nodes()[look + 1] + 1) / 2 : static_cast<int>(random() % static_cast<unsigned>(along.edge()));
        double squared = 0.0;
        for (int b = 0; b < n; ++b) {
            Source<Dim> unit{source, {}};
            unit.strain[b] = 1.0;
            Coefficients<Dim> sum{};
            for (int node = 0; node < LocalExpansions<Dim>::nodes; ++node) {
                double weight = 1.0;
                Index<Dim> place{};
                for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order) {
                    weight *= along.weight(rest % order, at[axis]);
                    place[axis] = (first[axis] + along.nodes()[rest % order]) % cell.grid.size[axis];
                }
                const auto stress = cell.response_at(unit, place);
                for (int a = 0; a < n; ++a) sum[a] += weight * stress[a];
            }
            Index<Dim> voxel{};
            for (int axis = 0; axis < Dim; ++axis) voxel[axis] = (first[axis] + at[axis]) % cell.grid.size[axis];
            const auto error = norm<Dim>(difference<Dim>(sum, cell.response_at(unit, voxel)));
            squared = std::max(squared, error * error);  // of the worst unit strain: no more than the worst of all strains
        }
        worst = std::max(worst, std::sqrt(squared));
    }
    return worst;
}

}  // namespace

TEST_CASE("the error of one event in one cell lies within the remainder of its level and distance", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        const auto field = cell.everything();
        std::mt19937 random(17 + world().rank());
        std::string text;
        const int levels = field.is_useful() ? field.levels() : 0;  // without a far field nothing is interpolated
        for (int level = 0; level < levels; ++level) {
            const int edge = FarField<Dim>::leaf_edge << level;
            const LocalInterpolation along(edge);
            double worst = 0.0;
            int closest = 1 << 30;
            for (int trial = 0; trial < 2500 / world().size(); ++trial) {
                Index<Dim> which{};
                for (int axis = 0; axis < Dim; ++axis)
                    which[axis] = static_cast<int>(random() % static_cast<unsigned>((cell.grid.size[axis] + edge - 1) / edge));
                auto source = some_voxel(cell.whole, random);
                if (trial % 2 == 0) {
                    // As close as it may be on one axis, anywhere within the cell's reach on the others.
                    const int axis = static_cast<int>(random() % Dim);
                    const int beyond = random() % 2 == 0 ? which[axis] * edge - edge : (which[axis] + 1) * edge - 1 + edge;
                    source[axis] = (beyond % cell.grid.size[axis] + cell.grid.size[axis]) % cell.grid.size[axis];
                }
                const Apart distance = distance_to_cell(cell.grid, source, which, edge);
                if (distance.largest < edge) continue;
                closest = std::min(closest, distance.largest);
                Index<Dim> first{};
                for (int axis = 0; axis < Dim; ++axis) first[axis] = which[axis] * edge;
                worst = std::max(worst,
                                 interpolation_error(cell, source, first, along, random) / field.bounds().local_remainder(level, distance.straight));
            }
            text += fmt::format("  level {}: {:.3f} (closest {})", level, over_ranks(worst), closest);
            CAPTURE(cell.name(), level, closest, worst);
            CHECK(everywhere(closest >= edge));
            CHECK(everywhere(worst <= 1.0));
        }
        std::printf("far field %-12s error of one event / remainder:%s\n", cell.name().c_str(), text.c_str());
    });
}

TEST_CASE("the reach bounds the kernel in every box, and falls with the distance", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        const FarBounds<Dim> bounds(cell.kernel, Separation::CellToCell);
        std::mt19937 random(19 + world().rank());
        double closest = 0.0;
        for (int trial = 0; trial < 4000; ++trial) {
            const auto source = some_voxel(cell.whole, random);
            Box<Dim> box;
            box.begin = some_voxel(cell.whole, random);
            Index<Dim> edge{};
            for (int axis = 0; axis < Dim; ++axis) {
                edge[axis] = 1 + static_cast<int>(random() % static_cast<unsigned>(cell.grid.size[axis] - box.begin[axis]));
                box.end[axis] = box.begin[axis] + edge[axis];
            }
            const auto voxel = some_voxel(box, random);
            double squared = 0.0;
            for (int b = 0; b < deviator_size<Dim>; ++b) {
                Source<Dim> unit{source, {}};
                unit.strain[b] = 1.0;
                squared += std::pow(norm<Dim>(cell.response_at(unit, voxel)), 2);
            }
            closest = std::max(closest, std::sqrt(squared) / bounds.reach(source, box.begin, edge));
        }
        CAPTURE(cell.name(), closest);
        CHECK(over_ranks(closest) <= 1.0 + 1e-12);
        CHECK(over_ranks(closest) > 0.5);
        bool falls = true;
        bool larger = true;  // the remainder of two interpolations
        for (int level = 0; level < CellTree<Dim>::levels_of(cell.grid); ++level)
            for (int d = CellTree<Dim>::edge(level); 2 * (d + 1) < *std::max_element(cell.grid.size.begin(), cell.grid.size.end()); ++d) {
                falls = falls && bounds.reach(d + 1) <= bounds.reach(d);
                larger = larger && bounds.multipole_remainder(level, d) > bounds.local_remainder(level, d);
            }
        CHECK(falls);
        CHECK(larger);
    });
}

TEST_CASE("the remainder of a leaf is the sum of those of all far events, however deep in the tree they are by now", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        auto field = cell.here();
        std::vector<double> expected(static_cast<std::size_t>(field.leaves().count()));
        for (const auto& source : some_sources(cell.grid, 700, 13)) {
            add_event(field, source);
            for (int leaf = 0; leaf < static_cast<int>(expected.size()); ++leaf) {
                // The largest cell around the leaf that is far.
                for (int level = field.levels() - 1; level >= 0; --level) {
                    auto around = field.leaves().index(leaf);
                    for (int& index : around) index >>= level;
                    const int edge = FarField<Dim>::leaf_edge << level;
                    const Apart apart = distance_to_cell<Dim>(cell.grid, source.at, around, edge);
                    if (apart.largest < edge) continue;
                    expected[leaf] += norm<Dim>(source.strain) * field.bounds().local_remainder(level, apart.straight);
                    break;
                }
            }
        }
        double off = 0.0;
        double settled = 0.0;
        for (int leaf = 0; leaf < static_cast<int>(expected.size()); ++leaf) {
            off = std::max(off, std::abs(field.remainder(leaf) / expected[leaf] - 1.0));
            settled = std::max(settled, field.settled_remainder(leaf));
        }
        CAPTURE(cell.name(), off);
        CHECK(everywhere(off < 1e-12));
        CHECK(over_ranks(settled) > 0.0);
    });
}

TEST_CASE("every voxel sees every event once, near or in one cell", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        const auto box = cell.partition.box(world().rank());
        auto field = cell.here();
        bool once = true;
        for (const auto& source : some_sources(cell.grid, 25, 5)) {
            field.clear();
            std::vector<int> near(static_cast<std::size_t>(field.leaves().count()));
            for (const int leaf : add_event(field, source)) ++near[leaf];
            std::mt19937 random(9);
            for (int leaf = 0; leaf < static_cast<int>(near.size()); ++leaf) once = once && near[leaf] == (field.is_near(source.at, leaf) ? 1 : 0);
            for (int look = 0; look < 40; ++look) {
                const auto voxel = some_voxel(box, random);
                const auto found = far_stress(field, box, voxel);
                const auto expected = cell.far_sum(field, {source}, voxel);
                // An event left out or counted twice would be as wrong as its stress.
                const double error = norm<Dim>(difference<Dim>(found, expected));
                once = once && error <= field.remainder(field.leaf_of(voxel)) + 1e-13;
                once = once && error <= 0.05 * norm<Dim>(expected) + 1e-4 * norm<Dim>(source.strain);
                once = once && (!field.is_near(source.at, field.leaf_of(voxel)) || norm<Dim>(found) == 0.0);
            }
        }
        CAPTURE(cell.name());
        REQUIRE(everywhere(once));
    });
}

TEST_CASE("moved and reserve bound how far the far stress moves between two moments", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        auto field = cell.here();
        const auto box = cell.partition.box(world().rank());
        const auto sources = some_sources(cell.grid, 900, 2);
        std::mt19937 random(4 + world().rank());
        std::vector<Index<Dim>> voxels;
        for (int i = 0; i < 40; ++i) voxels.push_back(some_voxel(box, random));
        struct Moment {
            std::vector<Coefficients<Dim>> exact;
            std::vector<double> moved;
            std::vector<double> uncertain;  ///< remainder of the settled stress
            std::vector<Coefficients<Dim>> settled;
        };
        std::vector<Source<Dim>> done;
        std::vector<Moment> moments;
        bool holds = true;
        double closest = 0.0;
        double grown = 0.0;
        for (const auto& source : sources) {
            add_event(field, source);
            done.push_back(source);
            if (done.size() % 75 != 0) continue;
            Moment now;
            for (std::size_t i = 0; i < voxels.size(); ++i) {
                const int leaf = field.leaf_of(voxels[i]);
                now.exact.push_back(cell.far_sum(field, done, voxels[i]));
                now.moved.push_back(field.moved(leaf));
                now.uncertain.push_back(field.settled_remainder(leaf));
                now.settled.push_back(far_stress(field, box, voxels[i], true));
                grown = std::max(grown, field.moved(leaf));
                // The settled stress differs from the exact one by the thresholds and its own remainder.
                const double unsettled = norm<Dim>(difference<Dim>(now.exact[i], now.settled[i]));
                holds = holds && unsettled <= field.reserve() + now.uncertain[i] + 1e-13;
                for (const Moment& then : moments) {
                    // A bound made of the settled stress of then, with its remainder, must contain the exact stress of now.
                    const double off = norm<Dim>(difference<Dim>(now.exact[i], then.settled[i]));
                    const double bound = field.moved(leaf) - then.moved[i] + field.reserve() + then.uncertain[i];
                    holds = holds && off <= bound + 1e-13;
                    if (field.is_useful()) closest = std::max(closest, off / bound);
                    const double distance = norm<Dim>(difference<Dim>(now.exact[i], then.exact[i]));
                    holds = holds && distance <= bound + field.reserve() + then.uncertain[i] + 1e-13;
                }
            }
            moments.push_back(std::move(now));
        }
        std::printf("far field %-12s movement / bound: largest %.3f; moved %.3f GPa after 900 events\n", cell.name().c_str(), over_ranks(closest),
                    over_ranks(grown));
        CAPTURE(cell.name(), closest);
        REQUIRE(everywhere(holds));
        // In 3D stresses fall faster and little moves.
        REQUIRE(over_ranks(grown) > (Dim == 2 ? 2.0 * threshold : threshold));
    });
}

TEST_CASE("leaves whose movement has grown are named", "[far_field]")
{
    const Cell<2> cell({256, 256});
    auto field = cell.here();
    std::vector<double> before(static_cast<std::size_t>(field.leaves().count()));
    bool named = true;
    for (const auto& source : some_sources(cell.grid, 200, 6)) {
        add_event(field, source);
        for (int leaf = 0; leaf < static_cast<int>(before.size()); ++leaf) {
            const bool grown = std::find(field.grown().begin(), field.grown().end(), leaf) != field.grown().end();
            named = named && grown == (field.moved(leaf) > before[leaf]);
            before[leaf] = field.moved(leaf);
        }
        field.forget_grown();
        named = named && field.grown().empty();
    }
    REQUIRE(everywhere(named));
}

TEST_CASE("a cleared far field is empty but keeps what it has moved", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        auto field = cell.here();
        auto fresh = cell.here();
        const auto box = cell.partition.box(world().rank());
        for (const auto& source : some_sources(cell.grid, 200, 7)) add_event(field, source);
        const double moved = field.moved(0);
        static_cast<void>(far_stress(field, box, box.begin));
        field.clear();
        bool empty = field.moved(0) == moved && field.grown().empty();
        std::mt19937 random(8);
        for (int look = 0; look < 50; ++look) {
            const auto voxel = some_voxel(box, random);
            empty = empty && norm<Dim>(far_stress(field, box, voxel)) == 0.0 && norm<Dim>(far_stress(field, box, voxel, true)) == 0.0;
            empty = empty && field.remainder(field.leaf_of(voxel)) == 0.0 && field.settled_remainder(field.leaf_of(voxel)) == 0.0;
        }
        // Afterwards it is as new.
        for (const auto& source : some_sources(cell.grid, 30, 9)) {
            add_event(field, source);
            add_event(fresh, source);
        }
        for (int look = 0; look < 50; ++look) {
            const auto voxel = some_voxel(box, random);
            empty = empty && far_stress(field, box, voxel) == far_stress(fresh, box, voxel);
        }
        CAPTURE(cell.name());
        REQUIRE(everywhere(empty));
    });
}

TEST_CASE("the far field is the same on any number of ranks, to the last bit", "[far_field]")
{
    for_each_shape([]<int Dim>(const Cell<Dim>& cell) {
        auto part = cell.here();
        auto whole = cell.everything();
        const auto box = cell.partition.box(world().rank());
        std::mt19937 random(10 + world().rank());
        bool same = true;
        int events = 0;
        for (const auto& source : some_sources(cell.grid, 150, 11)) {
            add_event(part, source);
            add_event(whole, source);
            if (++events % 10 != 0) continue;
            for (int look = 0; look < 40; ++look) {
                const auto voxel = some_voxel(box, random);
                const int here = part.leaf_of(voxel);
                const int there = whole.leaf_of(voxel);
                same = same && far_stress(part, box, voxel) == far_stress(whole, cell.whole, voxel);
                same = same && far_stress(part, box, voxel, true) == far_stress(whole, cell.whole, voxel, true);
                same = same && part.remainder(here) == whole.remainder(there) && part.moved(here) == whole.moved(there);
                same = same && part.is_near(source.at, here) == whole.is_near(source.at, there);
            }
        }
        CAPTURE(cell.name());
        REQUIRE(everywhere(same));
    });
}

TEST_CASE("the spectral discretization and small cells have no far field", "[far_field]")
{
    const auto is_all_near = []<int Dim>(const Cell<Dim>& cell) {
        auto field = cell.here();
        const auto box = cell.partition.box(world().rank());
        bool near = !field.is_useful();
        for (const auto& source : some_sources(cell.grid, 20, 12)) {
            near = near && static_cast<std::int64_t>(add_event(field, source).size()) == field.leaves().count();
            near = near && field.is_near(source.at, 0) && field.remainder(0) == 0.0 && field.moved(0) == 0.0;
            near = near && norm<Dim>(far_stress(field, box, box.begin)) == 0.0;
        }
        return everywhere(near && field.reserve() == 0.0);
    };
    REQUIRE(is_all_near(Cell<2>({256, 256}, Discretization::Spectral)));
    REQUIRE(is_all_near(Cell<3>({48, 48, 48}, Discretization::Spectral)));
    REQUIRE(is_all_near(Cell<2>({64, 64})));
    REQUIRE(is_all_near(Cell<3>({16, 16, 16})));
}
