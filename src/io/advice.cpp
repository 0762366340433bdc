#include <shearwater/io/advice.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/tensor.hpp>
#include <shearwater/elasticity/solve/stress_check.hpp>
#include <shearwater/io/keys.hpp>
#include <shearwater/loading/loading.hpp>

namespace shearwater {

namespace {

Advice make(const RunOptions& options, std::string_view name, const std::string& text)
{
    const auto& keys = all_keys();
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == name; });
    return {key->name, fmt::format("{}={}: {}", key->name, key->print(options), text)};
}

// Values that seem to be given in other units.

/// A unit in which the user may have given a value: value × factor + offset is the value in the unit of the deck.
struct OtherUnit {
    std::string_view name;
    double factor;
    double offset = 0.0;
};

/// A quantity and its usual range.
struct Quantity {
    std::string_view key;
    std::string_view unit;
    double low;
    double high;
    std::string_view usual;  ///< the usual values and the reason for them
    double (*value)(const RunOptions&);
    std::vector<OtherUnit> others;
    std::string_view otherwise = "check the value";  ///< what to do if the value is unusual in every other unit too
};

std::vector<OtherUnit> other_energies()
{
    return {{"J", 1.0 / 1.602176634e-19}, {"kJ/mol", 1.0 / 96.48533}, {"kcal/mol", 1.0 / 23.06055}, {"meV", 1e-3}};
}

/// The ranges include all values published for metallic glasses, and are narrower than the factors between units.
const std::vector<Quantity>& quantities()
{
    static const std::vector<Quantity> table{{"elasticity.young",
                                              "GPa",
                                              1.0,
                                              1000.0,
                                              "Young's moduli of metallic glasses are some 20 to 300 GPa",
                                              [](const RunOptions& o) { return o.elasticity.young; },
                                              {{"Pa", 1e-9}, {"MPa", 1e-3}, {"TPa", 1e3}}},
                                             {"lattice.pitch",
                                              "nm",
                                              0.1,
                                              5.0,
                                              "a voxel holds one shear transformation zone, some 0.5 to 3 nm wide",
                                              [](const RunOptions& o) { return o.lattice.pitch; },
                                              {{"Angstrom", 0.1}, {"m", 1e9}, {"um", 1e3}}},
                                             {"stz.volume",
                                              "nm^3",
                                              0.01,
                                              10.0,
                                              "activation volumes of shear transformation zones are some 0.1 to 3 nm^3",
                                              [](const RunOptions& o) { return o.activation.volume; },
                                              {{"Angstrom^3", 1e-3}, {"m^3", 1e27}, {"cm^3", 1e21}}},
                                             {"stz.barrier", "eV", 0.05, 20.0, "barriers of shear transformation zones are some 1 to 6 eV",
                                              [](const RunOptions& o) { return o.catalogue.barrier; }, other_energies()},
                                             {"stz.barrier_std", "eV", 1e-4, 10.0, "barriers differ by some tenths of 1 eV",
                                              [](const RunOptions& o) { return o.catalogue.barrier_std; }, other_energies()},
                                             {"softening.relaxation_barrier", "eV", 0.01, 10.0, "barriers of relaxation are some tenths of 1 eV",
                                              [](const RunOptions& o) { return o.softening.relaxation_barrier; }, other_energies()},
                                             {"stz.attempt_frequency",
                                              "1/s",
                                              1e10,
                                              1e16,
                                              "attempt frequencies are those of atoms, 1e12 to 1e14 /s",
                                              [](const RunOptions& o) { return o.activation.attempt_frequency; },
                                              {{"THz", 1e12}, {"GHz", 1e9}}},
                                             {"loading.temperature",
                                              "K",
                                              50.0,
                                              2000.0,
                                              "metallic glasses are tested from 77 K to the glass transition, 400 to 1000 K",
                                              [](const RunOptions& o) { return o.activation.temperature; },
                                              {{"degrees Celsius", 1.0, 273.15}}},
                                             {"loading.strain_rate",
                                              "1/s",
                                              1e-9,
                                              5e3,
                                              "tests run at 1e-6 to 1e3 /s, and only molecular dynamics is faster",
                                              [](const RunOptions& o) { return o.loading.strain_rate; },
                                              {},
                                              "check the value and the sign of its exponent"}};
    return table;
}

/// Warns about an unusual value. Zero switches a quantity off and is not reported.
std::optional<Advice> of_unit(const RunOptions& options, const Quantity& quantity)
{
    if (quantity.key == "loading.strain_rate" && options.loading.protocol->parameter == LoadParameter::Time) return {};
    const double value = quantity.value(options);
    const auto is_usual = [&](double x) { return x >= quantity.low && x <= quantity.high; };
    if (value == 0.0 || is_usual(value)) return {};
    std::vector<std::string> remedies;
    for (const auto& other : quantity.others) {
        const double converted = value * other.factor + other.offset;
        if (is_usual(converted)) remedies.push_back(fmt::format("if the value is in {}, write {:.5g}", other.name, converted));
    }
    if (remedies.empty()) remedies.emplace_back(quantity.otherwise);
    return make(options, quantity.key,
                fmt::format("is unusual, as {}; the unit of this key is {}: {}", quantity.usual, quantity.unit, fmt::join(remedies, "; ")));
}

// Values that make a run expensive.

/// Warns if the logarithmic derivative of rates with respect to stress, V γ*/(k_B T), is much larger than with the default parameters (300 K, 0.49
/// nm³, 0.14).
std::optional<Advice> of_cost(const RunOptions& options)
{
    constexpr double much_more = 10.0;
    struct Factor {
        std::string_view key;
        double value;
    };
    const std::array factors{Factor{"stz.volume", options.activation.volume / 0.49}, Factor{"stz.strain", options.catalogue.strain / 0.14},
                             Factor{"loading.temperature", 300.0 / options.activation.temperature}};
    const double product = factors[0].value * factors[1].value * factors[2].value;
    if (!traits(options.kmc.engine).bounds_rates || product <= much_more) return {};
    const auto largest = std::max_element(factors.begin(), factors.end(), [](const Factor& a, const Factor& b) { return a.value < b.value; });
    return make(
        options, largest->key,
        fmt::format(
            "makes stresses change rates {:.0f} times as much as at 300 K with stz.volume = 0.49 and stz.strain = 0.14 (their product over the "
            "temperature), so that an event changes the rates of more voxels and costs more; measure it by a short run, --kmc.max_events=1000",
            product));
}

/// Number of elements of the mesh on which PETSc checks the kernel. It is computed for one rank, since only the size matters here.
template <int Dim>
std::int64_t checked_elements(const Grid<Dim>& grid, int elements)
{
    return checked_partition(Partition<Dim>(grid, 1), elements).grid().refined(elements).count();
}

/// The nearest size whose cell can be folded to the size that the check prefers. The distance of two sizes is the largest difference along an axis,
/// and then the sum of the differences.
template <int Dim>
std::optional<Grid<Dim>> nearest_that_folds(const Grid<Dim>& grid, int elements)
{
    constexpr int farthest = 8;
    constexpr int smallest = 4;
    Grid<Dim> choices;
    choices.size.fill(2 * farthest + 1);
    std::optional<Grid<Dim>> best;
    std::pair<int, int> least{farthest + 1, 0};
    for (std::int64_t number = 0; number < choices.count(); ++number) {
        const auto choice = choices.index(number);
        Grid<Dim> other = grid;
        std::pair<int, int> distance{0, 0};
        for (int axis = 0; axis < Dim; ++axis) {
            // The offsets 0, -1, 1, -2, 2, ... begin with the smallest, so that few sizes are tried.
            const int offset = choice[axis] % 2 == 1 ? -(choice[axis] + 1) / 2 : choice[axis] / 2;
            other.size[axis] = std::max(smallest, grid.size[axis] + offset);
            distance = {std::max(distance.first, std::abs(offset)), distance.second + std::abs(offset)};
        }
        if (distance >= least || checked_elements<Dim>(other, elements) > StressCheckLimits{}.folded_elements) continue;
        least = distance;
        best = other;
    }
    return best;
}

template <int Dim>
std::optional<Advice> of_folding(const RunOptions& options)
{
    /// Measured memory of PETSc's solve and of the check by the element operator [bytes].
    constexpr double bytes_per_element = Dim == 2 ? 250.0 : 400.0;
    constexpr double bytes_by_operator = Dim == 2 ? 30.0 : 40.0;
    const auto& elastic = options.elasticity;
    if (decides_by_petsc(options) || elastic.discretization == Discretization::Spectral || elastic.check == Check::Operator) return {};
    Grid<Dim> grid;
    std::copy_n(options.lattice.size.begin(), Dim, grid.size.begin());
    const int elements = elements_per_voxel<Dim>(elastic);
    const auto count = checked_elements<Dim>(grid, elements);
    if (count <= StressCheckLimits{}.full_elements) return {};
    const auto mesh = static_cast<double>(count);
    const auto folding = nearest_that_folds<Dim>(grid, elements);
    return make(
        options, "lattice.size",
        fmt::format(
            "has no divisors that fold it to a small cell, so that PETSc checks the kernel on the whole cell, {:.3g} elements and about "
            "{:.2g} GB, at the start and at every snapshot; elasticity.check=operator applies the element operator instead, in about {:.2g} GB, "
            "or choose a size that folds: {}",
            mesh, mesh * bytes_per_element / 1e9, mesh * bytes_by_operator / 1e9,
            folding ? fmt::format("{}", fmt::join(folding->size, "x")) : "a multiple of 16 along every axis"));
}

// Results that differ from the values requested.

/// Density of the standard normal distribution.
double normal_density(double x)
{
    return std::exp(-0.5 * x * x) / std::sqrt(2.0 * std::acos(-1.0));
}

/// Distribution function of the standard normal distribution.
double normal_distribution(double x)
{
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

/// Mean of the normal distribution N(μ, s) truncated to positive values, μ + s φ(μ/s)/Φ(μ/s).
double truncated_mean(double mean, double deviation)
{
    if (deviation == 0.0) return mean;
    return mean + deviation * normal_density(mean / deviation) / normal_distribution(mean / deviation);
}

std::optional<Advice> of_truncation(const RunOptions& options)
{
    constexpr double tolerance = 0.01;
    const auto& stz = options.catalogue;
    const double mean = truncated_mean(stz.barrier, stz.barrier_std);
    if (mean <= (1.0 + tolerance) * stz.barrier) return {};
    return make(
        options, "stz.barrier_std",
        fmt::format(
            "cuts off so much of the distribution at zero that the mean barrier is {:.4g} eV, {:.1f} % more than stz.barrier = {:.4g}; choose "
            "at most {:.3g}, or accept that mean",
            mean, 100.0 * (mean / stz.barrier - 1.0), stz.barrier, stz.barrier / 2.38));
}

// Strains that are too small.

std::optional<Advice> of_plastic_strain(const RunOptions& options)
{
    const auto& loading = options.loading;
    if (loading.protocol->parameter == LoadParameter::Time) return {};
    if (loading.stop_plastic_strain < loading.max_strain) return {};
    return make(
        options, "loading.stop_plastic_strain",
        fmt::format(
            "is never reached, as the applied strain ends at loading.max_strain = {} and a part of it stays elastic; raise loading.max_strain, "
            "or write 0 to stop by it alone",
            loading.max_strain));
}

/// Fraction of N(mean, deviation) below a threshold.
double fraction_below(double threshold, double mean, double deviation)
{
    if (deviation == 0.0) return threshold >= mean ? 1.0 : 0.0;
    return normal_distribution((threshold - mean) / deviation);
}

/// Estimate of the plastic strain of the first events of voxels after elastic loading to a strain, without softening: the number of modes per voxel
/// times the fraction of modes whose barrier is below k_B T ln(ν0 t), where t is the duration of the run, times γ*.
///
/// The barrier of a mode is ΔF − ½ V σ:ε. With Gaussian coefficients of ε it has a normal distribution of variance s_F² + (½ V |s| γ*/√n)², where s
/// is the deviatoric stress and n the number of its coefficients. With a fixed magnitude the work is moreover limited by ½ V |s| γ*/√2. The estimate
/// is too high for a ramp, since the stress acts for a shorter time than t, and neglects the events that softening causes.
template <int Dim>
double first_plastic_strain(const RunOptions& options, double strain)
{
    const auto& elastic = options.elasticity;
    const auto& stz = options.catalogue;
    const Loading<Dim> loading(options.loading.protocol->prescribe(options.loading),
                               stiffness_matrix<Dim>(moduli_of<Dim>(elastic.young, elastic.poisson, elastic.plane)));
    const auto stress = deviator<Dim>(loading.state(strain, {}).stress);
    const double work = 0.5 * options.activation.volume * electronvolt_per_gpa_nm3 * std::sqrt(dot(stress, stress)) * stz.strain;
    const double attempts = options.activation.attempt_frequency * strain / options.loading.strain_rate;
    const double reach = boltzmann * options.activation.temperature * std::log(std::max(1.0, attempts));
    double fraction = fraction_below(reach, stz.barrier, std::hypot(stz.barrier_std, work / std::sqrt(static_cast<double>(deviator_size<Dim>))));
    if (stz.magnitude == Magnitude::Fixed) fraction = std::min(fraction, fraction_below(reach + work / std::sqrt(2.0), stz.barrier, stz.barrier_std));
    return stz.modes * fraction * stz.strain;
}

/// The plastic strain that defines yield.
constexpr double yield_strain = 0.002;

template <int Dim>
std::string strain_of_yield(const RunOptions& options)
{
    for (double strain = options.loading.max_strain; strain <= 1.0; strain *= 1.05)
        if (first_plastic_strain<Dim>(options, strain) >= yield_strain) return fmt::format("raise it to {:.2g} or more", strain);
    return "check barrier, volume, temperature and moduli, as no strain up to 1 would do";
}

template <int Dim>
std::optional<Advice> of_yield(const RunOptions& options)
{
    /// The first events soften their voxels and cause further events. This factor is an upper bound of the ratio of all events to the first ones.
    constexpr double amplification = 10.0;
    if (options.loading.protocol->parameter == LoadParameter::Time) return {};
    const double plastic = first_plastic_strain<Dim>(options, options.loading.max_strain);
    if (amplification * plastic >= yield_strain) return {};
    return make(
        options, "loading.max_strain",
        fmt::format("ends the run before the glass yields: by then the first events give a plastic strain of about {:.1g}, and yield is at {}; {}",
                    plastic, yield_strain, strain_of_yield<Dim>(options)));
}

template <int Dim>
std::vector<Advice> advise_for(const RunOptions& options)
{
    constexpr std::array functions{of_cost, of_folding<Dim>, of_truncation, of_plastic_strain, of_yield<Dim>};
    std::vector<Advice> given;
    const auto keep = [&](std::optional<Advice>&& advice) {
        if (advice) given.push_back(std::move(*advice));
    };
    for (const auto& quantity : quantities()) keep(of_unit(options, quantity));
    for (const auto function : functions) keep(function(options));
    return given;
}

}  // namespace

std::vector<Advice> advise(const RunOptions& options)
{
    return options.lattice.size.size() == 2 ? advise_for<2>(options) : advise_for<3>(options);
}

}  // namespace shearwater
