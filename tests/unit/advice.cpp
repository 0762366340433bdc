#include <shearwater/io/advice.hpp>

#include <algorithm>
#include <cmath>
#include <random>

#include <shearwater/io/deck.hpp>

#include "support.hpp"

using namespace shearwater;
using Catch::Matchers::Contains;

namespace {

RunOptions with(const std::string& key, const std::string& value)
{
    return resolve({}, {{key, value, "here"}});
}

/// The warnings about a key, one a line.
std::string about(const std::string& key, const RunOptions& options)
{
    std::string text;
    for (const auto& advice : advise(options))
        if (advice.key == key) text += advice.text + "\n";
    return text;
}

std::string about(const std::string& key, const std::string& value)
{
    return about(key, with(key, value));
}

}  // namespace

TEST_CASE("the defaults need no advice", "[advice]")
{
    CHECK(advise(RunOptions{}).empty());
    RunOptions solid;
    solid.lattice.size = {64, 64, 64};
    CHECK(advise(solid).empty());
}

TEST_CASE("a value in another unit is recognised and converted", "[advice]")
{
    CHECK_THAT(about("elasticity.young", "69460"), Contains("elasticity.young=69460: ") && Contains("in MPa, write 69.46\n"));
    CHECK_THAT(about("elasticity.young", "6.946e10"), Contains("in Pa, write 69.46\n"));
    CHECK_THAT(about("elasticity.young", "0.06946"), Contains("in TPa, write 69.46\n"));
    CHECK_THAT(about("lattice.pitch", "7"), Contains("in Angstrom, write 0.7\n"));
    CHECK_THAT(about("lattice.pitch", "7e-10"), Contains("in m, write 0.7\n"));
    CHECK_THAT(about("stz.volume", "490"), Contains("in Angstrom^3, write 0.49\n"));
    CHECK_THAT(about("stz.volume", "4.9e-28"), Contains("in m^3, write 0.49\n"));
    CHECK_THAT(about("stz.barrier", resolve({}, {{"stz.barrier", "3.2e-19", ""}, {"stz.barrier_std", "0", ""}})), Contains("in J, write 1.9973\n"));
    CHECK_THAT(about("stz.barrier", "193"), Contains("in kJ/mol, write 2.0003; ") && Contains("in kcal/mol, write 8.3693"));
    CHECK_THAT(about("stz.barrier_std", resolve({}, {{"stz.barrier", "2000", ""}, {"stz.barrier_std", "250", ""}})),
               Contains("in meV, write 0.25\n"));
    CHECK_THAT(about("softening.relaxation_barrier", "35.7"), Contains("in kJ/mol, write 0.37"));
    CHECK_THAT(about("stz.attempt_frequency", "10"), Contains("in THz, write 1e+13"));
    CHECK_THAT(about("loading.temperature", "27"), Contains("in degrees Celsius, write 300.15\n"));
    CHECK_THAT(about("loading.temperature", "3000"), Contains("check the value"));
    CHECK_THAT(about("loading.strain_rate", "1e4"), Contains("the sign of its exponent"));
    CHECK_THAT(about("loading.strain_rate", "1e-14"), Contains("the sign of its exponent"));
}

TEST_CASE("what is usual, or switched off, is in no other unit", "[advice]")
{
    const std::vector<std::pair<std::string, std::string>> usual{{"elasticity.young", "20"},
                                                                 {"elasticity.young", "300"},
                                                                 {"lattice.pitch", "2"},
                                                                 {"stz.volume", "0.1"},
                                                                 {"stz.volume", "3"},
                                                                 {"stz.barrier", "6"},
                                                                 {"stz.barrier_std", "0"},
                                                                 {"softening.relaxation_barrier", "0"},
                                                                 {"stz.attempt_frequency", "1e12"},
                                                                 {"loading.temperature", "77"},
                                                                 {"loading.temperature", "1000"},
                                                                 {"loading.strain_rate", "1e3"},
                                                                 {"loading.strain_rate", "1e-6"}};
    for (const auto& [key, value] : usual) {
        INFO(key << "=" << value);
        CHECK(about(key, value).empty());
    }
}

TEST_CASE("costly stresses are told where the engine bounds rates", "[advice]")
{
    auto options = with("stz.volume", "9.8");
    CHECK_THAT(about("stz.volume", options), Contains("20 times"));
    options.kmc.engine = EngineKind::Reference;
    CHECK(about("stz.volume", options).empty());
    CHECK_THAT(about("loading.temperature", "20"), Contains("15 times"));
    CHECK(about("loading.temperature", "60").empty());
}

TEST_CASE("a size that does not fold is told with its cost and the nearest that does", "[advice]")
{
    const auto prime = about("lattice.size", "1021x1021");
    CHECK_THAT(prime, Contains("1.67e+07 elements") && Contains("4.2 GB") && Contains("elasticity.check=operator") && Contains("0.5 GB") &&
                          Contains("folds: 1020x1020"));
    CHECK_THAT(about("lattice.size", "131x131x131"), Contains("folds"));
    for (const std::string size : {"512x512", "509x509", "1024x1024", "1020x1020", "2053x2048", "128x128x128"}) {
        INFO(size);
        CHECK(about("lattice.size", size).empty());
    }
    auto options = with("lattice.size", "1021x1021");
    options.elasticity.update = Update::Solve;
    CHECK(about("lattice.size", options).empty());
    options.elasticity.update = Update::Kernel;
    options.elasticity.discretization = Discretization::Spectral;
    CHECK(about("lattice.size", options).empty());
}

TEST_CASE("the mean of truncated barriers is the one that is drawn", "[advice]")
{
    std::mt19937_64 random(5);
    std::normal_distribution<double> barrier(2.0, 1.5);
    constexpr int wanted = 1'000'000;
    double sum = 0.0;
    for (int count = 0; count < wanted;) {
        const double drawn = barrier(random);
        if (drawn <= 0.0) continue;
        sum += drawn;
        ++count;
    }
    const auto text = about("stz.barrier_std", "1.5");
    const auto at = text.find("mean barrier is ");
    REQUIRE(at != std::string::npos);
    // The standard error of the mean is 0.0012, and four digits are printed.
    CHECK(std::stod(text.substr(at + 16)) == Approx(sum / wanted).margin(0.006));
    CHECK_THAT(text, Contains("13.5 % more than stz.barrier = 2;") && Contains("at most 0.84"));
    CHECK(about("stz.barrier_std", "0.84").empty());
    CHECK(!about("stz.barrier_std", "0.85").empty());
    CHECK(about("stz.barrier_std", "0").empty());
}

TEST_CASE("strains at which nothing can be seen are told", "[advice]")
{
    CHECK_THAT(about("loading.stop_plastic_strain", "0.12"), Contains("is never reached"));
    CHECK(about("loading.stop_plastic_strain", "0.11").empty());
    CHECK(about("loading.stop_plastic_strain", "0").empty());
    CHECK_THAT(about("loading.max_strain", "0.01"), Contains("before the glass yields") && Contains("raise it to 0.03"));
    CHECK(about("loading.max_strain", "0.04").empty());
    CHECK_THAT(about("loading.max_strain", with("stz.barrier", "60")), Contains("no strain up to 1 would do"));
}
