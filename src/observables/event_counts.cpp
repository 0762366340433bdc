/// Counts of events and their fingerprint.

#include <memory>

#include <shearwater/kmc/fingerprint.hpp>
#include <shearwater/observables/observable.hpp>

namespace shearwater {

namespace {

template <int Dim>
class CountedEvents final : public Observable<Dim> {
  public:
    [[nodiscard]] std::vector<Column> columns() const override
    {
        return {{"events", "1", "events so far"},
                {"athermal_events", "1", "events so far whose barrier had vanished"},
                {"reversals", "1", "events so far that turn back the last one of their voxel"}};
    }

    void record(const StepRecord& record) override
    {
        if (record.step.is_elastic)
            for (const Event& event : record.step.events) fingerprint_.add(event);
        else if (record.step.counts.events > 0)
            fingerprint_.add(record.step.digest);
    }

    void fill(const VoxelsAt<Dim>& voxels, Row& row) override
    {
        const EventCounts& counts = voxels.point().counts;
        for (const std::int64_t count : {counts.events, counts.athermal_events, counts.reversals}) row.add(count);
    }

    void summarize(const RunEnd& end, Entries& entries) const override
    {
        const EventCounts& counts = end.point.counts;
        entries.add("events", counts.events);
        entries.add("athermal_events", counts.athermal_events);
        entries.add("reversals", counts.reversals);
        entries.add("max_generation", counts.max_generation);
        entries.add("events_xxh3", fingerprint_.text());
    }

    void visit(Archive& archive) override { archive("fingerprint", fingerprint_); }

  private:
    Fingerprint fingerprint_;
};

}  // namespace

template <int Dim>
std::unique_ptr<Observable<Dim>> make_event_counts(const RunContext<Dim>& /*run*/)
{
    return std::make_unique<CountedEvents<Dim>>();
}

template std::unique_ptr<Observable<2>> make_event_counts(const RunContext<2>& run);
template std::unique_ptr<Observable<3>> make_event_counts(const RunContext<3>& run);

}  // namespace shearwater
