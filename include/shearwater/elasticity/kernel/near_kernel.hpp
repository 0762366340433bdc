#pragma once

#include <algorithm>
#include <cstdint>

#include <shearwater/elasticity/kernel/kernel_table.hpp>

namespace shearwater {

/// A copy of the kernel h(r) at small distances, packed so that it stays in the cache however large the cell is. The ranks of a node share it.
template <int Dim>
class NearKernel {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int components = KernelTable<Dim>::components;

    /// Collective on `node`, the communicator of the ranks that share memory.
    /// @param radius  largest distance along each axis at which `add` is called [voxels]
    NearKernel(const Communicator& node, const KernelTable<Dim>& kernel, int radius)
        : grid_(kernel.grid()), window_(window(grid_, radius)), row_length_(window_.extent(0)), table_(node, window_.count() * components)
    {
        for (std::int64_t i = node.rank(); i < window_.count(); i += node.size())
            for (int a = 0, c = 0; a < n; ++a)
                for (int b = a; b < n; ++b, ++c)
                    table_.values()[(i / row_length_ * components + c) * row_length_ + i % row_length_] = kernel.value(window_.index(i), a, b);
        table_.publish(node);
    }

    /// Adds the same as KernelTable::add, bit for bit. @param first  at most `radius` from the source along each axis
    SHEARWATER_INLINE void add(const Index<Dim>& source, const double* strain, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        std::int64_t line = 0;
        bool flipped[Dim] = {};
        for (int axis = Dim - 1; axis > 0; --axis) {
            const int along = distance(axis, source, first);
            flipped[axis] = along < 0;
            line = line * window_.end[axis] + (flipped[axis] ? -along : along);
        }
        const double* row = table_.data() + line * components * row_length_ + distance(0, source, first) - window_.begin[0];
        for (int a = 0, c = 0; a < n; ++a)
            for (int b = a; b < n; ++b, ++c) {
                double sign = 1.0;
                for (int axis = 1; axis < Dim; ++axis)
                    if (flipped[axis] && KernelTable<Dim>::is_odd(a, b, axis)) sign = -sign;
                const Lanes h = load(row + c * row_length_);
                stress[a] += h * (sign * strain[b]);
                if (b != a) stress[b] += h * (sign * strain[a]);
            }
    }

    /// Returns the distances that are kept: along x in both directions, with room for the lanes of the last one; along the other axes in one
    /// direction, as the others follow by reflection.
    [[nodiscard]] static Box<Dim> window(const Grid<Dim>& grid, int radius) noexcept
    {
        Box<Dim> box;
        for (int axis = 0; axis < Dim; ++axis) box.end[axis] = std::min(radius, grid.size[axis] / 2) + 1;
        box.begin[0] = 1 - box.end[0];
        box.end[0] += lane_count - 1;
        return box;
    }

  private:
    /// Returns the signed distance along one axis, the shorter way around the periodic cell [voxels].
    [[nodiscard]] SHEARWATER_INLINE int distance(int axis, const Index<Dim>& from, const Index<Dim>& to) const noexcept
    {
        const int size = grid_.size[axis];
        const int apart = to[axis] - from[axis];
        return 2 * apart > size ? apart - size : 2 * apart <= -size ? apart + size : apart;
    }

    Grid<Dim> grid_;
    Box<Dim> window_;
    int row_length_;
    SharedArray<double> table_;  ///< [row][component][x]
};

}  // namespace shearwater
