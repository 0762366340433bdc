#include "protocols.hpp"

namespace shearwater {

const Protocol tension{
    "tension",
    "mean strain yy increases",
    LoadParameter::AppliedStrain,
    {},
    [](const LoadingOptions&) {
        return Prescription{Component::yy, Prescription::Of::Strain, 1.0, 0.0, 1.0};
    },
};

}  // namespace shearwater
