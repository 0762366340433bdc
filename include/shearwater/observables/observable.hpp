#pragma once

#include <span>
#include <vector>

#include <shearwater/core/record.hpp>
#include <shearwater/engine/engine.hpp>
#include <shearwater/observables/instant.hpp>
#include <shearwater/observables/stress_strain.hpp>

namespace shearwater {

/// A step of the engine as observables see it.
struct StepRecord {
    const Step& step;                      ///< its events are on all ranks if it is elastic, otherwise on rank 0 only and only if they are asked for
    RunPoint end;                          ///< where the run stands after it
    bool is_complete = true;               ///< whether the end is a point of the curve; with clocks that step, only the end of an interval is one
    std::span<const CurvePoint> passed{};  ///< points of the curve before the end, in order
};

/// How a run has ended.
struct RunEnd {
    RunPoint point;
    bool has_fields = true;  ///< whether `observe` was called with the voxels of the end
};

/// Something that is measured in a run. Each is one file of src/observables and one row of their table (observables.hpp).
///
/// All functions are called on all ranks.
template <int Dim>
class Observable {
  public:
    Observable() = default;
    virtual ~Observable() = default;
    Observable(const Observable&) = delete;
    Observable& operator=(const Observable&) = delete;
    Observable(Observable&&) = delete;
    Observable& operator=(Observable&&) = delete;

    /// Its columns of the history.
    [[nodiscard]] virtual std::vector<Column> columns() const { return {}; }

    /// Whether the values of its columns are computed from voxels. The engine then remembers what voxels were at every row.
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

    /// Takes the voxels of a snapshot, with their stresses. Collective.
    virtual void observe(const VoxelsAt<Dim>& /*voxels*/) {}

    /// Lists the state.
    virtual void visit(Archive& /*archive*/) {}

    /// Adds its entries to the summary. Collective.
    virtual void summarize(const RunEnd& /*end*/, Entries& /*entries*/) const {}
};

}  // namespace shearwater
