#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/thinning/stress_source.hpp>

namespace shearwater {

/// Source of the stress of tiles in the exact engine, where every rank receives every event at once.
///
/// The voxel that transformed last is the open source, because six events in ten are in the same voxel as the event before. Its strains enter the
/// stresses together, when another voxel transforms or when they have become too large; until then they are added wherever a stress is evaluated. The
/// source then enters the far field and is pending: tiles near to it catch up when their allowance is used up. Where the remainder of the far field
/// leaves a decision open, the stress is summed over all pending sources.
template <int Dim>
class WholeLatticeStress {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to `glass` and `response`. @param stress_scale  thermal_stress_scale
    WholeLatticeStress(GlassState<Dim>& glass, NearAndFar<Dim>& response, double stress_scale);

    /// Whether this voxel is the open source.
    [[nodiscard]] bool is_open(std::int64_t voxel) const noexcept { return open_voxel_ == voxel; }
    /// Opens a source that has not strained yet. No source may be open. @param visit  visit(tile) is called for each tile near to the source
    template <class Visit>
    void open(std::int64_t voxel, Visit&& visit);
    /// Adds an event to the open source.
    void strain(const Event& event) noexcept;
    /// Whether the far stress of the open source exceeds its reserve.
    [[nodiscard]] bool is_exhausted() const noexcept;
    /// Adds the open source, if there is one, to the far field and to the pending sources of leaves near to it. Returns whether there was one: the
    /// far field may then have changed.
    bool close();

    /// Number of sources that are kept, without the open one.
    [[nodiscard]] std::int64_t pending() const noexcept { return static_cast<std::int64_t>(pending_.size()); }

    // The following functions are required by BoundedTiles and ThinnedTiles (StressSource).
    void catch_up(int tile, StressMark& mark);
    [[nodiscard]] const StrainedVoxel<Dim>* seen(int /*tile*/) const noexcept { return open_voxel_ >= 0 ? &open_ : nullptr; }
    [[nodiscard]] const StrainedVoxel<Dim>* near(int /*tile*/, const StressMark& mark) const noexcept
    {
        return open_voxel_ >= 0 && response_.far().is_near(open_.at, mark.leaf) ? &open_ : nullptr;
    }
    [[nodiscard]] std::span<const NearTile> near_tiles() const noexcept { return near_tiles_; }
    [[nodiscard]] double remainder(int leaf) const noexcept { return response_.has_kernel() ? response_.far().remainder(leaf) : 0.0; }
    [[nodiscard]] double far_uncertainty(int leaf) const noexcept
    {
        return response_.far().settled_remainder(leaf) + response_.far().reserve() + open_reserve * stress_scale_;
    }
    [[nodiscard]] FarSource<Dim>* next_in_far() noexcept { return &interactions_; }
    void make_exact(int group, int leaf, unsigned lanes, Lanes* stress);
    void forget();

    /// Lists the state. The tiles and leaves near to sources are found again from their positions, and cached sums are computed again.
    void visit(Archive& archive);

  private:
    /// Reserve for the far stress of the open source, over thermal_stress_scale [GPa]: about the stress of three events at the distance where the far
    /// field begins.
    static constexpr double open_reserve = 0.008;

    /// A partial sum over pending sources, which can be continued.
    struct FarSum {
        int slot = -1;
        std::size_t sources = 0;
        Deviator<Dim> stress{};
    };

    [[nodiscard]] const Deviator<Dim>& far_stress(int slot, int leaf);

    GlassState<Dim>& glass_;
    NearAndFar<Dim>& response_;
    double stress_scale_;
    std::int64_t open_voxel_ = -1;
    StrainedVoxel<Dim> open_;
    FarSource<Dim> interactions_;                  ///< interactions of the open source with the far field
    std::vector<NearTile> near_tiles_;             ///< tiles near to the open source
    std::vector<StrainedVoxel<Dim>> pending_;      ///< sources since the last solve of the whole field, without the open one
    std::vector<std::vector<int>> near_of_leaf_;   ///< pending sources near to each leaf, in their order
    std::vector<StrainedVoxel<Dim>> catching_up_;  ///< sources that a tile is catching up with
    std::array<FarSum, 256> far_sums_{};
};

template <int Dim>
template <class Visit>
void WholeLatticeStress<Dim>::open(std::int64_t voxel, Visit&& visit)
{
    open_voxel_ = voxel;
    open_ = {glass_.tiles().grid().index(voxel), {}};
    response_.far().find_interactions(open_.at, interactions_);
    near_tiles_.clear();
    for (const int leaf : interactions_.near_leaves())
        for (const int tile : response_.tiles_of_leaf(leaf)) {
            visit(tile);
            near_tiles_.push_back({tile, response_.reach(open_.at, tile)});
        }
}

}  // namespace shearwater
