#pragma once

#include <algorithm>
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

    /// The lane groups of all tiles. None is stored: where one lies follows from its number.
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
        bool is_whole_ = true;             ///< whether no tile is cut across its rows
        std::vector<Index<Dim>> corners_;  ///< first voxel of each tile
        std::vector<int> first_of_tile_;   ///< if some are cut
        std::vector<int> tile_of_;
        std::size_t count_ = 0;
    };

    [[nodiscard]] const Groups& groups() const noexcept { return groups_; }

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
    Box<Dim> in_tiles_;  ///< the box counted in tiles
};

}  // namespace shearwater
