#include <shearwater/engine/sublattice/block_stress.hpp>

#include <shearwater/engine/thinning/tile_passes.hpp>

namespace shearwater {

static_assert(StressSource<BlockStress<2>, 2> && StressSource<BlockStress<3>, 3>);

template <int Dim>
void BlockStress<Dim>::open(std::int64_t voxel)
{
    close();
    open_voxel_ = voxel;
    open_ = {glass_.tiles().grid().index(voxel), {}};
    near_tiles_.clear();
    for (const int tile : blocks_[block_].tiles) near_tiles_.push_back({tile, response_.reach(open_.at, tile)});
}

template <int Dim>
void BlockStress<Dim>::strain(const Event& event) noexcept
{
    for (int a = 0; a < deviator_size<Dim>; ++a) open_.strain[a] += event.strain[a];
}

template <int Dim>
void BlockStress<Dim>::close()
{
    if (open_voxel_ < 0) return;
    auto& block = blocks_[block_];
    block.entries.push_back({open_, block.id, false});
    open_voxel_ = -1;
}

template <int Dim>
void BlockStress<Dim>::catch_up(int tile, StressMark& mark)
{
    const auto& entries = blocks_[blocks_.block_of_tile()[tile]].entries;
    if (mark.added == static_cast<int>(entries.size())) return;
    catching_up_.clear();
    for (std::size_t i = mark.added; i < entries.size(); ++i) {
        const int sign = blocks_.takes_in(tile, mark.leaf, entries[i]);
        if (sign == 0) continue;
        catching_up_.push_back(entries[i].source);
        if (sign < 0)
            for (double& strain : catching_up_.back().strain) strain = -strain;
    }
    mark.added = static_cast<int>(entries.size());
    if (!catching_up_.empty()) add_near<Dim>(glass_, response_, tile, catching_up_);
}

template class BlockStress<2>;
template class BlockStress<3>;

}  // namespace shearwater
