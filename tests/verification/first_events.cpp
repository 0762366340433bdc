// Runs on 1 3 ranks.
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <shearwater/core/constants.hpp>
#include <shearwater/elasticity/cell.hpp>
#include <shearwater/engine/exact/exact.hpp>
#include <shearwater/engine/exact/exact_glass.hpp>
#include <shearwater/engine/reference/reference.hpp>
#include <shearwater/engine/reference/reference_glass.hpp>

#include "p_values.hpp"
#include "support.hpp"

/// The first two events of many runs of a cell of 4 x 4 voxels with two modes each, against probabilities in closed form.
///
/// It is hot and hardly strained, so that rates differ by factors and do not change between events: the first event is mode m of voxel i with probability
/// k_im / Σ k, and so is the second, with rates that follow from the first by the kernel, the softening and the new modes.

using namespace shearwater;
using shearwater::test::PValues;
using shearwater::test::world;

namespace {

constexpr Grid<2> grid{{4, 4}};
constexpr int modes = 2;
constexpr int runs = 100'000;
constexpr std::uint64_t catalogue_seed = 5;
constexpr double start_strain = 0.0;

CatalogueOptions catalogue_options()
{
    CatalogueOptions options;
    options.modes = modes;
    options.barrier = 1.0;
    options.barrier_std = 0.1;
    options.redraw = Redraw::All;
    return options;
}

ActivationOptions activation()
{
    ActivationOptions options;
    options.temperature = 2000.0;
    options.volume = 0.25;
    return options;
}

SofteningOptions softening()
{
    SofteningOptions options;
    options.permanent = 5.0;
    options.temporary = 5.0;            // no barrier vanishes
    options.relaxation_barrier = 10.0;  // temporary softening stays
    return options;
}

KmcOptions kmc(std::uint64_t seed)
{
    KmcOptions options;
    options.seed = seed;
    return options;
}

/// What runs share. Each rank has its own, on its own communicator.
struct Setting {
    Communicator comm;
    Partition<2> partition{grid, 1};
    Tiles<2> tiles{grid, partition.box(0)};
    Catalogue<2> catalogue{catalogue_options(), catalogue_seed};
    ActivationOptions activated = activation();
    SofteningOptions softened = softening();
    ElasticityOptions elasticity{.elements_per_voxel = 2};
    ElasticCell<2> cell;
    Loading<2> loading;
    Ramp ramp{1e-6, 1e-6, 1.0};  // some 1e-13 of strain between events

    explicit Setting(Communicator own)
        : comm(std::move(own)),
          cell(comm, partition, elasticity, make_solver(), {moduli()}),
          loading(LoadingOptions().protocol->prescribe({}), cell.mean_stiffness())
    {
    }

    [[nodiscard]] Moduli moduli() const { return moduli_of<2>(elasticity.young, elasticity.poisson, elasticity.plane); }
    [[nodiscard]] std::unique_ptr<ElasticSolver<2>> make_solver() const
    {
        return std::make_unique<ElasticSolver<2>>(comm, partition, elements_per_voxel<2>(elasticity), std::vector<Moduli>{moduli()}, elasticity.rtol);
    }
};

/// Which mode of which voxel came first, and which second.
using Pair = std::array<int, 2>;

/// Rates of all modes [voxel * modes + mode] after an event in `first` (or none, −1), by the formulas of the STZ paper in plain double arithmetic [1/s].
std::vector<double> rates_after(const Setting& setting, int first)
{
    std::vector<double> rates;
    const auto& c = setting.catalogue;
    Deviator<2> event{};
    if (first >= 0) event = c.decode(c.strain(first / modes, 0, first % modes));
    const double energy = boltzmann * setting.activated.temperature;
    // The mean stress: uniaxial tension leaves every component but yy at zero, and Ē_yy = 0.
    Deviator<2> mean_eigenstrain{};
    for (int a = 0; a < 2; ++a) mean_eigenstrain[a] = event[a] / static_cast<double>(grid.count());
    const auto state = setting.loading.state(start_strain, setting.cell.mean_eigenstress(mean_eigenstrain, {}));
    for (int voxel = 0; voxel < grid.count(); ++voxel) {
        const bool transformed = first >= 0 && voxel == first / modes;
        const auto at = grid.index(voxel);
        const auto source = grid.index(std::max(first, 0) / modes);
        // Stress at zero mean strain from the kernel, and C:Ē.
        auto stress = deviator<2>(stress_of<2>(setting.moduli(), state.strain));
        for (int a = 0; a < 2; ++a)
            for (int b = 0; b < 2; ++b) stress[a] += setting.cell.kernel()->value({at[0] - source[0], at[1] - source[1]}, a, b) * event[b];
        for (int mode = 0; mode < modes; ++mode) {
            const int generation = transformed ? 1 : 0;
            const auto strain = c.decode(c.strain(voxel, generation, mode));
            double barrier = c.decode_barrier(c.barrier_code(voxel, generation, mode));
            if (transformed) {
                const double squared = 0.5 * dot(event, event);
                const double eta = std::min(setting.softened.permanent * squared, setting.softened.limit) + setting.softened.temporary * squared;
                const double cosine = dot(event, strain) / std::sqrt(dot(event, event) * dot(strain, strain));
                barrier *= std::exp(-std::pow(0.5 * (1.0 + cosine), 2) * eta);
            }
            const double work = 0.5 * setting.activated.volume * dot(stress, strain) * electronvolt_per_gpa_nm3;
            REQUIRE(barrier > work);
            rates.push_back(setting.activated.attempt_frequency * std::exp(-(barrier - work) / energy));
        }
    }
    return rates;
}

std::map<Pair, double> closed_form(const Setting& setting)
{
    std::map<Pair, double> probabilities;
    const auto first = rates_after(setting, -1);
    double total = 0.0;
    for (const double rate : first) total += rate;
    for (int i = 0; i < static_cast<int>(first.size()); ++i) {
        const auto second = rates_after(setting, i);
        double rest = 0.0;
        for (const double rate : second) rest += rate;
        for (int j = 0; j < static_cast<int>(second.size()); ++j) probabilities[{i, j}] = first[i] / total * second[j] / rest;
    }
    return probabilities;
}

/// What happens in runs with all seeds, over all ranks. Collective.
template <class Run>
std::map<Pair, std::int64_t> count(Run&& run)
{
    std::map<Pair, std::int64_t> counts;
    for (int seed = 1 + world().rank(); seed <= runs; seed += world().size()) ++counts[run(static_cast<std::uint64_t>(seed))];
    std::map<Pair, std::int64_t> all;
    for (int i = 0; i < grid.count() * modes; ++i)
        for (int j = 0; j < grid.count() * modes; ++j) all[{i, j}] = sum(world(), counts[{i, j}]);
    return all;
}

Pair first_two(Engine& engine)
{
    Pair pair{};
    for (std::size_t found = 0; found < pair.size();)
        for (const Event& event : engine.advance().events)
            if (found < pair.size()) pair[found++] = static_cast<int>(event.voxel) * modes + event.mode;
    return pair;
}

/// By chi-square; pairs that are expected fewer than ten times count together.
double p_of_counts(const std::map<Pair, double>& probabilities, const std::map<Pair, std::int64_t>& counts)
{
    std::vector<double> expected{0.0};
    std::vector<std::int64_t> observed{0};
    for (const auto& [pair, probability] : probabilities) {
        if (probability * runs >= 10.0) {
            expected.push_back(probability);
            observed.push_back(counts.at(pair));
        } else {
            expected.front() += probability;
            observed.front() += counts.at(pair);
        }
    }
    return test::proportions_p(observed, expected);
}

template <class Model, class MakeEngine>
double p_of_engine(Setting& setting, const std::map<Pair, double>& probabilities, MakeEngine&& make_engine)
{
    return p_of_counts(probabilities, count([&](std::uint64_t seed) {
                           Model model(setting.tiles, setting.catalogue, setting.activated, setting.softened, setting.cell, setting.loading);
                           auto engine = make_engine(model, kmc(seed));
                           return first_two(engine);
                       }));
}

}  // namespace

TEST_CASE("the first two events of a small cell come with the probabilities of the closed form")
{
    Setting setting{Communicator(MPI_COMM_SELF)};
    const auto probabilities = closed_form(setting);
    PValues p;
    p.add("exact", p_of_engine<ExactGlass<2>>(setting, probabilities, [&](ExactGlass<2>& model, const KmcOptions& options) {
              return ExactEngine<ExactGlass<2>>(model, setting.comm, options, setting.ramp, setting.tiles.all_tiles());
          }));
    p.add("reference", p_of_engine<ReferenceGlass<2>>(setting, probabilities, [&](ReferenceGlass<2>& model, const KmcOptions& options) {
              return ReferenceEngine<ReferenceGlass<2>>(model, setting.comm, options, setting.ramp);
          }));
    INFO(p.report());
    if (world().is_root()) fmt::print("{}\n", p.report());
    CHECK(p.smallest_adjusted() > test::significance);
}
