#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <shearwater/observables/observable.hpp>

namespace shearwater {

/// Makes an observable. It keeps references to what the context refers to.
template <int Dim>
using MakeObservable = std::unique_ptr<Observable<Dim>> (*)(const RunContext<Dim>& run);

/// Which runs have an observable.
enum class Presence {
    Always,     ///< all
    Default,    ///< those whose deck does not say which
    OnRequest,  ///< those whose deck names it in output.observables
};

/// A row of the table of observables.
struct ObservableKind {
    std::string_view name;
    std::string_view help;
    Presence presence = Presence::OnRequest;
    MakeObservable<2> make_2d = nullptr;
    MakeObservable<3> make_3d = nullptr;

    template <int Dim>
    [[nodiscard]] std::unique_ptr<Observable<Dim>> make(const RunContext<Dim>& run) const
    {
        if constexpr (Dim == 2)
            return make_2d(run);
        else
            return make_3d(run);
    }
};

/// All observables, in the order of their columns.
[[nodiscard]] const std::vector<ObservableKind>& observable_kinds();

/// Names of those that a deck can choose, in the order of the table.
[[nodiscard]] std::vector<std::string> optional_observables();
/// Names of those that a run has besides those that every run has, unless its deck says otherwise.
[[nodiscard]] std::vector<std::string> default_observables();

/// Those that every run has and those that are chosen, in the order of the table. @param chosen  names of the table
template <int Dim>
[[nodiscard]] std::vector<std::unique_ptr<Observable<Dim>>> make_observables(const std::vector<std::string>& chosen, const RunContext<Dim>& run);

}  // namespace shearwater
