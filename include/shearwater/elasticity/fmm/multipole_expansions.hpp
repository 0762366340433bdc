#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/fmm/interpolation.hpp>
#include <shearwater/lattice/grid.hpp>
#include <shearwater/lattice/halo.hpp>

namespace shearwater {

/// The multipole expansions of the cells of a tree: equivalent strains at the nodes of a cell, which stand for all events in it when far stresses
/// are computed (W. Fong, E. Darve, The black-box fast multipole method, J. Comput. Phys. 228 (2009) 8712–8725).
///
/// With the Lagrange polynomials w_k of the nodes x_k of MultipoleInterpolation, Σ_e h(x − x_e) ε_e ≈ Σ_k h(x − x_k) Σ_e w_k(x_e) ε_e, up to the error of
/// interpolating h in the position of the event.
///
/// Coefficients are integers, so that they can be added over ranks in any order with the same result, and an expansion has the same size however many
/// events it stands for. Cells no longer than the boxes of ranks are needed by ranks a few boxes away at most: neighbours exchange their
/// expansions. Of longer cells there are few, and one reduction gives their expansions to all ranks.
template <int Dim>
class MultipoleExpansions {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int order = MultipoleInterpolation::order;
    /// Nodes of a cell.
    static constexpr int nodes = node_count<Dim, order>;

    /// So many events fit into the integers if the mean norm of their strains is 1 at most.
    static constexpr std::int64_t most_sources = std::int64_t{1} << 20;

    /// @param leaf_edge      voxels along the edge of a cell of level 0; doubled on each level above
    /// @param first_level    the expansions of the levels [first_level, levels) are kept
    /// @param first_reduced  first level whose expansions are reduced over all ranks; those below are exchanged by neighbours
    MultipoleExpansions(const Grid<Dim>& grid, int leaf_edge, int first_level, int first_reduced, int levels);

    /// Removes all events.
    void clear();

    /// Adds an event on all levels (particle-to-multipole translation). @param at  its voxel  @param strain  deviatoric coefficients
    void add(const Index<Dim>& at, const double* strain);

    /// Completes the expansions below `first_reduced` by the events of other ranks, as far away as the halo reaches. Collective.
    void exchange(int rank, HaloExchange<Dim>& halo);

    /// The sums from `first_reduced` on, which the caller adds up over all ranks.
    [[nodiscard]] std::span<std::int64_t> reduced() noexcept { return {reinterpret_cast<std::int64_t*>(reduced_.data()), reduced_.size() * words}; }

    [[nodiscard]] int first_level() const noexcept { return first_level_; }
    [[nodiscard]] const MultipoleInterpolation& interpolation(int level) const noexcept { return levels_[level - first_level_].interpolation; }
    /// All cells of a level.
    [[nodiscard]] const Grid<Dim>& cells(int level) const noexcept { return levels_[level - first_level_].cells; }

    /// Sum of the norms of the strains of the events in a cell, or a little more.
    [[nodiscard]] double norm(int level, std::int64_t cell) const noexcept;
    /// Equivalent strain at a node of a cell. @param node  x fastest
    [[nodiscard]] Deviator<Dim> strain(int level, std::int64_t cell, int node) const noexcept;

  private:
    static constexpr double per_unit = 0x1p42;  ///< integers per strain of 1: leaves room for a sum of 2^21

    /// The sums over events in a cell, times `per_unit`. Plain data.
    struct Sums {
        std::array<std::array<std::int64_t, n>, nodes> strain{};  ///< [node][coefficient]
        std::int64_t norm = 0;
    };
    static constexpr std::size_t words = sizeof(Sums) / sizeof(std::int64_t);

    /// What the events of one rank contribute to the expansion of a cell, as it is sent to others. Plain data.
    struct Contribution {
        std::int32_t level = 0;
        std::int32_t rank = 0;
        std::int64_t voxel = 0;  ///< of one of the events
        Sums sums{};
    };

    struct Level {
        MultipoleInterpolation interpolation;
        Grid<Dim> cells;
        std::size_t first = 0;                                         ///< place of its first cell in reduced_, if it is reduced
        std::unordered_map<std::int64_t, Contribution> contributions;  ///< by cell, if it is exchanged
    };

    [[nodiscard]] std::int64_t cell_of(const Level& level, const Index<Dim>& voxel) const noexcept;
    [[nodiscard]] const Sums& sums(int level, std::int64_t cell) const noexcept;

    Grid<Dim> grid_;
    int first_level_;
    int first_reduced_;
    std::vector<Level> levels_;  ///< from first_level_ on
    std::vector<Sums> reduced_;
};

}  // namespace shearwater
