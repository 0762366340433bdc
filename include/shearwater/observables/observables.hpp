#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <shearwater/observables/observable.hpp>

namespace shearwater {

/// Function that creates an observable. The observable may keep the references that the context holds.
template <int Dim>
using MakeObservable = std::unique_ptr<Observable<Dim>> (*)(const RunContext<Dim>& run);

/// Runs in which an observable is present.
enum class Presence {
    Always,     ///< in all runs
    Default,    ///< in runs whose deck names it in output.observables or does not set that key
    OnRequest,  ///< in runs whose deck names it in output.observables
};

/// One row of the table of observables.
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

/// The table of all observables, in the order of their columns.
[[nodiscard]] const std::vector<ObservableKind>& observable_kinds();

/// Names of the observables that a deck can choose, in the order of the table.
[[nodiscard]] std::vector<std::string> optional_observables();
/// Default value of output.observables.
[[nodiscard]] std::vector<std::string> default_observables();

/// Creates the observables that are always present and those that are chosen, in the order of the table.
/// @param chosen  names of observables (output.observables)
template <int Dim>
[[nodiscard]] std::vector<std::unique_ptr<Observable<Dim>>> make_observables(const std::vector<std::string>& chosen, const RunContext<Dim>& run);

}  // namespace shearwater
