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
    const Step& step;                      ///< its events are on all ranks if it is elastic, otherwise on rank 0 only and only if they are asked for
    RunPoint end;                          ///< where the run stands after it
    bool is_complete = true;               ///< whether the end is a point of the curve; with clocks that step, only the end of an interval is one
    std::span<const CurvePoint> passed{};  ///< points of the curve before the end, in order
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

    /// Whether `record` takes events one by one. Rank 0 then has them, in order, with all engines.
    [[nodiscard]] virtual bool needs_events() const noexcept { return false; }

    /// Takes what a step has brought. Called after every step, and where the load is held before the first one with what the run begins with.
    virtual void record(const StepRecord& /*record*/) {}

    /// Adds the values of its columns to a row of the history. Collective.
    ///
    /// The row may lie within a step that has yet to be recorded: what `record` has counted then ends before the row. Numbers of the row itself come from
    /// `voxels` and its point only.
    /// @param voxels  at the instant of the row, without stresses
    virtual void fill(const VoxelsAt<Dim>& /*voxels*/, Row& /*row*/) {}

    /// Evaluates the voxels of a snapshot. Collective. @param voxels  voxels at the instant of the snapshot, with their stresses
    virtual void observe(const VoxelsAt<Dim>& /*voxels*/) {}

    /// Visits its state (core/archive.hpp).
    virtual void visit(Archive& /*archive*/) {}

    /// Adds its entries to the summary at the end of the run. Collective.
    virtual void summarize(const RunEnd& /*end*/, Entries& /*entries*/) const {}
};

}  // namespace shearwater
