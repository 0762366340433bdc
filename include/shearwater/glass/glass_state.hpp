#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include <shearwater/elasticity/cell.hpp>
#include <shearwater/glass/group_rates.hpp>
#include <shearwater/glass/voxels.hpp>
#include <shearwater/kmc/counters.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/loading/loading.hpp>

namespace shearwater {

/// What the metallic glass is, however an engine looks at it: the voxels of this rank, their stress, and the mean of the whole cell.
template <int Dim>
class GlassState {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to all of them.
    /// @param cell             elastic side
    /// @param loading          of the mean of the cell
    /// @param settled_at_hand  softened lane groups whose barriers are kept at hand, at most
    GlassState(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading, int settled_at_hand);
    virtual ~GlassState() = default;
    GlassState(const GlassState&) = delete;
    GlassState& operator=(const GlassState&) = delete;
    GlassState(GlassState&&) = delete;
    GlassState& operator=(GlassState&&) = delete;

    [[nodiscard]] int tile_count() const noexcept { return static_cast<int>(tiles_.tiles().size()); }
    [[nodiscard]] std::int64_t tile_id(int tile) const noexcept { return tiles_.tiles()[tile].id; }
    [[nodiscard]] std::int64_t voxel_id(const Place& place) const noexcept { return tiles_.voxel_id(place.slot); }

    /// Mean strain and stress at a load parameter. Collective when moduli differ.
    [[nodiscard]] MeanState<Dim> mean_state(double load) const { return loading_.state(load, mean_eigenstress_); }
    /// The same if the mean eigenstrain were so much more, when moduli are uniform.
    [[nodiscard]] MeanState<Dim> mean_state(double load, const Deviator<Dim>& more) const;

    /// Accumulated deviatoric eigenstrain in box order.
    [[nodiscard]] Fields eigenstrain() const;

    /// Deviatoric stress at zero mean strain as accumulated, in box order [GPa]. Collective.
    [[nodiscard]] virtual Fields accumulated_stress() = 0;

    /// What voxels of this rank were at an earlier time, of those that have transformed since, by slot; nothing for a model that only looks ahead.
    [[nodiscard]] virtual std::unordered_map<int, VoxelState<Dim>> past_at(const PreciseTime& /*time*/) const { return {}; }

    [[nodiscard]] const Voxels<Dim>& voxels() const noexcept { return voxels_; }
    [[nodiscard]] const Tiles<Dim>& tiles() const noexcept { return tiles_; }
    [[nodiscard]] double relaxation_time() const noexcept { return 1.0 / scales_.relaxation_rate; }
    [[nodiscard]] const ModelCounters& counters() const noexcept { return counters_; }
    /// Wall time this rank spent in solves of the whole field [s].
    [[nodiscard]] double solve_seconds() const noexcept { return solve_seconds_; }

    /// Stress coefficient `a` at zero mean strain per slot [GPa], to look at or, in a test, to spoil.
    [[nodiscard]] std::vector<double>& stress(int a) noexcept { return stress_[a]; }

  protected:
    struct MeanShift {
        SymmetricTensor<Dim> strain{};    ///< mean strain
        std::array<double, n> uniform{};  ///< its stress when moduli are uniform [GPa]
    };

    SHEARWATER_INLINE GroupState group_state(int group) const noexcept;
    SHEARWATER_INLINE GroupState settled_group_state(int group, const PreciseTime& now) noexcept;
    [[nodiscard]] MeanShift mean_shift(const MeanState<Dim>& mean) const noexcept;
    SHEARWATER_INLINE void add_mean(int group, const MeanShift& shift, Lanes* stress) const noexcept;

    [[nodiscard]] std::int64_t voxels_in(int tile) const noexcept;

    /// Largest norm of the stress per norm of mean strain in some groups, when moduli differ [GPa].
    [[nodiscard]] double largest_load_response(int first_group, int groups) const noexcept;

    /// Carries out an event in its voxel, if that is one of this rank. Returns its slot or −1.
    int transform(const Event& event);
    /// Counts an event in the mean of the cell, which `update_mean` then brings up to date.
    void count_in_mean(const Event& event) noexcept;
    /// Sets what the strains of all events of all ranks add up to.
    void set_total_eigenstrain(const Deviator<Dim>& total) noexcept { total_eigenstrain_ = total; }
    /// Brings the mean of the cell up to date with the events counted, when moduli are uniform.
    void update_mean();
    /// Deviatoric stress that a mean eigenstrain of the cell causes in every voxel through the mean strain, when moduli are uniform [GPa].
    [[nodiscard]] Deviator<Dim> mean_shift_of(const Deviator<Dim>& mean_eigenstrain) const noexcept;
    /// Replaces the stresses by those of the whole eigenstrain field. Collective. @param by_petsc  whatever way the run updates stresses
    void solve_for_stress(bool by_petsc = false);

    /// The event in which a mode transforms. @param exponent  its −Q/k_B T
    [[nodiscard]] Event make_event(const Place& place, double exponent, const PreciseTime& time, bool athermal) const;

    [[nodiscard]] Fields stress_in_box_order() const;

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
    SymmetricTensor<Dim> mean_eigenstress_{};
    double solve_seconds_ = 0.0;
    ModelCounters counters_;

  private:
    std::vector<double> load_response_;  ///< when moduli differ: [coefficient][component][slot] [GPa]
    Deviator<Dim> total_eigenstrain_{};  ///< sum over all voxels of the cell, in the order of events
    std::vector<int> settled_group_;     ///< whose barriers lie at each place below, or −1
    std::vector<double> settled_;        ///< stress-free barriers of settled groups over k_B T [place][mode][lane]
};

template <int Dim>
GroupState GlassState<Dim>::group_state(int group) const noexcept
{
    GroupState state{};
    state.strains = voxels_.strains(group);
    state.barriers = voxels_.barriers(group);
    const GroupHistory<Dim>* past = voxels_.history(group);
    if (past == nullptr) return state;
    state.previous = past->previous.data();
    state.permanent = past->permanent.data();
    state.last_high = past->last_high.data();
    state.last_low = past->last_low.data();
    return state;
}

/// The state with the barriers of softened voxels at hand if they have stopped to change: they save the second exponential per mode, and
/// are the same numbers that it would give.
///
/// @param now  a time that has come: a bound may look ahead to a time that, if another event comes first, will find the voxel still fresh
template <int Dim>
GroupState GlassState<Dim>::settled_group_state(int group, const PreciseTime& now) noexcept
{
    GroupState state = group_state(group);
    if (state.previous == nullptr) return state;
    const std::size_t place = static_cast<std::size_t>(group) % settled_group_.size();
    double* barriers = settled_.data() + place * scales_.modes * lane_count;
    if (settled_group_[place] != group) {
        if (!is_settled<Dim>(scales_, state, now.high(), now.low())) return state;
        settle<Dim>(scales_, state, now.high(), now.low(), barriers);
        settled_group_[place] = group;
    }
    state.settled = barriers;
    return state;
}

/// Adds the stress of the mean strain, A(x):Ē, to a group.
template <int Dim>
void GlassState<Dim>::add_mean(int group, const MeanShift& shift, Lanes* stress) const noexcept
{
    if (load_response_.empty()) {
        for (int a = 0; a < n; ++a) stress[a] += shift.uniform[a];
        return;
    }
    const double* response = load_response_.data() + std::size_t{1} * lane_count * group;
    for (int a = 0; a < n; ++a)
        for (int c = 0; c < tensor_size<Dim>; ++c, response += tiles_.slots()) stress[a] += load(response) * shift.strain[c];
}

}  // namespace shearwater
