#include <shearwater/engine/thinning/near_and_far.hpp>

#include <algorithm>

#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

template <int Dim>
NearAndFar<Dim>::NearAndFar(const Tiles<Dim>& tiles, ElasticCell<Dim>& cell, Separation separation, int near_radius, double threshold)
    : tiles_(tiles), cell_(cell)
{
    if (cell.kernel() == nullptr) return;
    leave_if_due(cell.communicator());
    far_.emplace(cell.communicator().node(), *cell.kernel(), tiles.box(), threshold, separation);
    tiles_of_leaf_.resize(static_cast<std::size_t>(far_->leaves().count()));
    const int radius = std::max(near_radius, CellTree<Dim>::near_radius(tiles.grid(), separation));
    leave_if_due(cell.communicator());
    if (far_->is_useful()) near_kernel_.emplace(cell.communicator().node(), *cell.kernel(), radius);
    for (int tile = 0; tile < static_cast<int>(tiles.tiles().size()); ++tile) tiles_of_leaf_[far_->leaf_of(tile_box(tile).begin)].push_back(tile);
}

template <int Dim>
Box<Dim> NearAndFar<Dim>::tile_box(int tile) const noexcept
{
    const auto& begin = tiles_.groups()[tiles_.tiles()[tile].first_group].first;
    Box<Dim> box{begin, begin};
    for (int axis = 0; axis < Dim; ++axis) box.end[axis] = std::min(begin[axis] + tile_edge<Dim>[axis], tiles_.grid().size[axis]);
    return box;
}

template class NearAndFar<2>;
template class NearAndFar<3>;

}  // namespace shearwater
