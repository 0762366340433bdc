#pragma once

#include <string>

#include <shearwater/core/record.hpp>

namespace shearwater {

/// The text of summary.json. Entries whose values are not known are null.
[[nodiscard]] std::string print(const Entries& entries);

/// Adds entries for the versions of the program and its libraries.
void add_provenance(Entries& entries);

}  // namespace shearwater
