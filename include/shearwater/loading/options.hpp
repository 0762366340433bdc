#pragma once

namespace shearwater {

struct Protocol;

/// The first of all protocols (loading/protocol.hpp).
[[nodiscard]] const Protocol* default_protocol() noexcept;

/// What a deck says of the loading. Protocols use those numbers that they name as theirs (loading/protocol.hpp).
struct LoadingOptions {
    const Protocol* protocol = default_protocol();
    double strain_rate = 1e-4;          ///< of a ramp [1/s]
    double strain_increment = 1e-4;     ///< of a ramp whose clock steps [-]
    double max_strain = 0.12;           ///< a ramp ends when the applied strain reaches it [-]
    double strain = 0.0;                ///< that is held [-]
    double stress = 0.0;                ///< that is held [GPa]
    double max_time = 0.0;              ///< a load that is held is held so long [s]
    double stop_plastic_strain = 0.02;  ///< every run ends at the first event that brings the plastic strain to it; 0 = never [-]
};

}  // namespace shearwater
