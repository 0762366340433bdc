#include "protocols.hpp"

namespace shearwater {

const Protocol shear{
    "shear",
    "mean strain xy (tensor component) increases",
    LoadParameter::AppliedStrain,
    {},
    [](const LoadingOptions&) {
        return Prescription{Component::xy, Prescription::Of::Strain, 1.0, 0.0, 1.0};
    },
};

}  // namespace shearwater
