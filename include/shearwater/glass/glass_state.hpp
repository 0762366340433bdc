#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <shearwater/elasticity/cell.hpp>
#include <shearwater/glass/group_rates.hpp>
#include <shearwater/glass/mean_of_cell.hpp>
#include <shearwater/glass/settled_barriers.hpp>
#include <shearwater/glass/voxels.hpp>
#include <shearwater/kmc/counters.hpp>
#include <shearwater/kmc/event.hpp>
#include <shearwater/loading/loading.hpp>

namespace shearwater {

/// The state of the metallic glass that all engines need: the voxels of this rank, their stress at zero mean strain, and the mean of the cell. The
/// model of each engine contains such a state, and determines when an event enters the stress of other voxels.
template <int Dim>
class GlassState {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Constructs the undeformed glass. Collective. Keeps references to all arguments.
    /// @param cell             elastic problem of the cell
    /// @param loading          control of the mean strain or stress of the cell
    /// @param settled_at_hand  largest number of softened lane groups whose barriers are cached
    GlassState(const Tiles<Dim>& tiles, const Catalogue<Dim>& catalogue, const ActivationOptions& activation, const SofteningOptions& softening,
               ElasticCell<Dim>& cell, const Loading<Dim>& loading, int settled_at_hand);
    ~GlassState() = default;
    GlassState(const GlassState&) = delete;
    GlassState& operator=(const GlassState&) = delete;
    GlassState(GlassState&&) = delete;  // members refer to each other
    GlassState& operator=(GlassState&&) = delete;

    [[nodiscard]] const Tiles<Dim>& tiles() const noexcept { return tiles_; }
    [[nodiscard]] const Catalogue<Dim>& catalogue() const noexcept { return catalogue_; }
    [[nodiscard]] ElasticCell<Dim>& cell() const noexcept { return cell_; }
    [[nodiscard]] const SofteningOptions& softening() const noexcept { return softening_; }
    [[nodiscard]] const Voxels<Dim>& voxels() const noexcept { return voxels_; }
    [[nodiscard]] const MeanOfCell<Dim>& mean() const noexcept { return mean_; }
    [[nodiscard]] MeanOfCell<Dim>& mean() noexcept { return mean_; }
    [[nodiscard]] const RateScales& scales() const noexcept { return scales_; }
    /// k_B T [eV].
    [[nodiscard]] double thermal_energy() const noexcept { return thermal_energy_; }
    /// ν0 [1/s].
    [[nodiscard]] double frequency() const noexcept { return frequency_; }
    [[nodiscard]] const ModelCounters& counters() const noexcept { return counters_; }
    [[nodiscard]] ModelCounters& counters() noexcept { return counters_; }
    /// Wall time this rank spent in solves of the whole field [s].
    [[nodiscard]] double solve_seconds() const noexcept { return solve_seconds_; }

    [[nodiscard]] int tile_count() const noexcept { return static_cast<int>(tiles_.tiles().size()); }
    [[nodiscard]] int tile_of(int slot) const noexcept { return tiles_.tile_of(tiles_.voxel(slot)); }
    /// Number of voxels of a tile, without padding.
    [[nodiscard]] std::int64_t voxels_in(int tile) const noexcept;

    /// Stress coefficient `a` at zero mean strain per slot [GPa].
    [[nodiscard]] std::vector<double>& stress(int a) noexcept { return stress_[a]; }
    [[nodiscard]] const std::vector<double>& stress(int a) const noexcept { return stress_[a]; }
    /// Stress of a lane group at zero mean strain, one Lanes for each coefficient [GPa].
    SHEARWATER_INLINE void load_stress(int group, Lanes* stress) const noexcept;
    SHEARWATER_INLINE void store_stress(int group, const Lanes* stress) noexcept;
    [[nodiscard]] Fields stress_in_box_order() const;
    /// Replaces the stresses by those of the whole eigenstrain field. Collective. @param by_petsc  whether to use PETSc in any case
    void solve_for_stress(bool by_petsc = false);

    /// Accumulated deviatoric eigenstrain in box order.
    [[nodiscard]] Fields eigenstrain() const;

    /// The quantities on which the barriers of a lane group depend.
    [[nodiscard]] SHEARWATER_INLINE GroupState group_state(int group) const noexcept;
    /// The same, with the cached barriers of softened voxels if these have stopped changing. @param now  a time that is not in the future
    [[nodiscard]] SHEARWATER_INLINE GroupState settled_group_state(int group, const PreciseTime& now) noexcept;

    /// Carries out an event in its voxel, if this is on this rank. Returns the slot of the voxel, or −1.
    /// @throws RunError if the eigenstrain of the voxel would overflow because it has transformed too often
    int transform(const Event& event);

    /// The event in which a mode transforms. @param exponent  −Q/k_B T of the mode
    [[nodiscard]] Event make_event(const Place& place, double exponent, const PreciseTime& time, bool athermal) const;

    /// Lists the state: voxels, their stress, and the mean of the cell.
    void visit(Archive& archive)
    {
        archive("voxels", voxels_);
        archive("mean", mean_);
        archive("stress", stress_);
        archive("counters", counters_);
        if (archive.reads()) settled_.forget();
    }

  private:
    const Tiles<Dim>& tiles_;
    const Catalogue<Dim>& catalogue_;
    ElasticCell<Dim>& cell_;
    SofteningOptions softening_;
    Voxels<Dim> voxels_;
    MeanOfCell<Dim> mean_;
    RateScales scales_;
    double thermal_energy_;
    double frequency_;
    std::array<std::vector<double>, n> stress_;
    SettledBarriers settled_;
    ModelCounters counters_;
    double solve_seconds_ = 0.0;
};

template <int Dim>
void GlassState<Dim>::load_stress(int group, Lanes* stress) const noexcept
{
    for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
}

template <int Dim>
void GlassState<Dim>::store_stress(int group, const Lanes* stress) noexcept
{
    for (int a = 0; a < n; ++a) store(stress_[a].data() + lane_count * group, stress[a]);
}

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

template <int Dim>
GroupState GlassState<Dim>::settled_group_state(int group, const PreciseTime& now) noexcept
{
    GroupState state = group_state(group);
    if (state.previous != nullptr) state.settled = settled_.of<Dim>(group, scales_, state, now);
    return state;
}

}  // namespace shearwater
