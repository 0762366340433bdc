#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/exact/whole_lattice_stress.hpp>
#include <shearwater/engine/thinning/thinned_tiles.hpp>
#include <shearwater/glass/glass.hpp>

namespace shearwater {

/// The metallic glass for the exact engine. All ranks receive every event at once, and stresses are exact where decisions depend on it.
///
/// An event enters the stresses of its own voxel at once, of near tiles when their allowance is used up, and of far tiles through the far field. When
/// too many events are pending, a solve of the whole field replaces all stresses (WholeLatticeStress).
template <int Dim>
class ExactGlass final : public Glass<Dim> {
  public:
    static constexpr int n = deviator_size<Dim>;
    /// All tiles of the rank are in progress together for the lifetime of the glass.
    using Thinned = ThinnedTiles<Dim, WholeLatticeStress<Dim>>;

    /// Movement of the mean stress that every bound covers, and of the ramp in one window, over thermal_stress_scale [GPa].
    static constexpr double mean_reserve = 0.004;

    /// Collective. Keeps references to all arguments.
    ExactGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    [[nodiscard]] const GlassState<Dim>& state() const noexcept override { return glass_; }
    [[nodiscard]] GlassState<Dim>& state() noexcept override { return glass_; }
    /// The stress by a solve of the whole field, after a check that the accumulated stress differs from it by its remainder at most. Does not change
    /// the state. Collective.
    /// @throws RunError if the difference is larger
    [[nodiscard]] Fields accumulated_stress() override;

    [[nodiscard]] Thinned& thinned() noexcept { return thinned_; }
    [[nodiscard]] const Thinned& thinned() const noexcept { return thinned_; }

    /// The lowest mode of every voxel of this rank whose barrier has vanished, at the beginning of the window.
    [[nodiscard]] std::vector<Event> flips(double /*threshold*/) { return thinned_.flips(); }

    /// Carries out events at one time, in the order of voxels. Collective when the number of pending events requires a solve, and in every call if
    /// stresses come from solves.
    void apply(std::span<const Event> events);

    void visit(Archive& archive) override
    {
        archive("state", glass_);
        archive("response", response_);
        archive("stress", stress_);
        archive("bounds", bounds_);
    }

  private:
    void apply(const Event& event);
    void close_source();

    GlassState<Dim> glass_;
    NearAndFar<Dim> response_;
    WholeLatticeStress<Dim> stress_;
    BoundedTiles<Dim> bounds_;
    Thinned thinned_;
    std::int64_t flush_after_;
};

extern template class ThinnedTiles<2, WholeLatticeStress<2>>;
extern template class ThinnedTiles<3, WholeLatticeStress<3>>;

}  // namespace shearwater
