#pragma once

#include <shearwater/loading/protocol.hpp>

/// All protocols. Each is defined in the file of its name.
namespace shearwater {

extern const Protocol tension;
extern const Protocol compression;
extern const Protocol shear;
extern const Protocol relax;
extern const Protocol creep;

}  // namespace shearwater
