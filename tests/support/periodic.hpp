#pragma once

#include <algorithm>
#include <cstdlib>
#include <type_traits>

#include <shearwater/lattice/grid.hpp>

/// Distances on a periodic lattice, computed directly from their definition.
namespace shearwater::test {

/// Smallest distance of a point from the voxels of [begin, end) on a periodic axis.
[[nodiscard]] inline int distance_along(int point, int begin, int end, int size)
{
    int least = size;
    for (int voxel = begin; voxel < end; ++voxel)
        for (const int image : {-size, 0, size}) least = std::min(least, std::abs(point - voxel + image));
    return least;
}

/// Chebyshev distance of a voxel from a box: the largest of the distances along the axes.
template <int Dim>
[[nodiscard]] int distance_to(const Grid<Dim>& grid, const std::type_identity_t<Index<Dim>>& voxel, const Box<Dim>& box)
{
    int largest = 0;
    for (int axis = 0; axis < Dim; ++axis) largest = std::max(largest, distance_along(voxel[axis], box.begin[axis], box.end[axis], grid.size[axis]));
    return largest;
}

}  // namespace shearwater::test
