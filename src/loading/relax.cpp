#include <cmath>

#include "parameters.hpp"
#include "protocols.hpp"

namespace shearwater {

namespace {

constexpr ProtocolParameter strain{"loading.strain", "1", -0.5, 0.5, false, "strain yy that is held from the beginning", &LoadingOptions::strain};

}  // namespace

/// Stress relaxation: the strain is applied at once and held constant, and the stress decays as voxels transform.
const Protocol relax{
    "relax",
    "mean strain yy is held, and the stress decreases",
    LoadParameter::Time,
    {&strain, &held_time},
    [](const LoadingOptions& options) {
        return Prescription{Component::yy, Prescription::Of::Strain, options.strain < 0.0 ? -1.0 : 1.0, std::abs(options.strain), 0.0};
    },
};

}  // namespace shearwater
