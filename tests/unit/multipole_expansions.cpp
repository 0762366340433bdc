// Multipole expansions: equivalent strains at nodes have the polynomial moments of the events that they stand for.

#include <shearwater/elasticity/fmm/multipole_expansions.hpp>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

#include <shearwater/elasticity/fmm/cell_tree.hpp>

using namespace shearwater;

namespace {

template <int Dim>
struct Event {
    Index<Dim> at{};
    Deviator<Dim> strain{};
};

template <int Dim>
std::vector<Event<Dim>> some_events(const Grid<Dim>& grid, int count)
{
    std::mt19937 random(5);
    std::normal_distribution<double> normal(0.0, 0.1);
    std::vector<Event<Dim>> events(count);
    for (auto& event : events) {
        event.at = grid.index(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(grid.count())));
        for (double& coefficient : event.strain) coefficient = normal(random);
    }
    return events;
}

/// Π_axes x^power with x from −1 to 1 in the cell.
template <int Dim>
double monomial(const Index<Dim>& in_cell, int edge, const Index<Dim>& powers)
{
    double product = 1.0;
    for (int axis = 0; axis < Dim; ++axis) product *= std::pow(2.0 * in_cell[axis] / (edge - 1) - 1.0, powers[axis]);
    return product;
}

/// Largest difference between the moments of events and those of the expansions of their cells, over all monomials of degree below `order` on each
/// axis, relative to the largest sum of norms.
template <int Dim>
void check_moments(const Index<Dim>& size, int first_reduced)
{
    using Expansions = MultipoleExpansions<Dim>;
    constexpr int order = Expansions::order;
    const Grid<Dim> grid{size};
    constexpr int leaf_edge = CellTree<Dim>::leaf_edge;
    const int levels = CellTree<Dim>::levels_of(grid);
    Expansions expansions(grid, leaf_edge, 0, first_reduced, levels);
    const auto events = some_events(grid, 60);
    for (const auto& event : events) expansions.add(event.at, event.strain.data());
    Grid<Dim> all_powers;
    all_powers.size.fill(order);
    for (int level = 0; level < levels; ++level) {
        const int edge = leaf_edge << level;
        const auto cells = expansions.cells(level);
        std::vector<double> norms(static_cast<std::size_t>(cells.count()));
        double worst = 0.0;
        for (std::int64_t p = 0; p < all_powers.count(); ++p) {
            const auto powers = all_powers.index(p);
            std::vector<Deviator<Dim>> moments(static_cast<std::size_t>(cells.count()));
            for (const auto& event : events) {
                auto cell = event.at;
                auto in_cell = event.at;
                for (int axis = 0; axis < Dim; ++axis) {
                    cell[axis] /= edge;
                    in_cell[axis] %= edge;
                }
                for (int a = 0; a < deviator_size<Dim>; ++a) moments[cells.id(cell)][a] += monomial<Dim>(in_cell, edge, powers) * event.strain[a];
                if (p == 0) norms[cells.id(cell)] += std::sqrt(dot(event.strain, event.strain));
            }
            for (std::int64_t cell = 0; cell < cells.count(); ++cell)
                for (int a = 0; a < deviator_size<Dim>; ++a) {
                    double found = 0.0;
                    for (int node = 0; node < Expansions::nodes; ++node) {
                        Index<Dim> at{};
                        for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order)
                            at[axis] = expansions.interpolation(level).nodes()[rest % order];
                        found += monomial<Dim>(at, edge, powers) * expansions.strain(level, cell, node)[a];
                    }
                    worst = std::max(worst, std::abs(found - moments[cell][a]));
                }
        }
        CAPTURE(size, level, worst);
        CHECK(worst < 1e-10);  // integers of 2^-42, at 25 or 125 nodes, of 60 events
        for (std::int64_t cell = 0; cell < cells.count(); ++cell) {
            CHECK(expansions.norm(level, cell) >= norms[cell] - 1e-15);
            CHECK(expansions.norm(level, cell) <= norms[cell] + 1e-10);
        }
    }
}

}  // namespace

TEST_CASE("the moments of equivalent strains are those of the events, up to the degree of the interpolation", "[multipole_expansions]")
{
    for (const int first_reduced : {0, 1, 9}) {
        check_moments<2>({96, 96}, first_reduced);
        check_moments<2>({250, 171}, first_reduced);
        check_moments<3>({33, 20, 100}, first_reduced);
    }
}

TEST_CASE("a cleared multipole expansion is as new", "[multipole_expansions]")
{
    const Grid<2> grid{{192, 192}};
    MultipoleExpansions<2> expansions(grid, 32, 0, 1, 2);
    for (const auto& event : some_events(grid, 10)) expansions.add(event.at, event.strain.data());
    CHECK(std::any_of(expansions.reduced().begin(), expansions.reduced().end(), [](std::int64_t word) { return word != 0; }));
    expansions.clear();
    CHECK(std::all_of(expansions.reduced().begin(), expansions.reduced().end(), [](std::int64_t word) { return word == 0; }));
    for (int level = 0; level < 2; ++level)
        for (std::int64_t cell = 0; cell < expansions.cells(level).count(); ++cell) CHECK(expansions.norm(level, cell) == 0.0);
}
