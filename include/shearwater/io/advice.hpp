#pragma once

#include <string>
#include <vector>

#include <shearwater/io/run_options.hpp>

namespace shearwater {

/// A warning: a value that is allowed, but hardly meant.
struct Advice {
    std::string key;
    std::string text;  ///< `key=value: why it is odd; what to do`
};

/// Warnings about values that look as if they were in another unit, about sizes and temperatures that cost much, barriers that are not those asked
/// for and strains too small to see anything. They follow from the options alone, are the same on all ranks, and change nothing.
[[nodiscard]] std::vector<Advice> advise(const RunOptions& options);

}  // namespace shearwater
