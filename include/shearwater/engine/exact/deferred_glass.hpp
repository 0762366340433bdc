#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/thinning/tile_glass.hpp>

namespace shearwater {

/// The metallic glass as the exact engine sees it: every event is known to all ranks at once, and where decisions need it stresses are exact.
///
/// An event enters the stresses at once in its voxel, in tiles near to it when their drift has been used up, further away in the far field,
/// and everywhere in a solve of the whole field when too many are pending. Where the remainder of the far field leaves a decision open, the
/// stress is summed over all events since the last solve.
template <int Dim>
class DeferredGlass final : public TileGlass<Dim> {
  public:
    using GlassState<Dim>::n;

    /// Movement of the mean stress that every bound covers, and the ramp in one window, over thermal_stress_scale [GPa].
    static constexpr double mean_reserve = 0.004;

    /// Keeps references to all of them.
    DeferredGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
                  ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    /// Carries out events at one time, in the order of voxels. Collective at times: when a count says so, and always when stresses come from a solve.
    void apply(std::span<const Event> events);

    /// The stress by a solve of the whole field, after a check that what was accumulated lies within its remainder. Changes nothing.
    /// @throws RunError if it does not
    [[nodiscard]] Fields accumulated_stress() override;

  private:
    using typename TileGlass<Dim>::Source;
    using GlassState<Dim>::tiles_;
    using GlassState<Dim>::cell_;
    using GlassState<Dim>::counters_;
    using TileGlass<Dim>::far_;
    using TileGlass<Dim>::far_source_;
    using TileGlass<Dim>::state_;
    using TileGlass<Dim>::open_;
    using TileGlass<Dim>::near_tiles_;
    using TileGlass<Dim>::tiles_of_leaf_;

    /// Far stress of the open source that is not counted, over thermal_stress_scale [GPa]: what some three events cause at the distance where the far field
    /// begins.
    static constexpr double open_reserve = 0.008;

    /// A sum over pending events that was made before, to be continued.
    struct FarSum {
        int slot = -1;
        std::size_t events = 0;
        Deviator<Dim> stress{};
    };

    void catch_up(int tile) override;
    [[nodiscard]] bool sees_source(int /*tile*/) const noexcept override { return open_.voxel >= 0; }
    [[nodiscard]] bool is_near_source(int tile) const noexcept override { return open_.voxel >= 0 && far_->is_near(open_.at, state_[tile].leaf); }
    [[nodiscard]] double remainder(int leaf) const noexcept override { return far_ ? far_->remainder(leaf) : 0.0; }
    [[nodiscard]] double far_uncertainty(int leaf) const noexcept override
    {
        return far_->settled_remainder(leaf) + far_->reserve() + open_reserve * this->stress_scale_;
    }
    void make_exact(int group, int tile, unsigned lanes, Lanes* stress) override;

    void take_in(const Event& event);
    void open_source(std::int64_t voxel);
    void close_source();
    void flush();
    void settle_near();
    void forget_pending();
    [[nodiscard]] Deviator<Dim> far_stress(int slot, int leaf);

    std::vector<std::vector<int>> near_of_leaf_;  ///< pending sources near to each leaf, in their order
    std::vector<Source> pending_;                 ///< since the last solve of the whole field, but for the open one
    std::vector<Source> catching_up_;             ///< those that a tile is catching up with
    std::int64_t flush_after_;
    std::array<FarSum, 256> far_sums_{};
};

}  // namespace shearwater
