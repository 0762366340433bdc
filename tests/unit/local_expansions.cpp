// Local expansions: polynomials below the order are kept by all translations, and what is large reaches the leaves.

#include <shearwater/elasticity/fmm/local_expansions.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace shearwater;

namespace {

constexpr int order = LocalInterpolation::order;

/// A polynomial of degree order − 1 along each axis for each deviatoric coefficient, of order 1 within a length.
template <int Dim>
class Polynomial {
  public:
    Polynomial(double length, std::mt19937& random) : length_(length)
    {
        std::uniform_real_distribution<double> uniform(-1.0, 1.0);
        for (auto& factors : factors_)
            for (auto& factor : factors)
                for (double& coefficient : factor) coefficient = uniform(random);
    }

    [[nodiscard]] double operator()(int a, const Index<Dim>& at) const
    {
        double product = 1.0;
        for (int axis = 0; axis < Dim; ++axis) {
            const double x = 2.0 * at[axis] / length_ - 1.0;
            double sum = 0.0;
            for (int power = order - 1; power >= 0; --power) sum = sum * x + factors_[a][axis][power];
            product *= sum;
        }
        return product;
    }

    /// Writes the values at the nodes of a cell.
    void fill(const Index<Dim>& cell, int edge, LocalExpansion<Dim>& expansion) const
    {
        const LocalInterpolation along(edge);
        for (int a = 0; a < deviator_size<Dim>; ++a)
            for (int node = 0; node < node_count<Dim>; ++node) {
                Index<Dim> at{};
                for (int axis = 0, rest = node; axis < Dim; ++axis, rest /= order) at[axis] = cell[axis] * edge + along.nodes()[rest % order];
                expansion[a * node_count<Dim> + node] = (*this)(a, at);
            }
    }

  private:
    double length_;
    std::array<std::array<std::array<double, order>, Dim>, deviator_size<Dim>> factors_{};
};

/// The tree of a lattice on one rank, with two levels.
template <int Dim>
CellTree<Dim> small_tree()
{
    Grid<Dim> grid;
    grid.size.fill(6 * CellTree<Dim>::leaf_edge);
    Box<Dim> box;
    box.end = grid.size;
    return CellTree<Dim>(grid, box, Separation::PointToCell);
}

template <int Dim>
double error_of_translation()
{
    std::mt19937 random(3);
    constexpr int edge = 32;
    const LocalInterpolation cell(2 * edge);
    const LocalInterpolation part(edge);
    const std::array<NodeMatrix, 2> to_half{matrix_to_half(cell, part, 0), matrix_to_half(cell, part, 1)};
    const Polynomial<Dim> polynomial(2 * edge, random);
    LocalExpansion<Dim> from{};
    polynomial.fill({}, 2 * edge, from);
    double worst = 0.0;
    for (int halves = 0; halves < 1 << Dim; ++halves) {
        Index<Dim> place{};
        std::array<const NodeMatrix*, Dim> matrices{};
        for (int axis = 0; axis < Dim; ++axis) {
            place[axis] = halves >> axis & 1;
            matrices[axis] = &to_half[place[axis]];
        }
        LocalExpansion<Dim> expected{};
        polynomial.fill(place, edge, expected);
        LocalExpansion<Dim> found{};
        add_to_part(matrices, from, found);
        for (std::size_t i = 0; i < found.size(); ++i) worst = std::max(worst, std::abs(found[i] - expected[i]));
    }
    return worst;
}

/// Holds the stress of a polynomial on the highest level against the polynomial, at once and when it has settled in the leaves.
template <int Dim>
void check_evaluation()
{
    constexpr int n = deviator_size<Dim>;
    std::mt19937 random(4);
    LocalExpansions<Dim> expansions(small_tree<Dim>(), 0.01);
    const auto& tree = expansions.tree();
    REQUIRE(tree.levels() == 2);
    const int edge = tree.edge(1);
    const Polynomial<Dim> polynomial(3.0 * edge, random);
    for (std::int64_t i = 0; i < tree.cells(1).count(); ++i) {
        const auto cell = tree.cells(1).index(i);
        polynomial.fill(cell, edge, expansions.expansion(1, cell));
    }
    const auto worst_error = [&](bool settled) {
        double worst = 0.0;
        for (int look = 0; look < 200; ++look) {
            Index<Dim> at{};
            for (int& along : at) along = static_cast<int>(random() % static_cast<unsigned>(3 * edge));
            at[0] -= at[0] % lane_count;
            Lanes stress[n] = {};
            if (settled)
                expansions.add_settled_stress(tree.leaf_of(at), at, stress);
            else
                expansions.add_stress(tree.leaf_of(at), at, stress);
            for (int lane = 0; lane < lane_count; ++lane, ++at[0])
                for (int a = 0; a < n; ++a) worst = std::max(worst, std::abs(stress[a][lane] - polynomial(a, at)));
        }
        return worst;
    };
    CHECK(worst_error(false) < 1e-11);
    CHECK(worst_error(true) > 0.1);
    CHECK(expansions.grown().empty());
    for (std::int64_t i = 0; i < tree.cells(1).count(); ++i) {
        expansions.count(1, tree.cells(1).index(i), 100.0, 0.25);
        expansions.pass_down_if_large(1, tree.cells(1).index(i));
    }
    CHECK(worst_error(false) < 1e-11);
    CHECK(worst_error(true) < 1e-11);
    CHECK(static_cast<std::int64_t>(expansions.grown().size()) == tree.leaves().count());
    for (int leaf = 0; leaf < static_cast<int>(tree.leaves().count()); ++leaf) {
        CHECK(expansions.remainder(leaf) == 0.25);
        CHECK(expansions.settled_remainder(leaf) == 0.25);
        CHECK(expansions.moved(leaf) > 0.01);
    }
    expansions.clear();
    CHECK(worst_error(true) > 0.1);
    CHECK(expansions.remainder(0) == 0.0);
    CHECK(expansions.moved(0) > 0.01);
}

/// What is below the threshold stays in its cell, and NaN does not.
template <int Dim>
void check_thresholds()
{
    LocalExpansions<Dim> expansions(small_tree<Dim>(), 0.01);
    CHECK(expansions.reserve() == 0.01 + 0.005);
    expansions.expansion(1, {}).fill(1e-3);
    expansions.count(1, {}, 0.1, 0.0);  // a bound that is too large by far: the norm of the expansion is found in its place
    expansions.pass_down_if_large(1, {});
    CHECK(expansions.grown().empty());
    expansions.expansion(1, {}).fill(std::numeric_limits<double>::quiet_NaN());
    expansions.count(1, {}, std::numeric_limits<double>::quiet_NaN(), 0.0);
    expansions.pass_down_if_large(1, {});
    CHECK(expansions.grown().size() == 1 << Dim);
    CHECK(std::isnan(expansions.moved(0)));
    expansions.forget_grown();
    CHECK(expansions.grown().empty());
}

}  // namespace

TEST_CASE("translation to a part of a cell keeps polynomials below the order", "[local_expansions]")
{
    CHECK(error_of_translation<2>() < 1e-12);
    CHECK(error_of_translation<3>() < 1e-12);
}

TEST_CASE("stresses of local expansions are polynomials below the order, on every level", "[local_expansions]")
{
    check_evaluation<2>();
    check_evaluation<3>();
}

TEST_CASE("expansions go down the tree when they exceed a threshold or are not finite", "[local_expansions]")
{
    check_thresholds<2>();
    check_thresholds<3>();
}

TEST_CASE("norms of an expansion are those of its mean and of the largest difference from it", "[local_expansions]")
{
    LocalExpansion<2> expansion{};
    std::fill_n(expansion.begin(), node_count<2>, 3.0);
    std::fill_n(expansion.begin() + node_count<2>, node_count<2>, 4.0);
    CHECK(squared_norms(expansion).mean == 25.0);
    CHECK(squared_norms(expansion).deviation == 0.0);
    expansion[5] += 64.0;
    CHECK(squared_norms(expansion).mean == 32.0);
    CHECK(squared_norms(expansion).deviation == 63.0 * 63.0);
}
