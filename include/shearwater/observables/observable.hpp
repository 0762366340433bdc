#pragma once

#include <span>
#include <vector>

#include <shearwater/core/record.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/observables/instant.hpp>
#include <shearwater/observables/stress_strain.hpp>

namespace shearwater {

/// A step of the engine, as passed to observables.
struct StepRecord {
    const Step& step;
    RunPoint end;                          ///< state of the run after the step
    bool is_complete = true;               ///< whether the end is a point of the curve; with clocks that step only the end of an interval is one
    std::span<const CurvePoint> passed{};  ///< earlier points of the curve that the step has passed through, in order
};

/// The end of a run.
struct RunEnd {
    RunPoint point;
    bool has_fields = true;  ///< whether `observe` was called with the voxels at the end
};

/// A quantity that is measured in a run. Each observable is defined in one file of src/observables and has one row in their table (observables.hpp).
///
/// All functions are called on all ranks. By default they do nothing.
template <int Dim>
class Observable {
  public:
    Observable() = default;
    virtual ~Observable() = default;
    Observable(const Observable&) = delete;
    Observable& operator=(const Observable&) = delete;
    Observable(Observable&&) = delete;
    Observable& operator=(Observable&&) = delete;

    /// Columns that it adds to the history.
    [[nodiscard]] virtual std::vector<Column> columns() const { return {}; }

    /// Whether the values of its columns are computed from voxels. If so, the engine keeps the state of voxels at every row.
    [[nodiscard]] virtual bool needs_voxels() const noexcept { return false; }

    /// Records a step. Called after every step, and once before the first step if the load is applied at the beginning of the run.
    virtual void record(const StepRecord& /*record*/) {}

    /// Adds the values of its columns to a row of the history. Collective.
    /// @param voxels  voxels at the instant of the row, without stresses; the instant may lie before the end of the last recorded step
    virtual void fill(const VoxelsAt<Dim>& /*voxels*/, Row& /*row*/) {}

    /// Evaluates the voxels of a snapshot. Collective. @param voxels  voxels at the instant of the snapshot, with their stresses
    virtual void observe(const VoxelsAt<Dim>& /*voxels*/) {}

    /// Visits its state (core/archive.hpp).
    virtual void visit(Archive& /*archive*/) {}

    /// Adds its entries to the summary at the end of the run. Collective.
    virtual void summarize(const RunEnd& /*end*/, Entries& /*entries*/) const {}
};

}  // namespace shearwater
