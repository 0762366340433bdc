/// Statistics of the von Mises strain over all voxels at the last snapshot (STZ paper, section 3.2.1).

#include <memory>

#include <shearwater/observables/observable.hpp>
#include <shearwater/observables/strain_statistics.hpp>

namespace shearwater {

namespace {

template <int Dim>
class Localization final : public Observable<Dim> {
  public:
    explicit Localization(const Communicator& comm) : comm_(comm) {}

    void observe(const VoxelsAt<Dim>& voxels) override
    {
        std::vector<double> strain;
        strain.reserve(static_cast<std::size_t>(voxels.count()));
        for (std::int64_t voxel = 0; voxel < voxels.count(); ++voxel) strain.push_back(von_mises_strain(voxels.state(voxel).eigenstrain));
        statistics_ = strain_statistics(comm_, strain);
    }

    void summarize(const RunEnd& end, Entries& entries) const override
    {
        const auto add = [&](const char* name, EntryValue value) { entries.add(name, end.has_fields ? std::move(value) : nullptr); };
        add("localization_index", statistics_.localization_index);
        add("extreme_sites", statistics_.extreme_sites);
        add("von_mises_p99_9", statistics_.percentile_999);
        add("von_mises_mean", statistics_.mean);
        add("transformed_fraction", statistics_.transformed_fraction);
    }

    void visit(Archive& archive) override { archive("statistics", statistics_); }

  private:
    const Communicator& comm_;
    StrainStatistics statistics_;
};

}  // namespace

template <int Dim>
std::unique_ptr<Observable<Dim>> make_localization(const RunContext<Dim>& run)
{
    return std::make_unique<Localization<Dim>>(run.comm);
}

template std::unique_ptr<Observable<2>> make_localization(const RunContext<2>& run);
template std::unique_ptr<Observable<3>> make_localization(const RunContext<3>& run);

}  // namespace shearwater
