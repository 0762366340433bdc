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

/// Whether a condition holds on all ranks, so that every rank takes the same path after REQUIRE. Collective.
[[nodiscard]] inline bool everywhere(bool holds)
{
    return !any(world(), !holds);
}

/// Path of a file under tests/data.
[[nodiscard]] std::filesystem::path data(const std::string& name);

/// p-value of the Kolmogorov-Smirnov test of a sample against the uniform distribution on [0, 1]. A sample of another distribution must first be
/// mapped by its distribution function. The asymptotic series is used with the correction for finite samples of M. A. Stephens, J. R. Stat. Soc. B 32
/// (1970) 115.
[[nodiscard]] double kolmogorov_smirnov(std::vector<double> sample);

/// Upper tail probability of a chi-square statistic.
[[nodiscard]] double chi_square_p(double statistic, double degrees_of_freedom);

}  // namespace shearwater::test
