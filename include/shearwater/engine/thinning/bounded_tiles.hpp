#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <shearwater/engine/thinning/stress_source.hpp>
#include <shearwater/engine/thinning/tile_passes.hpp>
#include <shearwater/engine/thinning/tile_state.hpp>

namespace shearwater {

/// Bounds of the rates of all tiles of a rank, which remain valid during many events elsewhere, and the bookkeeping of when they expire.
///
/// When a tile is refreshed, the rates of its voxels are computed from the present stress. Afterwards the deviatoric stress σ anywhere in the tile
/// may change by at most a drift S, so that the work ½ V σ:ε of a mode increases by at most ½ V S |ε|. Hence (STZ paper, Eqs. 5 and 8)
///
///     Σ k^(m)(t) ≤ exp(½ V S max|ε^(m)| / k_B T) Σ k^(m)(refresh),
///
/// because softening only decays between events of a voxel, which raises barriers. Rates are stored rounded up, which increases bounds by up to 1e-6.
/// The bound is computed for an allowance of S, and the tile expires when S exceeds it. S is the sum of
///  - the largest change of the stress in the voxels of the tile due to near events and solves, which is measured, with its direction, when the sum
///    of the norms of all changes since the last measurement would exceed the allowance;
///  - the change of the far field of its leaf (FarField::moved), and the part of the far stress that this does not count yet (its thresholds and
///    remainder, and the open source);
///  - the change of the mean stress up to the end of the window.
/// No barrier vanishes while the lowest barrier less ½ V S max|ε| is positive. Where this cannot be guaranteed, the tile is critical and is searched
/// for vanished barriers each time.
///
/// A StressSource, which is passed to the functions that need it, determines how events enter the stress.
template <int Dim>
class BoundedTiles {
  public:
    static constexpr int n = deviator_size<Dim>;
    /// Largest number of softened lane groups whose barriers are cached (10 MB with 20 modes), about the number of active groups.
    static constexpr int settled_at_hand = 8192;
    /// Allowance for the single precision of reference stresses [GPa]: 6e-8 of about 10 GPa.
    static constexpr double reference_rounding = 2e-6;

    /// All tiles have expired at first. Collective. Keeps references to `glass` and `response`.
    /// @param stress_scale  thermal_stress_scale, which multiplies all reserves and allowances
    /// @param mean_reserve  movement of the mean stress that every bound covers, over thermal_stress_scale [GPa]
    /// @param parts         number of parts of the rank with separate lists of expired tiles
    /// @param part_of_tile  part of each tile, if there are several; the span is kept
    BoundedTiles(GlassState<Dim>& glass, NearAndFar<Dim>& response, double stress_scale, double mean_reserve, int parts,
                 std::span<const int> part_of_tile);

    [[nodiscard]] GlassState<Dim>& glass() noexcept { return voxels_.glass; }
    [[nodiscard]] const GlassState<Dim>& glass() const noexcept { return voxels_.glass; }
    [[nodiscard]] NearAndFar<Dim>& response() noexcept { return voxels_.response; }
    [[nodiscard]] const NearAndFar<Dim>& response() const noexcept { return voxels_.response; }
    [[nodiscard]] double stress_scale() const noexcept { return stress_scale_; }
    [[nodiscard]] double mean_reserve() const noexcept { return mean_reserve_; }
    [[nodiscard]] TileState<Dim>& state(int tile) noexcept { return state_[tile]; }
    [[nodiscard]] const TileState<Dim>& state(int tile) const noexcept { return state_[tile]; }
    /// Rates of all voxels at their last refresh.
    [[nodiscard]] VoxelRates<Dim>& voxels() noexcept { return voxels_; }
    [[nodiscard]] const VoxelRates<Dim>& voxels() const noexcept { return voxels_; }
    [[nodiscard]] double rate_of(int slot) const noexcept { return voxels_.rate_of(slot); }
    /// Mean stress up to which drifts of tiles have been counted.
    [[nodiscard]] const MeanShift<Dim>& followed_mean() const noexcept { return followed_; }

    /// Drift of a tile since its refresh [GPa].
    [[nodiscard]] double drift(const TileState<Dim>& state) const noexcept
    {
        return state.near_drift + state.waiting + state.mean_drift + state.rounding +
               (response().has_kernel() ? response().far().moved(state.mark.leaf) - state.far_mark : 0.0);
    }
    /// The present bound of a tile [1/s].
    [[nodiscard]] double bound(int tile) const noexcept { return state_[tile].total * state_[tile].inflation; }
    /// Bound of the rate of a voxel for the present drift of its tile [1/s].
    [[nodiscard]] double bound_by_drift(int tile, int slot) const noexcept
    {
        const TileState<Dim>& state = state_[tile];
        return rate_of(slot) * exponential_function(state.sensitivity * (drift(state) + state.uncertainty)) * (1.0 + 1e-5);
    }

    /// Expires the bound of a tile.
    void expire(int tile);
    /// Tiles of a part whose bounds have expired, once each.
    [[nodiscard]] std::vector<int> take_expired(int part) { return std::exchange(expired_[part], {}); }
    /// Records that a voxel has new modes. @param slot  slot of the voxel, or −1 if it is not on this rank
    void has_transformed(int slot);

    [[nodiscard]] SavedBound save(int tile) const;
    void restore(int tile, SavedBound&& saved);

    /// A voxel of a refreshed tile whose rate is not finite.
    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept;

    /// Norm of the difference of two mean stresses in a tile [GPa].
    [[nodiscard]] double mean_distance(const TileState<Dim>& state, const MeanShift<Dim>& a, const MeanShift<Dim>& b) const noexcept;

    /// Expires a tile if its drift, measured if necessary, exceeds its allowance.
    template <StressSource<Dim> Stress>
    void check(int tile, Stress& stress);
    /// Checks the tiles of leaves whose far field has changed.
    template <StressSource<Dim> Stress>
    void check_grown(Stress& stress);
    /// Adds the bound of the stress of a near event to the drift of a tile. @param norm  norm of the strain of the event
    template <StressSource<Dim> Stress>
    void charge(int tile, const Index<Dim>& source, double norm, Stress& stress);
    /// Counts the movement of the mean stress in the drifts of all tiles, once it exceeds the reserve.
    /// @param begin, end  mean at the ends of a window
    template <StressSource<Dim> Stress>
    void follow_mean(const MeanShift<Dim>& begin, const MeanShift<Dim>& end, Stress& stress);
    /// Adds all kept sources to the stresses of all tiles near to them, so that they need no longer be kept.
    template <StressSource<Dim> Stress>
    void catch_up(Stress& stress);
    /// Replaces all stresses by a solve of the whole field, which includes all pending sources. Collective.
    template <StressSource<Dim> Stress>
    void replace_stress(Stress& stress, bool by_petsc = false);

    /// Lists the state.
    void visit(Archive& archive)
    {
        archive("rates", voxels_.rates);
        archive("reference", voxels_.reference);
        archive.each("tiles", state_);
        archive("expired", expired_);
        archive("followed_mean", followed_);
    }

    /// Bytes needed per voxel.
    [[nodiscard]] static double bytes_per_voxel(const CatalogueOptions& options) noexcept;

  private:
    void find_sensitivity(int tile, int slot);
    void measure_movement(int tile, const StrainedVoxel<Dim>* near);
    template <StressSource<Dim> Stress>
    void forget(Stress& stress);

    VoxelRates<Dim> voxels_;
    double stress_scale_;
    double mean_reserve_;  ///< movement of the mean stress that every bound covers [GPa]
    std::vector<TileState<Dim>> state_;
    std::vector<std::vector<int>> expired_;  ///< expired tiles of each part
    std::span<const int> part_of_tile_;      ///< part of each tile, if there are several
    double largest_response_ = 0.0;          ///< largest stress per mean strain in any tile of the lattice [GPa]
    MeanShift<Dim> followed_;
};

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::check(int tile, Stress& stress)
{
    TileState<Dim>& state = state_[tile];
    if (state.is_expired || drift(state) <= state.allowance) return;
    if (state.waiting > 0.0) {
        stress.catch_up(tile, state.mark);
        measure_movement(tile, stress.near(tile, state.mark));
    }
    // A NaN also expires the tile.
    if (!(drift(state) <= state.allowance)) expire(tile);
}

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::check_grown(Stress& stress)
{
    auto& far = response().far();
    for (const int leaf : far.grown())
        for (const int tile : response().tiles_of_leaf(leaf)) check(tile, stress);
    far.forget_grown();
}

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::charge(int tile, const Index<Dim>& source, double norm, Stress& stress)
{
    state_[tile].waiting += norm * response().reach(source, tile);
    check(tile, stress);
}

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::follow_mean(const MeanShift<Dim>& begin, const MeanShift<Dim>& end, Stress& stress)
{
    const auto off = [&](const TileState<Dim>& state, const MeanShift<Dim>& from) {
        return std::max(mean_distance(state, begin, from), mean_distance(state, end, from));
    };
    TileState<Dim> stiffest;
    stiffest.response = largest_response_;
    if (off(stiffest, followed_) <= mean_reserve_) return;
    followed_ = end;
    for (int tile = 0; tile < glass().tile_count(); ++tile) {
        TileState<Dim>& state = state_[tile];
        const double cover = std::max(mean_reserve_, off(state, followed_));
        state.mean_drift = std::max(0.0, mean_distance(state, followed_, state.mean) + cover - state.mean_cover);
        check(tile, stress);
    }
}

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::catch_up(Stress& stress)
{
    for (int tile = 0; tile < glass().tile_count(); ++tile) stress.catch_up(tile, state_[tile].mark);
    forget(stress);
}

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::forget(Stress& stress)
{
    stress.forget();
    for (auto& state : state_) state.mark.added = 0;
}

template <int Dim>
template <StressSource<Dim> Stress>
void BoundedTiles<Dim>::replace_stress(Stress& stress, bool by_petsc)
{
    const bool has_far = response().has_kernel();
    forget(stress);
    ++glass().counters().flushes;
    // The rates of a tile are based on its reference stress and on the settled part of the far field, which is about to be added to the voxels.
    if (has_far) {
        for (int tile = 0; tile < glass().tile_count(); ++tile) settle_reference(voxels_, tile, state_[tile].mark.leaf);
        response().far().clear();
    }
    glass().solve_for_stress(by_petsc);
    for (int tile = 0; tile < glass().tile_count(); ++tile) {
        measure_movement(tile, stress.near(tile, state_[tile].mark));
        if (has_far) state_[tile].rounding += reference_rounding;
        check(tile, stress);
    }
}

}  // namespace shearwater
