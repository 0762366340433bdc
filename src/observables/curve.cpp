/// The stress-strain curve. It adds columns to the history and peak, yield and flow stress to the summary.

#include <memory>

#include <shearwater/observables/observable.hpp>
#include <shearwater/observables/stress_strain.hpp>

namespace shearwater {

namespace {

constexpr int digits = 12;

void add_point(Entries& entries, const char* stress, const char* strain, const std::optional<CurvePoint>& point)
{
    entries.add(stress, point ? EntryValue(point->stress) : EntryValue(nullptr));
    entries.add(strain, point ? EntryValue(point->strain) : EntryValue(nullptr));
}

template <int Dim>
class Curve final : public Observable<Dim> {
  public:
    [[nodiscard]] std::vector<Column> columns() const override
    {
        return {{"strain", "1", "applied strain, positive along the loading"},
                {"stress_GPa", "GPa", "mean stress of the driven component, positive along the loading"},
                {"plastic_strain", "1", "strain less stress over the elastic slope"}};
    }

    void record(const StepRecord& record) override
    {
        for (const CurvePoint& point : record.passed) curve_.add(point);
        curve_.add({record.end.strain, record.end.stress, record.end.plastic_strain}, record.is_complete);
    }

    void fill(const VoxelsAt<Dim>& voxels, Row& row) override
    {
        const RunPoint& point = voxels.point();
        for (const double value : {point.strain, point.stress, point.plastic_strain}) row.add(value, digits);
    }

    void summarize(const RunEnd& end, Entries& entries) const override
    {
        add_point(entries, "peak_stress_GPa", "peak_strain", curve_.peak());
        add_point(entries, "yield_stress_GPa", "yield_strain", curve_.yield());
        entries.add("flow_stress_GPa", curve_.last().stress);
        entries.add("strain", end.point.strain);
        entries.add("plastic_strain", end.point.plastic_strain);
    }

    void visit(Archive& archive) override { archive("curve", curve_); }

  private:
    StressStrain curve_;
};

}  // namespace

template <int Dim>
std::unique_ptr<Observable<Dim>> make_curve(const RunContext<Dim>& /*run*/)
{
    return std::make_unique<Curve<Dim>>();
}

template std::unique_ptr<Observable<2>> make_curve(const RunContext<2>& run);
template std::unique_ptr<Observable<3>> make_curve(const RunContext<3>& run);

}  // namespace shearwater
