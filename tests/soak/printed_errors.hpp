#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <shearwater/kmc/event.hpp>

namespace shearwater::test {

/// What history.csv and summary.json say of missed exponents that does not follow from those of the events: one text for each number that is wrong.
/// @param missed  of the events of each cycle
[[nodiscard]] std::vector<std::string> wrong_errors(const std::filesystem::path& folder, const std::vector<std::vector<Missed>>& missed);

}  // namespace shearwater::test
