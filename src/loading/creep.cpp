#include <cmath>

#include "parameters.hpp"
#include "protocols.hpp"

namespace shearwater {

namespace {

constexpr ProtocolParameter stress{"loading.stress",       "GPa", -100.0, 100.0, false, "stress yy that is held from the beginning",
                                   &LoadingOptions::stress};

}  // namespace

/// Creep: the stress is applied at once and held constant, and the strain increases as voxels transform.
const Protocol creep{
    "creep",
    "mean stress yy is held, and the strain increases",
    LoadParameter::Time,
    {&stress, &held_time},
    [](const LoadingOptions& options) {
        return Prescription{Component::yy, Prescription::Of::Stress, options.stress < 0.0 ? -1.0 : 1.0, std::abs(options.stress), 0.0};
    },
};

}  // namespace shearwater
