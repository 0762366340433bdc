/// Mean relative shift of the stress-free barriers by softening (STZ paper, section 3.2.2).

#include <memory>
#include <optional>

#include <shearwater/core/exact_sum.hpp>
#include <shearwater/core/lanes.hpp>
#include <shearwater/observables/observable.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater {

namespace {

/// Sums over the transformed voxels of the cell.
struct Shift {
    double sum = 0.0;         ///< sum of ΔQ/Q averaged over the modes of a voxel [-]
    std::int64_t voxels = 0;  ///< number of these voxels

    void visit(Archive& archive)
    {
        archive("sum", sum);
        archive("voxels", voxels);
    }
};

/// Relative shift ΔQ/Q = 1 − exp(−D η) by which softening lowers the stress-free barriers of modes (STZ paper, Eq. 8). It is zero in voxels that have
/// not transformed.
template <int Dim>
class BarrierShift final : public Observable<Dim> {
  public:
    explicit BarrierShift(const RunContext<Dim>& run) : run_(run) {}

    [[nodiscard]] std::vector<Column> columns() const override
    {
        return {{"barrier_shift", "1", "mean over all modes of all voxels of the relative shift of the stress-free barrier by softening"}};
    }

    [[nodiscard]] bool needs_voxels() const noexcept override { return true; }

    void fill(const VoxelsAt<Dim>& voxels, Row& row) override
    {
        constexpr int digits = 12;
        row.add(mean_over_cell(shift_of(voxels)), digits);
    }

    void observe(const VoxelsAt<Dim>& voxels) override { last_ = shift_of(voxels); }

    void summarize(const RunEnd& end, Entries& entries) const override
    {
        const bool is_known = end.has_fields && last_;
        entries.add("barrier_shift", is_known ? EntryValue(mean_over_cell(*last_)) : EntryValue(nullptr));
        entries.add("barrier_shift_transformed",
                    is_known && last_->voxels > 0 ? EntryValue(last_->sum / static_cast<double>(last_->voxels)) : EntryValue(nullptr));
    }

    void visit(Archive& archive) override { archive("last", last_); }

  private:
    /// Sums over all ranks. Collective.
    [[nodiscard]] Shift shift_of(const VoxelsAt<Dim>& voxels) const
    {
        ExactSum sum_here;
        std::int64_t voxels_here = 0;
        for (std::int64_t voxel = 0; voxel < voxels.count(); ++voxel) {
            const auto state = voxels.state(voxel);
            if (state.generation == 0) continue;
            ++voxels_here;
            sum_here.add(mean_over_modes(voxels, voxel, state));
        }
        return {exact_sum(run_.comm, sum_here), sum(run_.comm, voxels_here)};
    }

    [[nodiscard]] double mean_over_modes(const VoxelsAt<Dim>& voxels, std::int64_t voxel, const VoxelState<Dim>& state) const
    {
        const int modes = run_.catalogue.options().modes;
        const double softening = voxels.softening(state);
        double shift = 0.0;
        for (int mode = 0; mode < modes; ++mode)
            shift += 1.0 - exponential_function(-voxels.mode_alignment(state, voxels.mode_strain(voxel, state, mode)) * softening);
        return shift / modes;
    }

    [[nodiscard]] double mean_over_cell(const Shift& shift) const noexcept { return shift.sum / static_cast<double>(run_.tiles.grid().count()); }

    RunContext<Dim> run_;
    std::optional<Shift> last_;  ///< shift at the last snapshot
};

}  // namespace

template <int Dim>
std::unique_ptr<Observable<Dim>> make_barrier_shift(const RunContext<Dim>& run)
{
    return std::make_unique<BarrierShift<Dim>>(run);
}

template std::unique_ptr<Observable<2>> make_barrier_shift(const RunContext<2>& run);
template std::unique_ptr<Observable<3>> make_barrier_shift(const RunContext<3>& run);

}  // namespace shearwater
