#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/glass/glass.hpp>
#include <shearwater/glass/strained_voxel.hpp>

namespace shearwater {

/// The metallic glass for the reference engine: it bounds the rates of tiles, selects modes, and carries out events.
///
/// Each rank holds its own voxels and receives every event.
template <int Dim>
class ReferenceGlass final : public Glass<Dim> {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to all arguments. @param cell  elastic problem  @param loading  control of the mean strain
    ReferenceGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
                   ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    [[nodiscard]] const GlassState<Dim>& state() const noexcept override { return glass_; }
    [[nodiscard]] GlassState<Dim>& state() noexcept override { return glass_; }
    [[nodiscard]] Fields accumulated_stress() override;

    [[nodiscard]] int tile_count() const noexcept { return glass_.tile_count(); }
    [[nodiscard]] std::int64_t tile_id(int tile) const noexcept { return glass_.tiles().tiles()[tile].id; }
    [[nodiscard]] std::int64_t voxel_id(const Place& place) const noexcept { return glass_.tiles().voxel_id(place.slot); }

    /// Begins a pass over all tiles for this window. Each tile must then be evaluated once.
    void begin(const Window& window);

    /// Updates the stress of a tile and bounds its rates in the window.
    [[nodiscard]] TileBounds evaluate(int tile);

    /// Bounds the rates of an evaluated tile from `since` after the beginning of the window on, with the softening at that time [s].
    [[nodiscard]] TileBounds tighten(int tile, double since);

    /// Barriers of an evaluated tile that have vanished or may vanish within the window.
    [[nodiscard]] TileInstability instability(int tile) const;

    /// A mode of the tile that was bounded last, selected by its share of the bound. @param share  share of the bound, in (0, 1]
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

    /// Sets the number of simultaneous events from which on one solve of the whole field replaces the sum of their responses. The criterion is a
    /// count, so that the choice is the same on every machine and any number of ranks.
    void solve_from(std::size_t events) noexcept { solve_from_ = events; }

    /// Updates all stresses by the events carried out.
    void flush();

    void visit(Archive& archive) override
    {
        archive("state", glass_);
        archive("pending", pending_);
        if (archive.reads()) entering_.clear();
    }

    /// Bytes needed per voxel.
    [[nodiscard]] static double bytes_per_voxel(const CatalogueOptions& options) noexcept;

    /// Body of `evaluate` (in which pending events enter) and `tighten`, which is compiled for several instruction sets.
    SHEARWATER_INLINE TileBounds bound_inline(int tile, bool entering) noexcept;

  private:
    [[nodiscard]] double exponent(const Place& place, double delay) const;
    SHEARWATER_INLINE void add_entering(int group, Lanes* stress) const noexcept;
    [[nodiscard]] TileBounds bound(int tile, bool entering);
    void enter_pending();
    template <class Visit>
    void visit_modes(int group, Visit&& visit) const;

    GlassState<Dim> glass_;
    std::vector<double> bounds_;                ///< bound of each slot's rate in the window [1/s]
    std::vector<StrainedVoxel<Dim>> pending_;   ///< events carried out that have not entered the stresses yet
    std::vector<StrainedVoxel<Dim>> entering_;  ///< events that enter the stresses in this pass
    Window window_;
    PreciseTime bound_from_;  ///< time of the softening used in the bounds
    MeanShift<Dim> begin_shift_;
    MeanShift<Dim> end_shift_;
    /// A solve by transforms takes as long as 8 to 16 responses from 128² to 512² voxels (measured).
    std::size_t solve_from_ = 16;
};

template <>
TileBounds ReferenceGlass<2>::bound(int tile, bool entering);
template <>
TileBounds ReferenceGlass<3>::bound(int tile, bool entering);

/// Adds the responses to the events that enter in this pass to the stress of a group.
template <int Dim>
void ReferenceGlass<Dim>::add_entering(int group, Lanes* stress) const noexcept
{
    const auto& first = glass_.tiles().groups()[group].first;
    for (const auto& source : entering_) glass_.cell().kernel()->add(source.at, source.strain.data(), first, stress);
}

}  // namespace shearwater
