#pragma once

#include <cmath>
#include <vector>

#include <shearwater/elasticity/fmm/cell_tree.hpp>
#include <shearwater/elasticity/fmm/interpolation.hpp>
#include <shearwater/elasticity/kernel/kernel_table.hpp>

namespace shearwater {

/// Bounds of the kernel h at a distance, and of the error that interpolating it makes (the remainder).
///
/// For interpolation of degree q − 1 on each axis, with nodes x_k, the error along one axis is a divided difference f[x_0, …, x_{q−1}, x] times
/// Π_k (x − x_k); over integers the divided difference is a mean of differences Δ^q f/q! of neighbours. With the distance r, h falls as r^−D and
/// Δ^q h as r^−(D+q), D the number of long axes; the constant is measured on the kernel itself, at the distances at which the leaves begin to be far. The
/// errors of the axes add up with the Lebesgue constant Λ: |f − I_x I_y f| ≤ |f − I_y f| + Λ |f − I_x f|.
///
/// A multipole expansion also interpolates h in the position of the source, over the source cell, with fewer nodes: |h − I_x I_y h| ≤ |h − I_x h| + Λ^Dim |h − I_y h|,
/// x in the target cell and y in the source cell.
template <int Dim>
class FarBounds {
  public:
    /// Measures the kernel. Not collective.
    FarBounds(const KernelTable<Dim>& kernel, Separation separation);

    /// Whether any leaf can be far from an event, and polynomials fit the kernel there: not so for the truncated kernel of the spectral discretization, which
    /// oscillates from voxel to voxel.
    [[nodiscard]] bool are_useful() const noexcept { return are_useful_; }

    /// Largest norm of h from an event to the voxels [first, first + edge) of a box [GPa].
    [[nodiscard]] double reach(const Index<Dim>& source, const Index<Dim>& first, const Index<Dim>& edge) const noexcept
    {
        double squared = 0.0;
        for (int axis = 0; axis < Dim; ++axis) {
            const int along = distance_to_run(source[axis], first[axis], edge[axis], grid_.size[axis]);
            squared += static_cast<double>(along) * along;
        }
        return reach_[static_cast<std::size_t>(std::sqrt(squared))];
    }

    /// Largest norm of h at a distance and beyond [GPa]. @param distance  [voxels]
    [[nodiscard]] double reach(int distance) const noexcept { return reach_[static_cast<std::size_t>(distance)]; }

    /// Largest error that an event of unit strain makes in the local expansion of a cell [GPa].
    /// @param distance  from the event, at least the edge of the cell [voxels]
    [[nodiscard]] double local_remainder(int level, int distance) const noexcept { return local_[level][place(level, distance)]; }

    /// Largest error that an event of unit strain makes there if the multipole expansion of its cell stands for it [GPa]; for Separation::CellToCell only.
    /// @param distance  between the cells, at least their edge [voxels]
    [[nodiscard]] double multipole_remainder(int level, int distance) const noexcept
    {
        return local_[level][place(level, distance)] + amplification_[level] * source_[level][place(level, distance)];
    }

  private:
    using Remainders = std::vector<std::vector<double>>;  ///< [level][distance − edge of the level] [GPa]

    [[nodiscard]] static std::size_t place(int level, int distance) noexcept
    {
        return static_cast<std::size_t>(distance - CellTree<Dim>::edge(level));
    }
    void measure_reach(const KernelTable<Dim>& kernel);
    template <int Order>
    [[nodiscard]] Remainders remainders(const KernelTable<Dim>& kernel) const;
    template <int Order>
    [[nodiscard]] std::vector<double> remainders(const Interpolation<Order>& interpolation, double constant) const;

    Grid<Dim> grid_;
    std::vector<double> reach_;          ///< [distance]: largest norm of h there and beyond [GPa]
    int long_axes_ = 0;                  ///< axes along which a leaf can be far from an event
    Remainders local_;                   ///< of interpolation in the target cell
    Remainders source_;                  ///< of interpolation in the source cell, at the nodes of the target cell
    std::vector<double> amplification_;  ///< [level]: largest value of a local expansion over its largest at the nodes
    bool are_useful_ = false;
};

}  // namespace shearwater
