#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace shearwater {

/// Indices along the axes, x first.
template <int Dim>
using Index = std::array<int, Dim>;

/// The lattice of voxels: sizes and numbering. Voxel id = x + nx (y + ny z).
template <int Dim>
struct Grid {
    Index<Dim> size{};  ///< voxels along each axis, > 0

    [[nodiscard]] std::int64_t count() const noexcept
    {
        std::int64_t product = 1;
        for (const int n : size) product *= n;
        return product;
    }

    [[nodiscard]] std::int64_t id(const Index<Dim>& index) const noexcept
    {
        std::int64_t id = 0;
        for (int axis = Dim - 1; axis >= 0; --axis) id = id * size[axis] + index[axis];
        return id;
    }

    [[nodiscard]] Index<Dim> index(std::int64_t id) const noexcept
    {
        Index<Dim> index{};
        for (int axis = 0; axis < Dim; ++axis) {
            index[axis] = static_cast<int>(id % size[axis]);
            id /= size[axis];
        }
        return index;
    }

    /// The grid of cells with edges of `edge` voxels that covers this grid. The last cell along an axis may be smaller.
    [[nodiscard]] Grid cells(int edge) const noexcept
    {
        Grid coarse = *this;
        for (int& n : coarse.size) n = (n + edge - 1) / edge;
        return coarse;
    }

    /// This grid with every voxel divided into `factor` parts along each axis.
    [[nodiscard]] Grid refined(int factor) const noexcept
    {
        Grid fine = *this;
        for (int& n : fine.size) n *= factor;
        return fine;
    }
};

/// A box of a grid: all indices with begin ≤ index < end along every axis. The local numbering of its points has x fastest.
template <int Dim>
struct Box {
    Index<Dim> begin{};
    Index<Dim> end{};

    [[nodiscard]] int extent(int axis) const noexcept { return end[axis] - begin[axis]; }

    [[nodiscard]] std::int64_t count() const noexcept
    {
        std::int64_t product = 1;
        for (int axis = 0; axis < Dim; ++axis) product *= extent(axis) > 0 ? extent(axis) : 0;
        return product;
    }

    [[nodiscard]] bool contains(const Index<Dim>& index) const noexcept
    {
        for (int axis = 0; axis < Dim; ++axis)
            if (index[axis] < begin[axis] || index[axis] >= end[axis]) return false;
        return true;
    }

    [[nodiscard]] std::int64_t local(const Index<Dim>& index) const noexcept
    {
        std::int64_t local = 0;
        for (int axis = Dim - 1; axis >= 0; --axis) local = local * extent(axis) + (index[axis] - begin[axis]);
        return local;
    }

    [[nodiscard]] Index<Dim> index(std::int64_t local) const noexcept
    {
        Index<Dim> index{};
        for (int axis = 0; axis < Dim; ++axis) {
            index[axis] = begin[axis] + static_cast<int>(local % extent(axis));
            local /= extent(axis);
        }
        return index;
    }

    [[nodiscard]] Box intersection(const Box& other) const noexcept
    {
        Box common;
        for (int axis = 0; axis < Dim; ++axis) {
            common.begin[axis] = begin[axis] > other.begin[axis] ? begin[axis] : other.begin[axis];
            common.end[axis] = end[axis] < other.end[axis] ? end[axis] : other.end[axis];
            if (common.end[axis] < common.begin[axis]) common.end[axis] = common.begin[axis];
        }
        return common;
    }

    [[nodiscard]] Box refined(int factor) const noexcept
    {
        Box fine = *this;
        for (int axis = 0; axis < Dim; ++axis) {
            fine.begin[axis] *= factor;
            fine.end[axis] *= factor;
        }
        return fine;
    }

    [[nodiscard]] bool operator==(const Box&) const = default;
};

/// Distance of a point from the interval [begin, begin + edge) of a periodic axis. The interval may wrap around. |point − begin| < size.
[[nodiscard]] constexpr int distance_to_run(int point, int begin, int edge, int size) noexcept
{
    int from_begin = point - begin;
    if (from_begin < 0) from_begin += size;
    return from_begin < edge ? 0 : std::min(from_begin - edge + 1, size - from_begin);
}

/// Distance between the intervals [a, a + edge) and [b, b + edge) of a periodic axis, 0 if they intersect. Both may wrap around.
[[nodiscard]] constexpr int distance_of_runs(int a, int b, int edge, int size) noexcept
{
    const int ahead = ((b - a) % size + size) % size;
    const int behind = ahead == 0 ? 0 : size - ahead;
    return std::max(0, std::min(ahead, behind) - edge + 1);
}

/// Whether two cells along a periodic axis are separated by less than one edge. @param a, b  numbers of the cells  @param size  of the axis
[[nodiscard]] constexpr bool are_near_cells(int a, int b, int edge, int size) noexcept
{
    return distance_of_runs(a * edge, b * edge, edge, size) < edge;
}

}  // namespace shearwater
