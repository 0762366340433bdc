#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/engine/exact/whole_lattice_stress.hpp>
#include <shearwater/engine/thinning/thinned_tiles.hpp>
#include <shearwater/glass/glass.hpp>

namespace shearwater {

/// The metallic glass as the exact engine needs it: every event is known to all ranks at once, and where decisions need it stresses are exact.
///
/// An event enters the stresses at once in its voxel, in tiles near to it when their drift has been used up, further away in the far field, and
/// everywhere in a solve of the whole field when too many are pending (WholeLatticeStress).
template <int Dim>
class ExactGlass final : public Glass<Dim> {
  public:
    static constexpr int n = deviator_size<Dim>;
    /// All tiles of the rank are in progress together, for as long as the glass lives.
    using Thinned = ThinnedTiles<Dim, WholeLatticeStress<Dim>>;

    /// Movement of the mean stress that every bound covers, and the ramp in one window, over thermal_stress_scale [GPa].
    static constexpr double mean_reserve = 0.004;

    /// Collective. Keeps references to all of them.
    ExactGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    [[nodiscard]] const GlassState<Dim>& state() const noexcept override { return glass_; }
    [[nodiscard]] GlassState<Dim>& state() noexcept override { return glass_; }
    /// The stress by a solve of the whole field, after a check that what was accumulated lies within its remainder. Changes nothing. Collective.
    /// @throws RunError if it does not
    [[nodiscard]] Fields accumulated_stress() override;

    [[nodiscard]] Thinned& thinned() noexcept { return thinned_; }
    [[nodiscard]] const Thinned& thinned() const noexcept { return thinned_; }

    /// The lowest mode of every voxel of this rank whose barrier has vanished, at the beginning of the window.
    [[nodiscard]] std::vector<Event> flips(double /*threshold*/) { return thinned_.flips(); }

    /// Carries out events at one time, in the order of voxels. Collective at times: when a count says so, and always when stresses come from a solve.
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
