#include <shearwater/observables/observables.hpp>

#include <algorithm>

#include <shearwater/core/error.hpp>

namespace shearwater {

template <int Dim>
std::unique_ptr<Observable<Dim>> make_curve(const RunContext<Dim>& run);
template <int Dim>
std::unique_ptr<Observable<Dim>> make_event_counts(const RunContext<Dim>& run);
template <int Dim>
std::unique_ptr<Observable<Dim>> make_localization(const RunContext<Dim>& run);
template <int Dim>
std::unique_ptr<Observable<Dim>> make_barrier_shift(const RunContext<Dim>& run);

const std::vector<ObservableKind>& observable_kinds()
{
    static const std::vector<ObservableKind> kinds{
        {"curve", "strain, stress and plastic strain; peak, yield and flow stress", Presence::Always, make_curve<2>, make_curve<3>},
        {"events", "numbers of events", Presence::Always, make_event_counts<2>, make_event_counts<3>},
        {"localization", "statistics of the von Mises strain of the voxels at the end: localization index, extreme sites, 99.9th percentile",
         Presence::Default, make_localization<2>, make_localization<3>},
        {"barrier_shift", "mean relative shift of the stress-free barriers by softening", Presence::OnRequest, make_barrier_shift<2>,
         make_barrier_shift<3>},
    };
    return kinds;
}

namespace {

template <class Condition>
std::vector<std::string> names_of_kinds(Condition&& condition)
{
    std::vector<std::string> names;
    for (const ObservableKind& kind : observable_kinds())
        if (condition(kind.presence)) names.emplace_back(kind.name);
    return names;
}

}  // namespace

std::vector<std::string> optional_observables()
{
    return names_of_kinds([](Presence presence) { return presence != Presence::Always; });
}

std::vector<std::string> default_observables()
{
    return names_of_kinds([](Presence presence) { return presence == Presence::Default; });
}

template <int Dim>
std::vector<std::unique_ptr<Observable<Dim>>> make_observables(const std::vector<std::string>& chosen, const RunContext<Dim>& run)
{
    std::vector<std::unique_ptr<Observable<Dim>>> observables;
    for (const ObservableKind& kind : observable_kinds())
        if (kind.presence == Presence::Always || std::find(chosen.begin(), chosen.end(), kind.name) != chosen.end())
            observables.push_back(kind.make<Dim>(run));
    SHEARWATER_EXPECTS(std::all_of(chosen.begin(), chosen.end(), [](const std::string& name) {
        const auto names = optional_observables();
        return std::find(names.begin(), names.end(), name) != names.end();
    }));
    return observables;
}

template std::vector<std::unique_ptr<Observable<2>>> make_observables(const std::vector<std::string>& chosen, const RunContext<2>& run);
template std::vector<std::unique_ptr<Observable<3>>> make_observables(const std::vector<std::string>& chosen, const RunContext<3>& run);

}  // namespace shearwater
