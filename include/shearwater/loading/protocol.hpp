#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <shearwater/loading/options.hpp>

namespace shearwater {

/// The component of the mean stress and strain that a protocol drives. All other mean stresses are zero.
enum class Component { yy, xy };

/// What is prescribed of the mean stress and strain of the cell as a function of the load parameter.
///
/// The driven component is `sign` × (`constant` + `slope` × load parameter), of its strain or of its stress.
struct Prescription {
    enum class Of { Strain, Stress };

    Component component = Component::yy;
    Of of = Of::Strain;
    double sign = 1.0;      ///< of the strain and stress that are reported as positive
    double constant = 0.0;  ///< [- or GPa]
    double slope = 0.0;     ///< [the same per unit of the load parameter]
};

/// The load parameter: the quantity that rises steadily in a run. Rows and snapshots are asked for at its values, and its largest value ends the run. It is
/// the applied strain of a ramp and the time of a load that is held.
enum class LoadParameter {
    AppliedStrain,  ///< a ramp: it rises by loading.strain_rate to loading.max_strain [-]
    Time,           ///< a load that is held: it is the time [s]
};

/// A number of a deck that only some protocols have.
struct ProtocolParameter {
    std::string_view key;
    std::string_view unit;
    double least;      ///< smallest value
    double most;       ///< largest value
    bool is_not_zero;  ///< whether it must not be zero
    std::string_view help;
    double LoadingOptions::*value;
};

/// A protocol of loading: one file that defines it, and one row of `protocols`.
struct Protocol {
    std::string_view name;  ///< in decks, loading.protocol
    std::string_view help;
    LoadParameter parameter;
    std::vector<const ProtocolParameter*> parameters;  ///< numbers that it has besides those of all protocols
    Prescription (*prescribe)(const LoadingOptions&);
};

/// All protocols, in the order of the deck reference. The first is the default.
[[nodiscard]] std::span<const Protocol* const> protocols();

/// The numbers of all protocols, each once, in the order of the protocols.
[[nodiscard]] const std::vector<const ProtocolParameter*>& protocol_parameters();

}  // namespace shearwater
