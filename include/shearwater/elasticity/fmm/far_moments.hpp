#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/fmm/interpolation.hpp>
#include <shearwater/elasticity/solve/node_values.hpp>
#include <shearwater/lattice/grid.hpp>
#include <shearwater/lattice/halo.hpp>

namespace shearwater {

/// Events as cells far away see them: strains at the nodes of the cell around them, whose stress is that of the events up to the error of
/// interpolating h in the place of the event. With the weights w_k of the nodes, Σ_e h(x − x_e) ε_e ≈ Σ_k h(x − x_k) Σ_e w_k(x_e) ε_e.
///
/// They are kept as integers, so that they may be added up over ranks in any order, and cost no more however many events there are. Of cells no
/// larger than the boxes of ranks, those from which a rank's own cells take in moments are a few boxes away at most: ranks tell their neighbours of
/// them. Of larger cells, a third of the ranks or fewer in 2D, one reduction tells every rank.
template <int Dim>
class FarMoments {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int order = MomentInterpolation::order;
    /// Nodes of a cell.
    static constexpr int nodes = node_count<Dim, order>;

    /// So many events fit into the integers, if their strains are 1 on the mean at most.
    static constexpr std::int64_t most_sources = std::int64_t{1} << 20;

    /// Of cells of `leaf_edge` 2^level voxels.
    /// @param first_level, levels  those that are kept  @param first_reduced  the first that is reduced over all ranks; those below are told to
    /// neighbours
    FarMoments(const Grid<Dim>& grid, int leaf_edge, int first_level, int first_reduced, int levels);

    /// Forgets all events.
    void clear();

    /// Adds an event.
    void add(const Index<Dim>& at, const double* strain);

    /// Adds what neighbours have in the cells that are told to them, as far as the exchange reaches. Collective.
    void hear(int rank, HaloExchange<Dim>& neighbours);

    /// What is to be added up over all ranks, of the larger cells.
    [[nodiscard]] std::span<std::int64_t> reduced() noexcept { return reduced_; }

    [[nodiscard]] int first_level() const noexcept { return first_level_; }

    [[nodiscard]] const MomentInterpolation& interpolation(int level) const noexcept { return levels_[level - first_level_].interpolation; }
    /// The cells of a level.
    [[nodiscard]] const Grid<Dim>& cells(int level) const noexcept { return levels_[level - first_level_].cells; }
    /// Sum of the norms of the strains of events in a cell, or a little more.
    [[nodiscard]] double norm(int level, std::int64_t cell) const noexcept;
    /// Strain at a node, x fastest.
    [[nodiscard]] Deviator<Dim> strain(int level, std::int64_t cell, int node) const noexcept;

  private:
    static constexpr int words = n * nodes + 1;  ///< of a cell: strains [node][coefficient], and the sum of norms
    static constexpr double per_unit = 0x1p42;   ///< integers per strain of 1: room for a sum of 2^21
    using Sums = std::array<std::int64_t, words>;

    /// What the events of one rank come to in a cell. Plain data.
    struct Part {
        std::int32_t level = 0;
        std::int32_t rank = 0;
        std::int64_t voxel = 0;  ///< of one of them
        Sums sums{};
    };

    struct Level {
        MomentInterpolation interpolation;
        Grid<Dim> cells;
        std::size_t first = 0;                         ///< word of its first cell among those that are reduced
        std::unordered_map<std::int64_t, Part> parts;  ///< of cells, if it is not
    };

    [[nodiscard]] std::int64_t cell_of(const Level& level, const Index<Dim>& voxel) const noexcept;
    /// The words of a cell.
    [[nodiscard]] const std::int64_t* sums(int level, std::int64_t cell) const noexcept;

    Grid<Dim> grid_;
    int first_level_;
    int first_reduced_;
    std::vector<Level> levels_;
    std::vector<std::int64_t> reduced_;  ///< sums of cells
};

}  // namespace shearwater
