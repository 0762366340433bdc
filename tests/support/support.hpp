#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <shearwater/parallel/communicator.hpp>
#include <shearwater/parallel/reductions.hpp>

namespace shearwater::test {

/// All ranks of the test program.
[[nodiscard]] const Communicator& world();

/// One verdict for all ranks, so that every rank takes the same way after REQUIRE. Collective.
[[nodiscard]] inline bool everywhere(bool holds)
{
    return !any(world(), !holds);
}

/// Path of a file under tests/data.
[[nodiscard]] std::filesystem::path data(const std::string& name);

/// p-value of a Kolmogorov-Smirnov test of a sample against uniform numbers on [0, 1] (pass a sample through its supposed distribution
/// function first). Asymptotic series with Stephens' correction for finite samples.
[[nodiscard]] double kolmogorov_smirnov(std::vector<double> sample);

/// p-value of a chi-square statistic.
[[nodiscard]] double chi_square_p(double statistic, double degrees_of_freedom);

}  // namespace shearwater::test
