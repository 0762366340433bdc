#pragma once

#include <cmath>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <shearwater/core/rounded_up.hpp>
#include <shearwater/elasticity/fmm/far_field.hpp>
#include <shearwater/elasticity/kernel/near_kernel.hpp>
#include <shearwater/glass/glass_state.hpp>

namespace shearwater {

/// What an audit of bounds found on this rank.
struct BoundAudit {
    std::int64_t voxels = 0;  ///< looked at
    std::int64_t critical_tiles = 0;
    double largest_ratio = 0.0;        ///< of a voxel's true rate over its bound; NaN if there is one
    std::int64_t worst_voxel = -1;     ///< where that is
    double lowest_guarded = HUGE_VAL;  ///< lowest barrier in tiles that are not critical, anywhere in the window [eV]
    double lowest_now = HUGE_VAL;      ///< lowest barrier of all, now [eV]
};

/// The metallic glass as engines see it that compute only what may matter: tiles whose bounds outlast events, stresses that are brought up to date
/// where needed. How events come to the stresses of other voxels is left to DeferredGlass (exact engine) and BlockGlass (sublattice engine).
///
/// The bound of a tile. When it is refreshed, the rates of its voxels are computed from the stress then. Afterwards the deviatoric stress σ anywhere in the
/// tile may move by at most a drift S, so that the work ½ V σ:ε of a mode grows by at most ½ V S |ε|, and with it (STZ paper, Eqs. 5 and 8)
///
///     Σ k^(m)(t) ≤ exp(½ V S max|ε^(m)| / k_B T) Σ k^(m)(refresh),
///
/// as softening only decays between events of a voxel, which makes barriers higher. Rates are kept rounded up, which makes bounds larger by up to 1e-6. The bound is given for an allowance of S; the tile
/// expires when S has grown beyond it. S is the sum of
///  - the largest change of the stress that near events and solves have made in its voxels: measured, with its direction, when the sum of the norms
///    of what has come since would exceed the allowance,
///  - what the far field of its leaf has moved (FarField::moved) and what that has not counted yet (its thresholds and remainder, and the open source),
///  - the movement of the mean stress, to the end of the window.
/// No barrier vanishes while the lowest, less ½ V S max|ε|, is above zero; where that cannot be warranted the tile is critical and looked at each time.
template <int Dim>
class TileGlass : public GlassState<Dim> {
  public:
    using GlassState<Dim>::n;

    /// Softened lane groups whose barriers are kept at hand (10 MB with 20 modes): those that are active.
    static constexpr int settled_at_hand = 8192;

    /// A voxel that has strained.
    struct Source {
        Index<Dim> at{};
        Deviator<Dim> strain{};
    };

    /// The bound of a tile, to be restored.
    struct SavedBound {
        std::vector<std::uint32_t> rates;
        double total = 0.0;
        PreciseTime since;
    };

    /// Begins a window: from now on bounds must hold to its end.
    void begin(const Window& window);

    /// Tiles of a part of the lattice whose bounds no longer hold, once each. @param part  a block; 0 if there are none
    [[nodiscard]] std::vector<int> take_expired(int part = 0);
    /// Lets the bound of a tile no longer hold.
    void expire(int tile);

    /// Computes the rates of a tile and bounds them for a while.
    /// @param next  the tile that comes after it, whose data are asked for meanwhile, or −1
    TileBounds refresh(int tile, int next);
    /// The present bound of a tile [1/s].
    [[nodiscard]] double bound(int tile) const noexcept { return state_[tile].total * state_[tile].inflation; }

    /// Decides a candidate `delay` after the beginning of the window.
    /// @param share       which of the tile's voxels, in (0, 1]
    /// @param acceptance  in (0, 1]; picks the mode as well
    [[nodiscard]] Decision decide(int tile, double delay, double share, double acceptance);

    /// Bounds the rates of voxels that are still relaxing from `since` after the beginning of the window on.
    void tighten(int tile, double since);
    [[nodiscard]] SavedBound save(int tile) const;
    void restore(int tile, SavedBound&& saved);

    /// No barrier of a refreshed tile is below this anywhere in the window, nor can `instability` take it for so low, its uncertainty included [eV].
    [[nodiscard]] double lowest_possible(int tile) const noexcept
    {
        const TileState& state = state_[tile];
        const double error = 2.0 * remainder(state.leaf);
        return -thermal_energy_ * (state.peak + 1e-9 + state.sensitivity * (state.uncertainty + drift(state) + error));
    }

    /// Barriers of a tile that have vanished, or may within the window.
    /// @param certain_below  leave no uncertainty in those that may be as low as this [eV]
    [[nodiscard]] TileInstability instability(int tile, double certain_below);

    /// The event in which this mode transforms `delay` after the beginning of the window.
    [[nodiscard]] Event event(const Place& place, double delay, bool athermal);

    /// The lowest mode of every voxel of this rank whose barrier has vanished.
    [[nodiscard]] std::vector<Event> flips(double threshold);

    /// A voxel of a refreshed tile whose rate is not finite.
    [[nodiscard]] std::int64_t broken_voxel(int tile) const noexcept;

    /// Holds the bounds of all tiles, which must have been refreshed, against what is true anywhere in the window; changes nothing. For tests.
    ///
    /// Along the ramp the sum of rates is convex, so that its ends suffice; softening, which only decays, is taken as it is now.
    /// @param stress  at zero mean strain, in box order, from a solve of the whole field (ElasticCell::stress) [GPa]
    [[nodiscard]] BoundAudit audit(const Fields& stress);
    /// From now on the exact rate of every candidate is computed and must lie below its bound, also where less would do to reject it. For tests.
    void audit_candidates() noexcept { audits_candidates_ = true; }

    /// Bytes held for every voxel.
    [[nodiscard]] static double bytes_per_voxel(const CatalogueOptions& options) noexcept;

    /// The body of `refresh` and `tighten`, to be compiled for several instruction sets.
    /// @param only_relaxing  leave out groups that had settled before  @param next  tile to ask for, or −1
    SHEARWATER_INLINE double rates_inline(int tile, const PreciseTime& since, bool only_relaxing, int next) noexcept;
    /// Adds the stresses of sources near to a tile. To be compiled likewise.
    SHEARWATER_INLINE void near_inline(int tile, std::span<const Source> sources) noexcept;
    /// The largest squared difference of a tile's stress from its reference. To be compiled likewise.
    SHEARWATER_INLINE double moved_inline(int tile) const noexcept;

    /// Moves what has settled of the far field to the reference stress of a tile. To be compiled likewise.
    SHEARWATER_INLINE void settle_inline(int tile) noexcept;

    /// Fills `exponents_` with −Q/k_B T of all modes of a group under two stresses. To be compiled likewise.
    SHEARWATER_INLINE void exponents_inline(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time) noexcept;
    /// Rates of all modes of one lane of what `exponents_` holds for the first stress. To be compiled likewise.
    SHEARWATER_INLINE void lane_rates_inline(int lane) noexcept;

    /// What is true of the voxels of a group.
    struct GroupTruth {
        Lanes rate;         ///< largest sum of rates at either end of the window [1/s]
        Lanes highest_now;  ///< largest −Q/k_B T at its beginning
        Lanes highest;      ///< and at either end
    };
    /// To be compiled likewise. @param begin, end  stress at the ends of the window [GPa]
    SHEARWATER_INLINE GroupTruth truth_inline(int group, const Lanes* begin, const Lanes* end) const noexcept;

  protected:
    using typename GlassState<Dim>::MeanShift;
    using GlassState<Dim>::tiles_;
    using GlassState<Dim>::cell_;
    using GlassState<Dim>::voxels_;
    using GlassState<Dim>::scales_;
    using GlassState<Dim>::thermal_energy_;
    using GlassState<Dim>::frequency_;
    using GlassState<Dim>::stress_;
    using GlassState<Dim>::counters_;

    /// Covers that reference stresses are kept in single precision [GPa]: 6e-8 of some 10 GPa.
    static constexpr double reference_rounding = 2e-6;

    /// What a tile's bound rests on.
    struct alignas(64) TileState {
        // What every near event asks for, in one line of the cache.
        double waiting = 0.0;     ///< bound of what near events have brought since the drift was measured [GPa]
        double near_drift = 0.0;  ///< as measured last [GPa]
        double mean_drift = 0.0;  ///< [GPa]
        double rounding = 0.0;    ///< of the reference stress since it was taken [GPa]
        double far_mark = 0.0;    ///< FarField::moved when refreshed [GPa]
        double allowance = -1.0;  ///< drift for which the bound holds [GPa]; below 0 it has expired
        int leaf = -1;
        int near_added = 0;  ///< sources near to the leaf or block that are in the stress
        bool is_expired = false;

        double total = 0.0;                 ///< sum of rates_ [1/s]
        double rested = 0.0;                ///< sum of those of voxels older than `burst_age` [1/s]
        PreciseTime since;                  ///< time of the softening in them; earlier in settled groups
        double inflation = 1.0;             ///< bound over total
        double sensitivity = 0.0;           ///< ½ V max|ε|/k_B T [1/GPa]
        double peak = 0.0;                  ///< largest −Q/k_B T when refreshed
        double uncertainty = 0.0;           ///< of the stress in the bound: remainder, thresholds [GPa]
        std::uint32_t critical_groups = 0;  ///< bit per group: whether a barrier may vanish while the bound holds
        MeanShift mean;                     ///< that the rates were computed at
        double mean_cover = 0.0;            ///< movement from there that `uncertainty` covers [GPa]
        double response = 0.0;              ///< when moduli differ: largest stress per mean strain [GPa]
    };

    /// A tile near to the open source.
    struct NearTile {
        int tile;
        double reach;  ///< bound of the norm of h from the source to its voxels [GPa]
    };

    /// The last voxel that transformed and the sum of the strains of its last events. Six events in ten follow one of the same voxel: they enter
    /// the stresses together, when another voxel transforms or they have become too large, and until then are added wherever a stress is looked at.
    struct OpenSource {
        std::int64_t voxel = -1;
        Index<Dim> at{};
        Deviator<Dim> strain{};
    };

    /// Keeps references to all of them. Collective. What derives from this must then let all tiles expire (`expire_all`).
    /// @param separation    what cells of the far field must be away from
    /// @param near_radius   largest distance along an axis at which stresses are added voxel by voxel, besides to what is near to the far field
    /// @param mean_reserve  movement of the mean stress that every bound covers, to be multiplied by thermal_stress_scale [GPa]
    TileGlass(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
              ElasticCell<Dim>& cell, const Loading<Dim>& loading, Separation separation, int near_radius, double mean_reserve);

    /// Brings the stress of a tile up to date with sources near to it. What drift it has been charged with stays, as it must not depend on who
    /// looks when.
    virtual void catch_up(int tile) = 0;
    /// Whether the open source counts among the stresses of a tile.
    [[nodiscard]] virtual bool sees_source(int tile) const noexcept = 0;
    /// Whether it is so near that it is added there voxel by voxel.
    [[nodiscard]] virtual bool is_near_source(int tile) const noexcept = 0;
    /// Bound of the error of the stress in a leaf that decisions must allow for [GPa].
    [[nodiscard]] virtual double remainder(int /*leaf*/) const noexcept { return 0.0; }
    /// What the rates of a tile leave out of its stress, at most [GPa].
    [[nodiscard]] virtual double far_uncertainty(int leaf) const noexcept = 0;
    /// Makes every lane of `lanes` exact in the stress of a group, which may be wrong by `remainder`.
    virtual void make_exact(int /*group*/, int /*tile*/, unsigned /*lanes*/, Lanes* /*stress*/) {}

    [[nodiscard]] double rates(int tile, const PreciseTime& since, bool only_relaxing, int next);
    [[nodiscard]] double exponent_at(int mode, int stress, int lane) const noexcept { return exponents_[(2 * mode + stress) * lane_count + lane]; }
    void find_exponents(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time);
    void find_lane_rates(int lane);
    [[nodiscard]] GroupTruth truth(int group, const Lanes* begin, const Lanes* end) const;
    void audit_candidate(int tile, int slot, double delay);
    void add_near(int tile, std::span<const Source> sources);
    [[nodiscard]] double squared_movement(int tile) const;
    void settle_reference(int tile);
    [[nodiscard]] double mean_distance(const TileState& state, const MeanShift& a, const MeanShift& b) const noexcept;
    [[nodiscard]] double exponent(const Place& place, double delay);
    void look_for_instability(int group, int tile, double certain_below, TileInstability& found);
    void add_vanished(const Place& place, double barrier, double uncertainty, TileInstability& found) const;
    [[nodiscard]] std::pair<int, double> lowest_mode(int slot, int tile);
    void follow_mean();
    [[nodiscard]] double drift(const TileState& state) const noexcept
    {
        return state.near_drift + state.waiting + state.mean_drift + state.rounding + (far_ ? far_->moved(state.leaf) - state.far_mark : 0.0);
    }
    /// Bound of the rate of a voxel by what its tile has drifted so far [1/s].
    [[nodiscard]] double bound_by_drift(int tile, int slot) const noexcept
    {
        const TileState& state = state_[tile];
        return rate_of(slot) * exponential_function(state.sensitivity * (drift(state) + state.uncertainty)) * (1.0 + 1e-5);
    }
    void check(int tile);
    void check_grown();
    void find_sensitivity(int tile, int slot);
    void expire_all();
    void transform_here(const Event& event);
    void expect_near(double norm);
    void measure_movement(int tile);
    void replace_stress(bool by_petsc = false);
    void prefetch_stress(int group) const noexcept;
    void prefetch_group(int group) const noexcept;
    SHEARWATER_INLINE void add_near_source(const Index<Dim>& source, const double* strain, const Index<Dim>& first, Lanes* stress) const noexcept;

    /// Stress of a group at zero mean strain, as well as it is known. @return bound of its error [GPa]
    double eigenstress(int group, int tile, Lanes* stress);
    void add_mean_at(double progress, int group, Lanes* stress) const;
    /// Stress of a group `progress` through the window, as well as it is known. @return bound of its error [GPa]
    double group_stress(int group, int tile, double progress, Lanes* stress);
    /// Largest difference of the stresses from given ones, less what their remainder allows [GPa]; infinite if one is not a number.
    /// @param exact  at zero mean strain, in box order
    [[nodiscard]] double excess_over_remainder(const Fields& exact);
    [[nodiscard]] static bool is_finite(const Lanes* stress, int lane) noexcept;
    /// How much of the window has passed after a delay.
    [[nodiscard]] double progress(double delay) const noexcept
    {
        return window_.duration > 0.0 && std::isfinite(window_.duration) ? delay / window_.duration : 0.0;
    }
    [[nodiscard]] PreciseTime when(double delay) const noexcept { return window_.frozen ? window_.now : window_.now + delay; }
    /// Rate of a voxel when computed, or up to 2^-20 more [1/s].
    [[nodiscard]] double rate_of(int slot) const noexcept { return from_rounded_up(rates_[slot]); }
    [[nodiscard]] int tile_of(int slot) const noexcept { return tiles_.tile_of(tiles_.voxel(slot)); }

    double stress_scale_;  ///< thermal_stress_scale, of which all that bounds allow for is a multiple
    double mean_reserve_;  ///< [GPa]
    std::optional<FarField<Dim>> far_;
    FarSource<Dim> far_source_;                   ///< the event that is being taken in
    std::optional<NearKernel<Dim>> near_kernel_;  ///< if anything is far
    std::vector<TileState> state_;
    std::vector<std::vector<int>> tiles_of_leaf_;
    std::vector<std::uint32_t> rates_;             ///< of each slot when computed, rounded up (core/rounded_up.hpp) [1/s]
    std::array<std::vector<float>, n> reference_;  ///< stress of each slot when its rate was computed [GPa]
    std::vector<std::vector<int>> expired_;        ///< of each part
    std::vector<int> part_of_tile_;                ///< if there are several
    double largest_response_ = 0.0;                ///< of all tiles of the lattice
    double peak_ = 0.0;                            ///< largest −Q/k_B T of the tile computed last
    MeanShift followed_;                           ///< mean that the drifts of tiles go to
    MeanShift begin_shift_;
    MeanShift end_shift_;
    Window window_;
    OpenSource open_;
    std::vector<NearTile> near_tiles_;  ///< of the open source
    std::vector<int> exhausted_;        ///< tiles that the last event takes beyond their allowance, as far as is known without a look
    bool audits_candidates_ = false;
    std::vector<double> exponents_;   ///< −Q/k_B T of the modes of a group under two stresses [mode][stress][lane]
    std::vector<double> lane_rates_;  ///< rates of the modes of a voxel [1/s], padded to whole lanes
};

template <>
double TileGlass<2>::rates(int tile, const PreciseTime& since, bool only_relaxing, int next);
template <>
double TileGlass<3>::rates(int tile, const PreciseTime& since, bool only_relaxing, int next);
template <>
void TileGlass<2>::find_exponents(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time);
template <>
void TileGlass<3>::find_exponents(int group, const Lanes* begin, const Lanes* end, const PreciseTime& time);
template <>
void TileGlass<2>::find_lane_rates(int lane);
template <>
void TileGlass<3>::find_lane_rates(int lane);
template <>
TileGlass<2>::GroupTruth TileGlass<2>::truth(int group, const Lanes* begin, const Lanes* end) const;
template <>
TileGlass<3>::GroupTruth TileGlass<3>::truth(int group, const Lanes* begin, const Lanes* end) const;
template <>
void TileGlass<2>::add_near(int tile, std::span<const Source> sources);
template <>
void TileGlass<3>::add_near(int tile, std::span<const Source> sources);
template <>
double TileGlass<2>::squared_movement(int tile) const;
template <>
void TileGlass<2>::settle_reference(int tile);
template <>
double TileGlass<3>::squared_movement(int tile) const;
template <>
void TileGlass<3>::settle_reference(int tile);

}  // namespace shearwater
