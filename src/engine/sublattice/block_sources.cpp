#include <shearwater/engine/sublattice/block_sources.hpp>

namespace shearwater {

template <int Dim>
BlocksHere<Dim>::BlocksHere(const Blocks<Dim>& blocks, const Tiles<Dim>& tiles, const NearAndFar<Dim>& response)
    : all_(blocks), grid_(tiles.grid()), response_(response)
{
    std::vector<int> place(static_cast<std::size_t>(blocks.count()), -1);
    for (std::int64_t block = 0; block < blocks.count(); ++block) {
        const auto box = blocks.box(block);
        if (!tiles.box().contains(box.begin)) continue;
        place[block] = count();
        here_.push_back({block, box});
    }
    for (int tile = 0; tile < static_cast<int>(tiles.tiles().size()); ++tile) {
        block_of_tile_.push_back(place[blocks.block_of(response.tile_box(tile).begin)]);
        here_[block_of_tile_.back()].tiles.push_back(tile);
    }
}

template <int Dim>
bool BlocksHere<Dim>::sees(int tile, std::int64_t source_block, const Index<Dim>& source) const noexcept
{
    return source_block == here_[block_of_tile_[tile]].id || is_within(grid_, source, response_.tile_box(tile), halo_width<Dim>);
}

template <int Dim>
int BlocksHere<Dim>::takes_in(int tile, int leaf, const SourceEntry<Dim>& entry) const noexcept
{
    const bool seen = sees(tile, entry.block, entry.source.at);
    if (!entry.is_committed) return seen ? 1 : 0;
    return (response_.far().is_near(entry.source.at, leaf) ? 1 : 0) - (seen ? 1 : 0);
}

template <int Dim>
void BlocksHere<Dim>::keep_past(bool keeps)
{
    keeps_past_ = keeps;
    for (auto& block : here_) block.past.clear();
}

template <int Dim>
void BlocksHere<Dim>::forget_entries() noexcept
{
    for (auto& block : here_) block.entries.clear();
}

template class BlocksHere<2>;
template class BlocksHere<3>;

}  // namespace shearwater
