#include <shearwater/lattice/tiles.hpp>

#include <algorithm>

#include <shearwater/core/error.hpp>

namespace shearwater {

static_assert(tile_edge<2>[0] == lane_count && tile_edge<3>[0] == lane_count, "a row of a tile is one lane group");

namespace {

/// The box counted in tiles: first and one past the last tile along each axis.
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

template <int Dim>
Box<Dim> rows_of(const Box<Dim>& box)
{
    Box<Dim> rows = box;
    rows.begin[0] = 0;
    rows.end[0] = (box.extent(0) + lane_count - 1) / lane_count;
    return rows;
}

}  // namespace

template <int Dim>
Tiles<Dim>::Tiles(const Grid<Dim>& grid, const Box<Dim>& box) : grid_(grid), box_(box), all_tiles_(0), group_of_row_(rows_of(box).count())
{
    Grid<Dim> all_tiles;
    for (int axis = 0; axis < Dim; ++axis) all_tiles.size[axis] = (grid.size[axis] + tile_edge<Dim>[axis] - 1) / tile_edge<Dim>[axis];
    all_tiles_ = all_tiles.count();
    const auto mine = in_tiles(box);
    const auto rows = rows_of(box);
    for (std::int64_t t = 0; t < mine.count(); ++t) {
        const auto tile = mine.index(t);
        Box<Dim> extent;
        for (int axis = 0; axis < Dim; ++axis) {
            extent.begin[axis] = tile[axis] * tile_edge<Dim>[axis];
            extent.end[axis] = std::min(extent.begin[axis] + tile_edge<Dim>[axis], box.end[axis]);
        }
        const int lanes = extent.extent(0);
        extent.end[0] = extent.begin[0] + 1;
        tiles_.push_back({all_tiles.id(tile), static_cast<int>(groups_.size()), static_cast<int>(extent.count())});
        for (std::int64_t row = 0; row < extent.count(); ++row) {
            const auto first = extent.index(row);
            auto place = first;
            place[0] = (first[0] - box.begin[0]) / lane_count;
            group_of_row_[rows.local(place)] = static_cast<int>(groups_.size());
            groups_.push_back({first, lanes});
        }
    }
}

template <int Dim>
int Tiles<Dim>::slot(const Index<Dim>& voxel) const noexcept
{
    auto place = voxel;
    place[0] = (voxel[0] - box_.begin[0]) / lane_count;
    const int group = group_of_row_[rows_of(box_).local(place)];
    return lane_count * group + voxel[0] - groups_[group].first[0];
}

template class Tiles<2>;
template class Tiles<3>;

}  // namespace shearwater
