#pragma once

#include <span>
#include <vector>

#include <shearwater/glass/glass_state.hpp>

namespace shearwater {

/// The metallic glass as the reference engine sees it: tiles whose rates it can bound, modes it can pick, events it can carry out.
///
/// This rank's part; every rank is told of every event.
template <int Dim>
class GlassModel final : public GlassState<Dim> {
  public:
    using GlassState<Dim>::n;

    /// Keeps references to all of them. @param cell  elastic side  @param loading  mean strain control
    GlassModel(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    /// Begins a pass over all tiles for this window: each must then be evaluated once.
    void begin(const Window& window);

    /// Brings the stress of a tile up to date and bounds its rates in the window.
    [[nodiscard]] TileBounds evaluate(int tile);

    /// Bounds the rates of an evaluated tile from `since` after the beginning of the window on, when softening has decayed [s].
    [[nodiscard]] TileBounds tighten(int tile, double since);

    /// Barriers of an evaluated tile that have vanished, or may within the window.
    [[nodiscard]] TileInstability instability(int tile) const;

    /// A mode of the tile that was bounded last, drawn by its share of the bound. @param share  in (0, 1]
    [[nodiscard]] Candidate pick(int tile, double share) const;

    /// Rate of a mode `delay` after the beginning of the window [1/s].
    [[nodiscard]] double rate(const Place& place, double delay) const;

    /// The event in which this mode transforms `delay` after the beginning of the window.
    [[nodiscard]] Event event(const Place& place, double delay, bool athermal) const;

    /// The lowest mode of every voxel of this rank whose barrier is below (or at, if it is 0) `threshold` [eV].
    [[nodiscard]] std::vector<Event> flips(double threshold);

    /// A voxel of an evaluated tile whose rate is not finite.
    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept;

    /// Carries out events at one time, in the order of voxels. Collective when stresses come from a solve.
    void apply(std::span<const Event> events);

    /// From how many events at once on one solve of the whole field replaces adding their responses. A count, so that the choice is
    /// the same on every machine and number of ranks.
    void solve_from(std::size_t events) noexcept { solve_from_ = events; }

    /// Brings all stresses up to date with the events carried out.
    void flush();

    [[nodiscard]] Fields accumulated_stress() override;

    /// Bytes held for every voxel.
    [[nodiscard]] static double bytes_per_voxel(const CatalogueOptions& options) noexcept;

    /// The body of `evaluate` (with events entering) and `tighten`, to be compiled for several instruction sets.
    SHEARWATER_INLINE TileBounds bound_inline(int tile, bool entering) noexcept;

  private:
    using typename GlassState<Dim>::MeanShift;
    using GlassState<Dim>::tiles_;
    using GlassState<Dim>::cell_;
    using GlassState<Dim>::voxels_;
    using GlassState<Dim>::scales_;
    using GlassState<Dim>::thermal_energy_;
    using GlassState<Dim>::frequency_;
    using GlassState<Dim>::stress_;
    using GlassState<Dim>::counters_;

    [[nodiscard]] double exponent(const Place& place, double delay) const;
    SHEARWATER_INLINE void add_entering(int group, Lanes* stress) const noexcept;
    [[nodiscard]] TileBounds bound(int tile, bool entering);
    void enter_pending();
    template <class Visit>
    void visit_modes(int group, Visit&& visit) const;

    std::vector<double> bounds_;           ///< bound of each slot's rate in the window [1/s]
    std::vector<Event> pending_;           ///< carried out, not yet in the stresses
    std::vector<Event> entering_;          ///< entering the stresses in this pass
    std::vector<Index<Dim>> entering_at_;  ///< their voxels
    Window window_;
    PreciseTime bound_from_;  ///< time of the softening in the bounds
    MeanShift begin_shift_;
    MeanShift end_shift_;
    /// Measured: a solve by transforms costs as much as 8 to 16 responses from 128² to 512².
    std::size_t solve_from_ = 16;
};

template <>
TileBounds GlassModel<2>::bound(int tile, bool entering);
template <>
TileBounds GlassModel<3>::bound(int tile, bool entering);

/// Adds the response to the events that enter in this pass to a group.
template <int Dim>
void GlassModel<Dim>::add_entering(int group, Lanes* stress) const noexcept
{
    const auto& first = tiles_.groups()[group].first;
    for (std::size_t e = 0; e < entering_.size(); ++e) cell_.kernel()->add(entering_at_[e], entering_[e].strain.data(), first, stress);
}

}  // namespace shearwater
