#pragma once

#include <string>
#include <vector>

#include <shearwater/io/run_options.hpp>

namespace shearwater {

/// A warning about a value that is valid but probably not intended.
struct Advice {
    std::string key;
    std::string text;  ///< `key=value: why the value is unusual; what to do`
};

/// Returns warnings about values that seem to be given in another unit, sizes and temperatures that make a run expensive, barriers whose mean differs
/// from the value requested, and strains too small for the glass to yield. They depend on the options only and are the same on all ranks. Not
/// collective.
[[nodiscard]] std::vector<Advice> advise(const RunOptions& options);

}  // namespace shearwater
