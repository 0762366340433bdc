#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <shearwater/core/lanes.hpp>
#include <shearwater/lattice/partition.hpp>

namespace shearwater {

/// Up to `lane_count` consecutive voxels along x, which are processed by vector instructions together.
template <int Dim>
struct LaneGroup {
    Index<Dim> first;  ///< voxel of lane 0
    int lanes;         ///< number of lanes that hold a voxel; the others are padding
};

/// A tile of this rank: its number in the whole lattice and its lane groups [first_group, first_group + groups).
struct Tile {
    std::int64_t id;
    int first_group;
    int groups;
};

/// The tiles of one rank's box, and the storage order of voxels.
///
/// Voxel data are stored lane group by lane group: slot = lane_count × group + lane. Tiles are numbered over the whole lattice, so that whatever is
/// keyed by a tile does not depend on the number of ranks.
template <int Dim>
class Tiles {
  public:
    /// @param box  union of whole tiles, as Partition provides it
    Tiles(const Grid<Dim>& grid, const Box<Dim>& box);

    [[nodiscard]] const Grid<Dim>& grid() const noexcept { return grid_; }
    [[nodiscard]] const Box<Dim>& box() const noexcept { return box_; }
    [[nodiscard]] const std::vector<Tile>& tiles() const noexcept { return tiles_; }

    /// The lane groups of all tiles. They are not stored; the position of a group is computed from its number.
    class Groups {
      public:
        [[nodiscard]] std::size_t size() const noexcept { return count_; }

        [[nodiscard]] LaneGroup<Dim> operator[](int group) const noexcept
        {
            const int tile = tile_of(group);
            const Index<Dim>& corner = corners_[tile];
            LaneGroup<Dim> here{corner, std::min(lane_count, box_.end[0] - corner[0])};
            int row = is_whole_ ? group % rows_of_whole_tile : group - first_of_tile_[tile];
            for (int axis = 1; axis + 1 < Dim; ++axis) {
                const int rows = is_whole_ ? tile_edge<Dim>[axis] : std::min(tile_edge<Dim>[axis], box_.end[axis] - corner[axis]);
                here.first[axis] += row % rows;
                row /= rows;
            }
            here.first[Dim - 1] += row;
            return here;
        }

      private:
        friend Tiles;
        static constexpr int rows_of_whole_tile = Dim == 2 ? tile_edge<2>[1] : tile_edge<3>[1] * tile_edge<3>[2];

        [[nodiscard]] int tile_of(int group) const noexcept { return is_whole_ ? group / rows_of_whole_tile : tile_of_[group]; }

        Box<Dim> box_;
        bool is_whole_ = true;             ///< whether all tiles have the full number of rows
        std::vector<Index<Dim>> corners_;  ///< first voxel of each tile
        std::vector<int> first_of_tile_;   ///< first group of each tile, if some have fewer rows
        std::vector<int> tile_of_;         ///< tile of each group, if some have fewer rows
        std::size_t count_ = 0;
    };

    [[nodiscard]] const Groups& groups() const noexcept { return groups_; }

    /// Number of tiles of the whole lattice.
    [[nodiscard]] std::int64_t all_tiles() const noexcept { return all_tiles_; }

    /// Number of slots of all groups, padding included.
    [[nodiscard]] int slots() const noexcept { return lane_count * static_cast<int>(groups_.size()); }

    [[nodiscard]] Index<Dim> voxel(int slot) const noexcept
    {
        auto index = groups_[slot / lane_count].first;
        index[0] += slot % lane_count;
        return index;
    }

    [[nodiscard]] std::int64_t voxel_id(int slot) const noexcept { return grid_.id(voxel(slot)); }

    /// Index in `tiles()` of the tile of a voxel of this rank's box.
    [[nodiscard]] int tile_of(const Index<Dim>& voxel) const noexcept;

    /// Slot of a voxel of this rank's box.
    [[nodiscard]] int slot(const Index<Dim>& voxel) const noexcept;

    /// Calls visit(slot) for every voxel of the box, but not for padding.
    template <class Visit>
    void for_each(Visit&& visit) const
    {
        for (int group = 0; group < static_cast<int>(groups_.size()); ++group) {
            const int lanes = groups_[group].lanes;
            for (int lane = 0; lane < lanes; ++lane) visit(lane_count * group + lane);
        }
    }

  private:
    Grid<Dim> grid_;
    Box<Dim> box_;
    std::int64_t all_tiles_;
    std::vector<Tile> tiles_;
    Groups groups_;
    Box<Dim> in_tiles_;  ///< the box in units of tiles
};

}  // namespace shearwater
