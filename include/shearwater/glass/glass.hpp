#pragma once

#include <unordered_map>
#include <vector>

#include <shearwater/glass/glass_state.hpp>

namespace shearwater {

/// The metallic glass, independently of the engine that advances it: its state, and stresses that are up to date.
template <int Dim>
class Glass {
  public:
    Glass() = default;
    virtual ~Glass() = default;
    Glass(const Glass&) = delete;
    Glass& operator=(const Glass&) = delete;
    Glass(Glass&&) = delete;
    Glass& operator=(Glass&&) = delete;

    /// The voxels of this rank, their stress as far as it has been updated, and the mean of the cell.
    [[nodiscard]] virtual const GlassState<Dim>& state() const noexcept = 0;
    [[nodiscard]] virtual GlassState<Dim>& state() noexcept = 0;

    /// Accumulated deviatoric stress at zero mean strain, in box order [GPa]. Collective. @throws RunError if a check finds it to be wrong
    [[nodiscard]] virtual Fields accumulated_stress() = 0;

    /// States, at an earlier time, of those voxels of this rank that have transformed since, by slot; empty if the engine has no events within steps.
    [[nodiscard]] virtual std::unordered_map<int, VoxelState<Dim>> past_at(const PreciseTime& /*time*/) const { return {}; }

    /// Lists the state. It is complete between two steps of the engine.
    virtual void visit(Archive& archive) = 0;

    /// Mean strain and stress at a load parameter.
    [[nodiscard]] MeanState<Dim> mean_state(double load) const { return state().mean().state(load); }
    /// Mean strain and stress at a load parameter if the mean eigenstrain were larger by `more`, for uniform moduli.
    [[nodiscard]] MeanState<Dim> mean_state(double load, const Deviator<Dim>& more) const { return state().mean().state(load, more); }
    /// Accumulated deviatoric eigenstrain in box order.
    [[nodiscard]] Fields eigenstrain() const { return state().eigenstrain(); }
    [[nodiscard]] const Voxels<Dim>& voxels() const noexcept { return state().voxels(); }
    [[nodiscard]] const Tiles<Dim>& tiles() const noexcept { return state().tiles(); }
    /// τ of temporary softening [s].
    [[nodiscard]] double relaxation_time() const noexcept { return 1.0 / state().scales().relaxation_rate; }
    [[nodiscard]] const ModelCounters& counters() const noexcept { return state().counters(); }
    /// Wall time this rank spent in solves of the whole field [s].
    [[nodiscard]] double solve_seconds() const noexcept { return state().solve_seconds(); }
    /// Stress coefficient `a` at zero mean strain per slot [GPa]. Tests read it, or change it in order to provoke an error.
    [[nodiscard]] std::vector<double>& stress(int a) noexcept { return state().stress(a); }
};

}  // namespace shearwater
