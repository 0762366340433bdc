#pragma once

#include <shearwater/loading/protocol.hpp>

/// Parameters that several protocols share.
namespace shearwater {

inline constexpr ProtocolParameter held_time{"loading.max_time", "s", 0.0, 1e15, true, "time for which the load is held", &LoadingOptions::max_time};

}  // namespace shearwater
