#include <shearwater/lattice/tiles.hpp>

#include <algorithm>

#include <shearwater/core/error.hpp>

namespace shearwater {

static_assert(tile_edge<2>[0] == lane_count && tile_edge<3>[0] == lane_count, "a row of a tile is one lane group");

namespace {

/// The box in units of tiles: the first tile and one past the last along each axis.
template <int Dim>
Box<Dim> in_tiles(const Box<Dim>& box)
{
    Box<Dim> tiles;
    for (int axis = 0; axis < Dim; ++axis) {
        SHEARWATER_EXPECTS(box.begin[axis] % tile_edge<Dim>[axis] == 0);
        tiles.begin[axis] = box.begin[axis] / tile_edge<Dim>[axis];
        tiles.end[axis] = (box.end[axis] + tile_edge<Dim>[axis] - 1) / tile_edge<Dim>[axis];
    }
    return tiles;
}

}  // namespace

template <int Dim>
Tiles<Dim>::Tiles(const Grid<Dim>& grid, const Box<Dim>& box) : grid_(grid), box_(box), all_tiles_(0), in_tiles_(in_tiles(box))
{
    Grid<Dim> all_tiles;
    for (int axis = 0; axis < Dim; ++axis) all_tiles.size[axis] = (grid.size[axis] + tile_edge<Dim>[axis] - 1) / tile_edge<Dim>[axis];
    all_tiles_ = all_tiles.count();
    groups_.box_ = box;
    for (int axis = 1; axis < Dim; ++axis) groups_.is_whole_ = groups_.is_whole_ && box.extent(axis) % tile_edge<Dim>[axis] == 0;
    tiles_.reserve(static_cast<std::size_t>(in_tiles_.count()));
    groups_.corners_.reserve(static_cast<std::size_t>(in_tiles_.count()));
    int first_group = 0;
    for (std::int64_t t = 0; t < in_tiles_.count(); ++t) {
        const auto tile = in_tiles_.index(t);
        Index<Dim> corner{};
        int rows = 1;
        for (int axis = 0; axis < Dim; ++axis) {
            corner[axis] = tile[axis] * tile_edge<Dim>[axis];
            if (axis > 0) rows *= std::min(tile_edge<Dim>[axis], box.end[axis] - corner[axis]);
        }
        tiles_.push_back({all_tiles.id(tile), first_group, rows});
        groups_.corners_.push_back(corner);
        if (!groups_.is_whole_) {
            groups_.first_of_tile_.push_back(first_group);
            groups_.tile_of_.insert(groups_.tile_of_.end(), static_cast<std::size_t>(rows), static_cast<int>(t));
        }
        first_group += rows;
    }
    groups_.count_ = static_cast<std::size_t>(first_group);
}

template <int Dim>
int Tiles<Dim>::tile_of(const Index<Dim>& voxel) const noexcept
{
    Index<Dim> tile{};
    for (int axis = 0; axis < Dim; ++axis) tile[axis] = voxel[axis] / tile_edge<Dim>[axis];
    return static_cast<int>(in_tiles_.local(tile));
}

template <int Dim>
int Tiles<Dim>::slot(const Index<Dim>& voxel) const noexcept
{
    // The rows of a tile are consecutive, y faster than z. The last tile along y may have fewer rows.
    int row = 0;
    for (int axis = Dim - 1; axis > 0; --axis) {
        const int edge = tile_edge<Dim>[axis];
        const int begin = voxel[axis] / edge * edge;
        row = row * std::min(edge, box_.end[axis] - begin) + voxel[axis] - begin;
    }
    return lane_count * (tiles_[tile_of(voxel)].first_group + row) + voxel[0] % lane_count;
}

template class Tiles<2>;
template class Tiles<3>;

}  // namespace shearwater
