#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/interpolation.hpp>
#include <shearwater/elasticity/node_values.hpp>
#include <shearwater/lattice/grid.hpp>
#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/traffic.hpp>

namespace shearwater {

/// Events as cells far away see them: strains at the nodes of the cell around them, whose stress is that of the events up to the error of interpolating h in
/// the place of the event. With the weights w_k of the nodes, Σ_e h(x − x_e) ε_e ≈ Σ_k h(x − x_k) Σ_e w_k(x_e) ε_e.
///
/// They are kept as integers, so that they may be added up over ranks in any order: one reduction tells every rank of all events of the cell, and costs
/// no more however many there are.
template <int Dim>
class FarMoments {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int order = MomentInterpolation::order;
    /// Nodes of a cell.
    static constexpr int nodes = node_count<Dim, order>;

    /// So many events fit into the integers, if their strains are 1 on the mean at most.
    static constexpr std::int64_t most_sources = std::int64_t{1} << 20;

    /// Of cells of `leaf_edge` 2^level voxels. @param first_level, levels  those that are kept
    FarMoments(const Grid<Dim>& grid, int leaf_edge, int first_level, int levels);

    /// Forgets all events.
    void clear();

    /// Adds an event.
    void add(const Index<Dim>& at, const double* strain);

    /// Adds up what all ranks have. Collective. @param traffic  counts it
    void reduce(const Communicator& comm, Traffic& traffic);

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

    struct Level {
        MomentInterpolation interpolation;
        Grid<Dim> cells;
        std::size_t first;  ///< word of the first cell
    };

    [[nodiscard]] std::size_t place(int level, std::int64_t cell) const noexcept
    {
        return levels_[level - first_level_].first + static_cast<std::size_t>(cell) * words;
    }

    int first_level_;
    std::vector<Level> levels_;
    std::vector<std::int64_t> sums_;
};

}  // namespace shearwater
