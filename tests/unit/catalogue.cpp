#include <shearwater/stz/catalogue.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using test::PValues;

namespace {

constexpr std::uint64_t seed = 20240607;
constexpr int voxels = 5000;
constexpr int modes = 20;

CatalogueOptions options_with(Magnitude magnitude)
{
    CatalogueOptions options;
    options.magnitude = magnitude;
    options.modes = modes;
    return options;
}

/// A case in which a good part of the normal distribution is cut off: below 0 lie 11.5 % of it.
CatalogueOptions strongly_truncated(Redraw redraw)
{
    CatalogueOptions options;
    options.barrier = 0.3;
    options.barrier_std = 0.25;
    options.redraw = redraw;
    return options;
}

/// Distribution function of ΔF ~ N(mean, std) truncated to positive values.
double barrier_cdf(const CatalogueOptions& options, double barrier)
{
    const double below_zero = test::normal_cdf(-options.barrier / options.barrier_std);
    return (test::normal_cdf((barrier - options.barrier) / options.barrier_std) - below_zero) / (1.0 - below_zero);
}

/// Distribution function of one coefficient of a uniformly random unit vector in n dimensions; its density is ∝ (1 − x²)^((n−3)/2).
template <int Dim>
double direction_cdf(double x)
{
    x = std::clamp(x, -1.0, 1.0);
    if constexpr (Dim == 2) return 0.5 + std::asin(x) / std::numbers::pi;
    return 0.5 + 0.75 * (x - x * x * x / 3.0);
}

template <int Dim>
std::vector<Deviator<Dim>> strains_of(const Catalogue<Dim>& catalogue)
{
    std::vector<Deviator<Dim>> strains;
    for (int voxel = 0; voxel < voxels; ++voxel)
        for (int mode = 0; mode < modes; ++mode) strains.push_back(catalogue.decode(catalogue.strain(voxel, 0, mode)));
    return strains;
}

template <class Values, class Map>
std::vector<double> mapped(const Values& values, Map&& map)
{
    std::vector<double> result;
    for (const auto& value : values) result.push_back(map(value));
    return result;
}

/// Unit vectors that are no axes of the basis.
template <int Dim>
std::vector<Deviator<Dim>> oblique_directions()
{
    std::vector<Deviator<Dim>> directions(3);
    for (int i = 0; i < 3; ++i) {
        for (int a = 0; a < deviator_size<Dim>; ++a) directions[i][a] = std::cos(1.0 + 2.3 * i + 1.7 * a);
        const double length = std::sqrt(dot(directions[i], directions[i]));
        for (double& c : directions[i]) c /= length;
    }
    return directions;
}

template <int Dim>
void add_angles(PValues& family, const std::vector<Deviator<Dim>>& strains, const std::string& name)
{
    constexpr double two_pi = 2.0 * std::numbers::pi;
    for (int a = 0; a < deviator_size<Dim>; ++a)
        for (int b = a + 1; b < deviator_size<Dim>; ++b)
            family.add(fmt::format("{}: angle in the plane of coefficients {} and {}", name, a, b),
                       test::kolmogorov_smirnov(mapped(strains, [&](const auto& c) { return std::atan2(c[b], c[a]) / two_pi + 0.5; })));
}

/// Gaussian magnitude: each coefficient is normal with variance γ*²/n, whatever the axes.
template <int Dim>
void add_gaussian(PValues& family)
{
    const auto options = options_with(Magnitude::Gaussian);
    const auto strains = strains_of(Catalogue<Dim>(options, seed));
    const std::string name = fmt::format("{}D gaussian", Dim);
    constexpr int n = deviator_size<Dim>;
    const double std_deviation = options.strain / std::sqrt(n);

    for (int a = 0; a < n; ++a)
        family.add(fmt::format("{}: coefficient {} normal", name, a),
                   test::kolmogorov_smirnov(mapped(strains, [&](const auto& c) { return test::normal_cdf(c[a] / std_deviation); })));
    for (const auto& direction : oblique_directions<Dim>())
        family.add(name + ": oblique coefficient normal",
                   test::kolmogorov_smirnov(mapped(strains, [&](const auto& c) { return test::normal_cdf(dot(c, direction) / std_deviation); })));
    add_angles<Dim>(family, strains, name);

    // ε:ε n/γ*² is chi-square distributed with n degrees of freedom: mean n, variance 2 n.
    double mean = 0.0;
    for (const auto& c : strains) mean += dot(c, c) / static_cast<double>(strains.size());
    const double deviate = (mean / (options.strain * options.strain) - 1.0) / std::sqrt(2.0 / n / static_cast<double>(strains.size()));
    family.add(name + ": mean of eps:eps is gamma*^2", test::two_sided_p(deviate));
    family.add(
        name + ": eps:eps chi-square",
        test::kolmogorov_smirnov(mapped(strains, [&](const auto& c) { return test::chi_square_p(dot(c, c) / (std_deviation * std_deviation), n); })));
}

/// Fixed magnitude: a uniformly random direction of length γ*/√2.
template <int Dim>
void add_fixed(PValues& family)
{
    const auto options = options_with(Magnitude::Fixed);
    const auto strains = strains_of(Catalogue<Dim>(options, seed));
    const std::string name = fmt::format("{}D fixed", Dim);
    const double length = options.strain / std::sqrt(2.0);
    for (int a = 0; a < deviator_size<Dim>; ++a)
        family.add(fmt::format("{}: coefficient {} as on a sphere", name, a),
                   test::kolmogorov_smirnov(mapped(strains, [&](const auto& c) { return direction_cdf<Dim>(c[a] / length); })));
    for (const auto& direction : oblique_directions<Dim>())
        family.add(name + ": oblique coefficient as on a sphere",
                   test::kolmogorov_smirnov(mapped(strains, [&](const auto& c) { return direction_cdf<Dim>(dot(c, direction) / length); })));
    add_angles<Dim>(family, strains, name);
}

void add_barriers(PValues& family, const CatalogueOptions& options, const std::string& name)
{
    const Catalogue<2> catalogue(options, seed);
    std::vector<double> sample;
    for (int voxel = 0; voxel < voxels; ++voxel)
        for (int mode = 0; mode < modes; ++mode)
            sample.push_back(barrier_cdf(options, catalogue.decode_barrier(catalogue.barrier_code(voxel, 0, mode))));
    family.add(name + ": barrier truncated normal", test::kolmogorov_smirnov(sample));
}

/// The numbers of a mode, strain coefficients and barrier, as uniform ones.
template <int Dim>
std::array<double, deviator_size<Dim> + 1> uniform_numbers(const Catalogue<Dim>& catalogue, int voxel, int generation, int mode)
{
    constexpr int n = deviator_size<Dim>;
    std::array<double, n + 1> numbers{};
    const auto strain = catalogue.decode(catalogue.strain(voxel, generation, mode));
    for (int a = 0; a < n; ++a) numbers[a] = test::normal_cdf(strain[a] * std::sqrt(n) / catalogue.options().strain);
    numbers[n] = barrier_cdf(catalogue.options(), catalogue.decode_barrier(catalogue.barrier_code(voxel, generation, mode)));
    return numbers;
}

/// All numbers of a mode against each other and against all of other modes, voxels and generations.
template <int Dim>
void add_independence(PValues& family)
{
    constexpr int numbers = deviator_size<Dim> + 1;
    const Catalogue<Dim> catalogue(strongly_truncated(Redraw::All), seed);
    struct Step {
        const char* name;
        int voxel, generation, mode;
    };
    for (const Step& step : {Step{"same mode", 0, 0, 0}, Step{"next mode", 0, 0, 1}, Step{"mode + 2", 0, 0, 2}, Step{"next voxel", 1, 0, 0},
                             Step{"voxel + 4096", 4096, 0, 0}, Step{"next generation", 0, 1, 0}, Step{"next voxel, mode before", 1, 0, -1}}) {
        std::array<std::vector<double>, numbers> here;
        std::array<std::vector<double>, numbers> there;
        for (int voxel = 0; voxel < voxels; ++voxel)
            for (int mode = 1; mode < modes; mode += 4) {
                const auto from = uniform_numbers(catalogue, voxel, 3, mode);
                const auto to = uniform_numbers(catalogue, voxel + step.voxel, 3 + step.generation, mode + step.mode);
                for (int i = 0; i < numbers; ++i) {
                    here[i].push_back(from[i]);
                    there[i].push_back(to[i]);
                }
            }
        const bool same = step.voxel == 0 && step.generation == 0 && step.mode == 0;
        for (int i = 0; i < numbers; ++i)
            for (int j = same ? i + 1 : 0; j < numbers; ++j) {
                const std::string what = fmt::format("{}D, {}: numbers {} and {}", Dim, step.name, i, j);
                family.add(what + ", correlation", test::correlation_p(here[i], there[j]));
                family.add(what + ", table", test::contingency_p(here[i], there[j]));
            }
    }
}

}  // namespace

TEST_CASE("strains and barriers of the catalogue are distributed as in the STZ paper, and independent", "[catalogue]")
{
    PValues family;
    add_gaussian<2>(family);
    add_gaussian<3>(family);
    add_fixed<2>(family);
    add_fixed<3>(family);
    add_barriers(family, CatalogueOptions{}, "2 +- 0.25 eV");
    add_barriers(family, strongly_truncated(Redraw::Strains), "0.3 +- 0.25 eV");
    CatalogueOptions half;
    half.barrier = 0.0;
    half.barrier_std = 1.0;
    add_barriers(family, half, "0 +- 1 eV");
    add_independence<2>(family);
    add_independence<3>(family);
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > test::significance);
}

TEMPLATE_TEST_CASE_SIG("strains of fixed magnitude have the norm of a simple shear of gamma*", "[catalogue]", ((int Dim), Dim), 2, 3)
{
    const auto options = options_with(Magnitude::Fixed);
    const Catalogue<Dim> catalogue(options, seed);
    // Each coefficient is off by half a code at most, the norm by √n halves.
    const double tolerance = 0.5 * std::sqrt(deviator_size<Dim>) * catalogue.strain_unit() * (1.0 + 1e-9);
    CHECK(catalogue.strain_unit() < 1e-4 * options.strain);
    double largest = 0.0;
    for (const auto& c : strains_of(catalogue)) largest = std::max(largest, std::abs(std::sqrt(dot(c, c)) - options.strain / std::sqrt(2.0)));
    CAPTURE(largest, tolerance);
    CHECK(largest <= tolerance);
}

TEST_CASE("barriers are positive however strongly their distribution is cut", "[catalogue]")
{
    CatalogueOptions options;
    options.barrier = 1e-3;
    options.barrier_std = 1.0;
    const Catalogue<3> catalogue(options, seed);
    double lowest = 1.0;
    for (int voxel = 0; voxel < voxels; ++voxel)
        for (int mode = 0; mode < modes; ++mode) lowest = std::min(lowest, catalogue.decode_barrier(catalogue.barrier_code(voxel, 0, mode)));
    CHECK(lowest > 0.0);
}

TEST_CASE("without a spread all barriers are the mean", "[catalogue]")
{
    CatalogueOptions options;
    options.barrier_std = 0.0;
    const Catalogue<2> catalogue(options, seed);
    CHECK(catalogue.barrier_unit() == 0.0);
    for (int voxel = 0; voxel < 100; ++voxel)
        CHECK(catalogue.decode_barrier(catalogue.barrier_code(voxel, voxel % 3, voxel % modes)) == options.barrier);
}

TEMPLATE_TEST_CASE_SIG("a new generation has new strains, and new barriers if asked", "[catalogue]", ((int Dim), Dim), 2, 3)
{
    CatalogueOptions options;
    options.redraw = Redraw::Strains;
    const Catalogue<Dim> keeping(options, seed);
    options.redraw = Redraw::All;
    const Catalogue<Dim> changing(options, seed);
    int same_strains = 0;
    int kept = 0;
    int same_barriers = 0;
    int comparisons = 0;
    for (int voxel = 0; voxel < 200; ++voxel)
        for (int generation = 1; generation <= 5; ++generation)
            for (int mode = 0; mode < modes; ++mode) {
                ++comparisons;
                same_strains += keeping.strain(voxel, generation, mode) == keeping.strain(voxel, generation - 1, mode) ? 1 : 0;
                kept += keeping.barrier_code(voxel, generation, mode) == keeping.barrier_code(voxel, 0, mode) ? 1 : 0;
                same_barriers += changing.barrier_code(voxel, generation, mode) == changing.barrier_code(voxel, generation - 1, mode) ? 1 : 0;
                REQUIRE(keeping.strain(voxel, generation, mode) == changing.strain(voxel, generation, mode));
            }
    CHECK(same_strains == 0);
    CHECK(kept == comparisons);
    // Two of the 2^12 codes per standard deviation are equal with probability 1/(2 √π 4096) = 7e-5.
    CHECK(same_barriers < 10);
    CHECK(keeping.barrier_code(7, 0, 3) == changing.barrier_code(7, 0, 3));
}

TEMPLATE_TEST_CASE_SIG("a catalogue is a pure function of seed, voxel, generation and mode", "[catalogue]", ((int Dim), Dim), 2, 3)
{
    struct Mode {
        std::int64_t voxel, generation;
        int mode;
    };
    std::vector<Mode> asked;
    for (const std::int64_t voxel : {0LL, 1LL, (1LL << 32), (1LL << 32) + 1, (1LL << 40) - 1})
        for (const std::int64_t generation : {0LL, 1LL, 99999LL})
            for (const int mode : {0, 1, 19, 255}) asked.push_back({voxel, generation, mode});

    const auto options = strongly_truncated(Redraw::All);
    const Catalogue<Dim> first(options, seed);
    const Catalogue<Dim> second(options, seed);
    const Catalogue<Dim> other(options, seed + 1);
    std::map<std::pair<StrainCode<Dim>, std::int16_t>, int> different;
    for (const auto& [voxel, generation, mode] : asked)
        ++different[{first.strain(voxel, generation, mode), first.barrier_code(voxel, generation, mode)}];
    for (auto again = asked.rbegin(); again != asked.rend(); ++again) {
        const std::int16_t barrier = second.barrier_code(again->voxel, again->generation, again->mode);
        const auto strain = second.strain(again->voxel, again->generation, again->mode);
        CHECK(different.count({strain, barrier}) == 1);
        CHECK(first.strain(again->voxel, again->generation, again->mode) == strain);
        CHECK(first.barrier_code(again->voxel, again->generation, again->mode) == barrier);
        CHECK(other.strain(again->voxel, again->generation, again->mode) != strain);
    }
    CHECK(different.size() == asked.size());
}

TEMPLATE_TEST_CASE_SIG("a mirrored catalogue has the same modes with negated strains", "[catalogue]", ((int Dim), Dim), 2, 3)
{
    for (const auto magnitude : {Magnitude::Gaussian, Magnitude::Fixed}) {
        CatalogueOptions options = options_with(magnitude);
        const Catalogue<Dim> catalogue(options, seed);
        options.mirrored = true;
        const Catalogue<Dim> mirrored(options, seed);
        bool is_negated = true;
        bool has_same_barriers = true;
        for (int voxel = 0; voxel < voxels; ++voxel)
            for (int mode = 0; mode < modes; ++mode) {
                const auto strain = catalogue.strain(voxel, voxel % 3, mode);
                const auto image = mirrored.strain(voxel, voxel % 3, mode);
                for (std::size_t a = 0; a < strain.size(); ++a) is_negated = is_negated && strain[a] == -image[a];
                has_same_barriers =
                    has_same_barriers && catalogue.barrier_code(voxel, voxel % 3, mode) == mirrored.barrier_code(voxel, voxel % 3, mode);
            }
        CHECK(is_negated);
        CHECK(has_same_barriers);
    }
}
