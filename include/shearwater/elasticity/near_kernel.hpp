#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <shearwater/elasticity/kernel_table.hpp>

namespace shearwater {

/// h(r) once more, at small distances: packed, so that it stays in the cache however large the cell is.
template <int Dim>
class NearKernel {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr int components = KernelTable<Dim>::components;

    /// @param radius  largest distance along each axis that is asked for
    NearKernel(const KernelTable<Dim>& kernel, int radius) : grid_(kernel.grid())
    {
        Box<Dim> window;
        for (int axis = 0; axis < Dim; ++axis) {
            radius_[axis] = std::min(radius, grid_.size[axis] / 2);
            window.end[axis] = radius_[axis] + 1;
        }
        row_length_ = 2 * radius_[0] + lane_count;
        window.begin[0] = -radius_[0];
        window.end[0] = window.begin[0] + row_length_;
        table_.resize(static_cast<std::size_t>(window.count()) * components);
        for (std::int64_t i = 0; i < window.count(); ++i)
            for (int a = 0, c = 0; a < n; ++a)
                for (int b = a; b < n; ++b, ++c)
                    table_[(i / row_length_ * components + c) * row_length_ + i % row_length_] = kernel.value(window.index(i), a, b);
    }

    /// As KernelTable::add, bit for bit. @param first  at most `radius` from the source along each axis
    SHEARWATER_INLINE void add(const Index<Dim>& source, const double* strain, const Index<Dim>& first, Lanes* stress) const noexcept
    {
        std::int64_t line = 0;
        bool flipped[Dim] = {};
        for (int axis = Dim - 1; axis > 0; --axis) {
            const int along = distance(axis, source, first);
            flipped[axis] = along < 0;
            line = line * (radius_[axis] + 1) + (flipped[axis] ? -along : along);
        }
        const double* row = table_.data() + line * components * row_length_ + distance(0, source, first) + radius_[0];
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

    [[nodiscard]] std::int64_t bytes() const noexcept { return static_cast<std::int64_t>(table_.size() * sizeof(double)); }

  private:
    /// Along one axis, the nearer way around the cell.
    [[nodiscard]] SHEARWATER_INLINE int distance(int axis, const Index<Dim>& from, const Index<Dim>& to) const noexcept
    {
        const int size = grid_.size[axis];
        const int apart = to[axis] - from[axis];
        return 2 * apart > size ? apart - size : 2 * apart <= -size ? apart + size : apart;
    }

    Grid<Dim> grid_;
    Index<Dim> radius_{};
    int row_length_;
    std::vector<double> table_;  ///< [row][component][x]
};

}  // namespace shearwater
