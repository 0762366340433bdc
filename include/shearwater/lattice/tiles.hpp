#pragma once

#include <cstdint>
#include <vector>

#include <shearwater/core/lanes.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// Up to `lane_count` voxels that follow each other along x, computed on together.
template <int Dim>
struct LaneGroup {
    Index<Dim> first;  ///< voxel of lane 0
    int lanes;         ///< how many lanes hold a voxel; the others are padding
};

/// A tile of this rank: its number in the whole lattice and its groups [first_group, first_group + groups).
struct Tile {
    std::int64_t id;
    int first_group;
    int groups;
};

/// The tiles of one rank's box, and where in memory each voxel's data lies.
///
/// Data per voxel is stored group by group: slot = lane_count × group + lane. Tiles are numbered through the whole
/// lattice, so that what is keyed by a tile does not depend on the ranks.
template <int Dim>
class Tiles {
  public:
    /// @param box  a union of whole tiles, as Partition makes it
    Tiles(const Grid<Dim>& grid, const Box<Dim>& box);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] const Box<Dim>& box() const noexcept { return box_; }
    [[nodiscard]] const std::vector<Tile>& tiles() const noexcept { return tiles_; }
    [[nodiscard]] const std::vector<LaneGroup<Dim>>& groups() const noexcept { return groups_; }

    /// Number of tiles of the whole lattice.
    [[nodiscard]] std::int64_t all_tiles() const noexcept { return all_tiles_; }

    /// Slots of all groups, padding included.
    [[nodiscard]] int slots() const noexcept { return lane_count * static_cast<int>(groups_.size()); }

    [[nodiscard]] Index<Dim> voxel(int slot) const noexcept
    {
        auto index = groups_[slot / lane_count].first;
        index[0] += slot % lane_count;
        return index;
    }

    [[nodiscard]] std::int64_t voxel_id(int slot) const noexcept { return grid_.id(voxel(slot)); }

    /// The tile of a voxel of this rank's box, its place in `tiles()`.
    [[nodiscard]] int tile_of(const Index<Dim>& voxel) const noexcept;

    /// Slot of a voxel of this rank's box.
    [[nodiscard]] int slot(const Index<Dim>& voxel) const noexcept;

    /// Calls visit(slot) for every voxel of the box, padding left out.
    template <class Visit>
    void for_each(Visit&& visit) const
    {
        for (std::size_t g = 0; g < groups_.size(); ++g)
            for (int lane = 0; lane < groups_[g].lanes; ++lane) visit(lane_count * static_cast<int>(g) + lane);
    }

  private:
    Grid<Dim> grid_;
    Box<Dim> box_;
    std::int64_t all_tiles_;
    std::vector<Tile> tiles_;
    std::vector<LaneGroup<Dim>> groups_;
    Box<Dim> in_tiles_;  ///< the box counted in tiles
};

}  // namespace shearwater
