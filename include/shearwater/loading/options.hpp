#pragma once

namespace shearwater {

struct Protocol;

/// The default protocol, the first of the table (loading/protocol.hpp).
[[nodiscard]] const Protocol* default_protocol() noexcept;

/// Options of the loading. A protocol uses the parameters that it lists (Protocol::parameters).
struct LoadingOptions {
    const Protocol* protocol = default_protocol();
    double strain_rate = 1e-4;          ///< strain rate of a ramp [1/s]
    double strain_increment = 1e-4;     ///< strain increment of a ramp with a clock that steps [-]
    double max_strain = 0.12;           ///< applied strain at which a ramp ends [-]
    double strain = 0.0;                ///< strain that is held [-]
    double stress = 0.0;                ///< stress that is held [GPa]
    double max_time = 0.0;              ///< time for which a load is held [s]
    double stop_plastic_strain = 0.02;  ///< the run ends at the first event that brings the plastic strain to this value; 0 = never [-]
};

}  // namespace shearwater
