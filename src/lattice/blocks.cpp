#include <shearwater/lattice/blocks.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/error.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

template <int Dim>
Blocks<Dim>::Blocks(const Grid<Dim>& grid, int edge) : grid_(grid)
{
    constexpr int least = 2 * halo_width<Dim>;
    SHEARWATER_EXPECTS(edge > 0);
    for (int axis = 0; axis < Dim; ++axis) {
        const int size = grid.size[axis];
        const int parts = std::max(1, 2 * (size / (2 * edge)));
        const std::int64_t tiles = (size + tile_edge<Dim>[axis] - 1) / tile_edge<Dim>[axis];
        parts_.size[axis] = parts;
        for (int p = 0; p <= parts; ++p) cuts_[axis].push_back(std::min(size, static_cast<int>(tiles * p / parts) * tile_edge<Dim>[axis]));
        if (parts == 1) continue;
        int narrowest = size;
        for (int p = 0; p < parts; ++p) narrowest = std::min(narrowest, cuts_[axis][p + 1] - cuts_[axis][p]);
        if (narrowest < least)
            throw InputError(
                fmt::format("kmc.block={}: cuts the {} voxels of axis {} into {} blocks, one of which has only {} voxels, fewer than twice the {} "
                            "voxels up to which events "
                            "act on other blocks at once; use larger blocks, or a lattice.size that they divide",
                            edge, size, "xyz"[axis], parts, narrowest, halo_width<Dim>));
    }
}

template <int Dim>
Box<Dim> Blocks<Dim>::box(std::int64_t block) const noexcept
{
    const auto place = parts_.index(block);
    Box<Dim> box;
    for (int axis = 0; axis < Dim; ++axis) {
        box.begin[axis] = cuts_[axis][place[axis]];
        box.end[axis] = cuts_[axis][place[axis] + 1];
    }
    return box;
}

template <int Dim>
std::int64_t Blocks<Dim>::block_of(const Index<Dim>& voxel) const noexcept
{
    Index<Dim> place{};
    for (int axis = 0; axis < Dim; ++axis) {
        const auto above = std::upper_bound(cuts_[axis].begin(), cuts_[axis].end(), voxel[axis]);
        place[axis] = static_cast<int>(above - cuts_[axis].begin()) - 1;
    }
    return parts_.id(place);
}

template <int Dim>
int Blocks<Dim>::widest() const noexcept
{
    int widest = 0;
    for (const auto& cuts : cuts_)
        for (std::size_t p = 0; p + 1 < cuts.size(); ++p) widest = std::max(widest, cuts[p + 1] - cuts[p]);
    return widest;
}

template <int Dim>
int Blocks<Dim>::colours() const noexcept
{
    int colours = 1;
    for (const int parts : parts_.size) colours *= parts > 1 ? 2 : 1;
    return colours;
}

template <int Dim>
int Blocks<Dim>::colour(std::int64_t block) const noexcept
{
    const auto place = parts_.index(block);
    int colour = 0;
    for (int axis = Dim - 1; axis >= 0; --axis)
        if (parts_.size[axis] > 1) colour = 2 * colour + place[axis] % 2;
    return colour;
}

template class Blocks<2>;
template class Blocks<3>;

}  // namespace shearwater
