#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <shearwater/elasticity/cell.hpp>
#include <shearwater/engine/group_rates.hpp>
#include <shearwater/engine/voxels.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/loading/protocol.hpp>

namespace shearwater {

/// The metallic glass as an engine sees it: tiles whose rates it can bound, modes it can pick, events it can carry out.
///
/// This rank's part; every rank is told of every event.
template <int Dim>
class GlassModel {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to all of them. @param cell  elastic side  @param loading  mean strain control
    GlassModel(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading);

    [[nodiscard]] int tile_count() const noexcept { return static_cast<int>(tiles_.tiles().size()); }
    [[nodiscard]] std::int64_t tile_id(int tile) const noexcept { return tiles_.tiles()[tile].id; }
    [[nodiscard]] std::int64_t voxel_id(const Place& place) const noexcept { return tiles_.voxel_id(place.slot); }

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

    /// Mean strain and stress at an applied strain. Collective when moduli differ.
    [[nodiscard]] MeanState<Dim> mean_state(double applied_strain) const { return loading_.state(applied_strain, mean_eigenstress_); }

    /// Accumulated deviatoric eigenstrain in box order.
    [[nodiscard]] Fields eigenstrain() const;

    /// Deviatoric stress at zero mean strain as accumulated, in box order [GPa]; needs flush().
    [[nodiscard]] Fields accumulated_stress() const;

    [[nodiscard]] const Voxels<Dim>& voxels() const noexcept { return voxels_; }
    [[nodiscard]] const Tiles<Dim>& tiles() const noexcept { return tiles_; }
    [[nodiscard]] double relaxation_time() const noexcept { return 1.0 / scales_.relaxation_rate; }
    /// Wall time this rank spent in solves of the whole field [s].
    [[nodiscard]] double solve_seconds() const noexcept { return solve_seconds_; }

    /// Stress coefficient `a` at zero mean strain per slot [GPa], to look at or, in a test, to spoil.
    [[nodiscard]] std::vector<double>& stress(int a) noexcept { return stress_[a]; }

    /// Bytes held for every voxel.
    [[nodiscard]] static std::int64_t bytes_per_voxel(const CatalogueOptions& options) noexcept;

    /// The body of `evaluate` (with events entering) and `tighten`, to be compiled for several instruction sets.
    SHEARWATER_INLINE TileBounds bound_inline(int tile, bool entering) noexcept;

  private:
    struct MeanShift {
        SymmetricTensor<Dim> strain{};    ///< mean strain
        std::array<double, n> uniform{};  ///< its stress when moduli are uniform [GPa]
    };

    SHEARWATER_INLINE GroupState group_state(int group) const noexcept;
    SHEARWATER_INLINE GroupState settled_group_state(int group) noexcept;
    void expect_softening(int group);
    [[nodiscard]] MeanShift mean_shift(double applied_strain) const noexcept;
    [[nodiscard]] double exponent(const Place& place, double delay) const;
    SHEARWATER_INLINE void add_mean(int group, const MeanShift& shift, Lanes* stress) const noexcept;
    SHEARWATER_INLINE void add_entering(int group, Lanes* stress) const noexcept;
    [[nodiscard]] TileBounds bound(int tile, bool entering);
    void enter_pending();
    void solve_for_stress();
    template <class Visit>
    void visit_modes(int group, Visit&& visit) const;
    [[nodiscard]] std::vector<double> box_order(const std::vector<double>& slots) const;

    const Tiles<Dim>& tiles_;
    const Catalogue<Dim>& catalogue_;
    ElasticCell<Dim>& cell_;
    const Loading<Dim>& loading_;
    SofteningOptions softening_;
    Voxels<Dim> voxels_;
    RateScales scales_;
    double thermal_energy_;                      ///< k_B T [eV]
    double frequency_;                           ///< ν0 [1/s]
    std::array<std::vector<double>, n> stress_;  ///< deviatoric, at zero mean strain, per slot [GPa]
    std::vector<double> bounds_;                 ///< bound of each slot's rate in the window [1/s]
    std::vector<int> softened_;                  ///< place of each group among those with softened voxels, or -1
    std::vector<char> is_settled_;               ///< whether the barriers of a softened group below are up to date
    std::vector<double> settled_;                ///< stress-free barriers of softened groups over k_B T [place][mode][lane]
    std::vector<double> load_response_;          ///< when moduli differ: [coefficient][component][slot] [GPa]
    Deviator<Dim> total_eigenstrain_{};          ///< sum over all voxels of the cell, in the order of events
    SymmetricTensor<Dim> mean_eigenstress_{};
    std::vector<Event> pending_;           ///< carried out, not yet in the stresses
    std::vector<Event> entering_;          ///< entering the stresses in this pass
    std::vector<Index<Dim>> entering_at_;  ///< their voxels
    Window window_;
    PreciseTime bound_from_;  ///< time of the softening in the bounds
    MeanShift begin_shift_;
    MeanShift end_shift_;
    double solve_seconds_ = 0.0;
    /// Measured: a solve by transforms costs as much as 8 to 16 responses from 128² to 512².
    std::size_t solve_from_ = 16;
};

template <>
TileBounds GlassModel<2>::bound(int tile, bool entering);
template <>
TileBounds GlassModel<3>::bound(int tile, bool entering);

template <int Dim>
GroupState GlassModel<Dim>::group_state(int group) const noexcept
{
    const int slot = lane_count * group;
    return {voxels_.strains(group),
            voxels_.barriers(group),
            voxels_.previous(group),
            voxels_.permanent().data() + slot,
            voxels_.temporary().data() + slot,
            voxels_.last_high().data() + slot,
            voxels_.last_low().data() + slot,
            nullptr};
}

/// The state with the barriers of softened voxels at hand if they have stopped to change: they save the second exponential per mode, and
/// are the same numbers that it would give.
template <int Dim>
GroupState GlassModel<Dim>::settled_group_state(int group) noexcept
{
    GroupState state = group_state(group);
    const int place = softened_[group];
    if (place < 0) return state;
    double* barriers = settled_.data() + std::size_t{1} * place * scales_.modes * lane_count;
    if (is_settled_[place] == 0) {
        // As of the window's beginning: a bound may look ahead to a time that, if another event comes first, will find the voxel still fresh.
        if (!is_settled(scales_, state, window_.now.high(), window_.now.low())) return state;
        settle<Dim>(scales_, state, window_.now.high(), window_.now.low(), barriers);
        is_settled_[place] = 1;
    }
    state.settled = barriers;
    return state;
}

/// Adds the stress of the mean strain, A(x):Ē, to a group.
template <int Dim>
void GlassModel<Dim>::add_mean(int group, const MeanShift& shift, Lanes* stress) const noexcept
{
    if (load_response_.empty()) {
        for (int a = 0; a < n; ++a) stress[a] += shift.uniform[a];
        return;
    }
    const double* response = load_response_.data() + std::size_t{1} * lane_count * group;
    for (int a = 0; a < n; ++a)
        for (int c = 0; c < tensor_size<Dim>; ++c, response += tiles_.slots()) stress[a] += load(response) * shift.strain[c];
}

/// Adds the response to the events that enter in this pass to a group.
template <int Dim>
void GlassModel<Dim>::add_entering(int group, Lanes* stress) const noexcept
{
    const auto& first = tiles_.groups()[group].first;
    for (std::size_t e = 0; e < entering_.size(); ++e) cell_.kernel()->add(entering_at_[e], entering_[e].strain.data(), first, stress);
}

}  // namespace shearwater
