#pragma once

#include <span>
#include <string_view>
#include <vector>

#include <shearwater/loading/options.hpp>

namespace shearwater {

/// The component of the mean stress and strain that a protocol drives. All other mean stresses are zero.
enum class Component { yy, xy };

/// Prescription of the mean strain or stress of the cell as a function of the load parameter.
///
/// The strain or the stress of the driven component is prescribed as `sign` × (`constant` + `slope` × load parameter).
struct Prescription {
    enum class Of { Strain, Stress };

    Component component = Component::yy;
    Of of = Of::Strain;
    double sign = 1.0;      ///< sign of the loading, +1 or −1: strain and stress of this sign are reported as positive
    double constant = 0.0;  ///< [- or GPa]
    double slope = 0.0;     ///< [- or GPa, per unit of the load parameter]
};

/// The load parameter, which increases monotonically in a run. Rows of the history and snapshots are requested at values of it, and the run ends at
/// its largest value. It is the applied strain of a ramp or the time of a held load.
enum class LoadParameter {
    AppliedStrain,  ///< applied strain of a ramp, which increases at loading.strain_rate to loading.max_strain [-]
    Time,           ///< time, for a load that is held [s]
};

/// A parameter of a deck that only some protocols have.
struct ProtocolParameter {
    std::string_view key;
    std::string_view unit;
    double least;      ///< smallest admissible value
    double most;       ///< largest admissible value
    bool is_not_zero;  ///< whether zero is not admissible
    std::string_view help;
    double LoadingOptions::*value;
};

/// A loading protocol. Each is defined in one file and has one row in the table `protocols`.
struct Protocol {
    std::string_view name;  ///< value of the key loading.protocol
    std::string_view help;
    LoadParameter parameter;
    std::vector<const ProtocolParameter*> parameters;  ///< its parameters, besides those that all protocols have
    Prescription (*prescribe)(const LoadingOptions&);
};

/// The table of all protocols, in the order of the deck reference. The first is the default.
[[nodiscard]] std::span<const Protocol* const> protocols();

/// The parameters of all protocols, each once, in the order of the protocols.
[[nodiscard]] const std::vector<const ProtocolParameter*>& protocol_parameters();

}  // namespace shearwater
