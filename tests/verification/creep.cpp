// On 1 rank. Creep against closed forms: a glass without elastic coupling and softening, whose modes have Gaussian strains and one barrier.
//
// Each voxel then is on its own. A mode of strain ε along the load has the rate k = ν₀ exp(−ΔF/k_BT + a ε), a = V σ/(2 k_BT), and ε is normal with
// variance s². The work of a uniaxial stress is σ:ε = s_σ:ε with the deviator s_σ of σ, whose squared norm is σ²/2 in 2D and 2σ²/3 in 3D; deviatoric
// coefficients in an orthonormal basis are normal with variance γ*²/n (STZ paper, Eq. 4; n = 2 in 2D, 5 in 3D). So s² = γ*²/4 in 2D, 2γ*²/15 in 3D.

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <shearwater/core/constants.hpp>
#include <shearwater/sim/simulation.hpp>

#include "p_values.hpp"
#include "program.hpp"
#include "support.hpp"

using namespace shearwater;
using test::world;

namespace {

constexpr int modes = 20;

template <int Dim>
double deviation()
{
    const double strain = CatalogueOptions{}.strain;
    return Dim == 2 ? 0.5 * strain : std::sqrt(2.0 / 15.0) * strain;
}

/// A case: temperature, and the stress that makes a s what it is to be.
template <int Dim>
struct Creep {
    double temperature;  ///< [K]
    double slope;        ///< a s [-]

    [[nodiscard]] double thermal_energy() const { return boltzmann * temperature; }
    [[nodiscard]] double stress() const
    {
        return slope / deviation<Dim>() * 2.0 * thermal_energy() / (ActivationOptions{}.volume * electronvolt_per_gpa_nm3);
    }
    /// ν₀ exp(−ΔF/k_BT) [1/s].
    [[nodiscard]] double frequency() const
    {
        return ActivationOptions{}.attempt_frequency * std::exp(-CatalogueOptions{}.barrier / thermal_energy());
    }
    /// R = M ν₀ exp(−ΔF/k_BT) exp(a² s²/2): mean of the rates of a voxel [1/s].
    [[nodiscard]] double rate() const { return modes * frequency() * std::exp(0.5 * slope * slope); }
    /// Initial rate of the strain along the load, R a s² [1/s].
    [[nodiscard]] double strain_rate() const { return rate() * slope * deviation<Dim>(); }
};

template <int Dim>
RunOptions options_of(const Creep<Dim>& creep, std::vector<int> size, EngineKind engine, double seconds, std::uint64_t seed,
                      const std::string& folder)
{
    RunOptions options;
    options.lattice.size = std::move(size);
    options.elasticity.young = 1e-9;  // no elastic coupling
    options.elasticity.elements_per_voxel = 1;
    options.catalogue.modes = modes;
    options.catalogue.barrier_std = 0.0;
    options.catalogue.magnitude = Magnitude::Gaussian;
    options.softening.permanent = 0.0;
    options.softening.temporary = 0.0;
    options.activation.temperature = creep.temperature;
    for (const Protocol* protocol : protocols())
        if (protocol->name == "creep") options.loading.protocol = protocol;
    options.loading.stress = creep.stress();
    options.loading.max_time = seconds;
    options.loading.stop_plastic_strain = 0.0;
    options.kmc.engine = engine;
    options.kmc.seed = seed;
    options.output.folder = folder;
    return options;
}

/// A run in a folder of its own, which goes with it.
template <int Dim>
class CreepRun {
  public:
    CreepRun(const Creep<Dim>& creep, std::vector<int> size, EngineKind engine, double seconds, std::uint64_t seed)
        : folder_(world()),
          simulation_(world(), log_, options_of<Dim>(creep, std::move(size), engine, seconds, seed, (folder_.path() / "out").string()))
    {
        simulation_.prepare();
    }

    Simulation<Dim>& simulation() { return simulation_; }

    void run_to_the_end()
    {
        while (simulation_.advance()) {
        }
    }

    /// Sum of the strains along the load of all voxels.
    [[nodiscard]] double total_strain()
    {
        double sum = 0.0;
        const auto fields = simulation_.model().eigenstrain();
        for (std::size_t voxel = 0; voxel < fields.front().size(); ++voxel) {
            Deviator<Dim> deviator{};
            for (std::size_t a = 0; a < deviator.size(); ++a) deviator[a] = fields[a][voxel];
            sum += from_deviator<Dim>(deviator)[1];
        }
        return sum;
    }

  private:
    Log log_{nullptr};
    test::TemporaryFolder folder_;
    Simulation<Dim> simulation_;
};

/// The initial strain rate of a cell, of which half a percent transforms, against R a s²: the difference over its standard error.
template <int Dim>
double deviate_of_initial_rate(const Creep<Dim>& creep, const std::vector<int>& size, EngineKind engine, std::uint64_t seed)
{
    const double seconds = 0.005 / creep.rate();
    CreepRun<Dim> run(creep, size, engine, seconds, seed);
    run.run_to_the_end();
    double voxels = 1.0;
    for (const int n : size) voxels *= n;
    const auto events = static_cast<double>(run.simulation().events());
    REQUIRE(events > 100.0);
    REQUIRE(events < 0.01 * voxels);
    // A sum over a Poisson process of events has the variance ⟨N⟩⟨ε²⟩; an event's strain is normal with mean a s² and variance s².
    const double s = deviation<Dim>();
    const double expected = creep.strain_rate() * seconds * voxels;
    const double error = std::sqrt(creep.rate() * seconds * voxels * s * s * (1.0 + creep.slope * creep.slope));
    const double deviate = (run.total_strain() - expected) / error;
    INFO(fmt::format("{}D, {} K, a s = {}: {} events, strain {:.4f}, expected {:.4f} +- {:.4f}", Dim, creep.temperature, creep.slope, events,
                     run.total_strain(), expected, error));
    CHECK(std::abs(deviate) < 3.0);
    CHECK(run.simulation().last().counts.athermal_events == 0);
    return deviate;
}

/// Times until the first event of small cells, each times the total rate of its own catalogue, by the formulas of the STZ paper: uniform after the
/// exponential distribution function.
template <int Dim>
double p_of_first_waiting_times(const Creep<Dim>& creep, const std::vector<int>& size, EngineKind engine, int first_seed, int seeds)
{
    std::vector<double> quantiles;
    for (int seed = first_seed; seed < first_seed + seeds; ++seed) {
        CreepRun<Dim> run(creep, size, engine, 1e3 / creep.rate(), static_cast<std::uint64_t>(seed));
        while (run.simulation().events() == 0 && run.simulation().advance()) {
        }
        const Catalogue<Dim> catalogue(options_of<Dim>(creep, size, engine, 1.0, 1, "").catalogue, static_cast<std::uint64_t>(seed));
        std::int64_t voxels = 1;
        for (const int n : size) voxels *= n;
        double total = 0.0;
        for (std::int64_t voxel = 0; voxel < voxels; ++voxel)
            for (int mode = 0; mode < modes; ++mode) {
                const double strain = from_deviator<Dim>(catalogue.decode(catalogue.strain(voxel, 0, mode)))[1];
                total += creep.frequency() * std::exp(creep.slope / deviation<Dim>() * strain);
            }
        quantiles.push_back(-std::expm1(-total * run.simulation().last().time.seconds()));
    }
    return test::kolmogorov_smirnov(quantiles);
}

/// The strain rate after long times: a voxel waits 1/K for an event, which has the strain Σ k ε/K on the mean. Renewal theory: ⟨Σ k ε/K⟩/⟨1/K⟩ over
/// catalogues, here by sampling, with random numbers that are not the program's.
template <int Dim>
double long_strain_rate(const Creep<Dim>& creep)
{
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    constexpr int samples = 400000;
    double strain = 0.0;
    double time = 0.0;
    for (int sample = 0; sample < samples; ++sample) {
        double total = 0.0;
        double weighted = 0.0;
        for (int mode = 0; mode < modes; ++mode) {
            const double z = normal(random);
            const double k = std::exp(creep.slope * z);
            total += k;
            weighted += k * z;
        }
        strain += weighted / total;
        time += 1.0 / total;
    }
    return creep.frequency() * deviation<Dim>() * strain / time;
}

}  // namespace

TEST_CASE("the initial rate of creep is R a s^2 in 2D")
{
    double sum = 0.0;
    int count = 0;
    for (const double temperature : {250.0, 300.0, 400.0, 600.0})
        for (const double slope : {0.5, 0.8, 1.2, 1.6, 2.0}) {
            sum += deviate_of_initial_rate<2>({temperature, slope}, {192, 192}, EngineKind::Exact, 11 + static_cast<std::uint64_t>(count));
            ++count;
        }
    CHECK(std::abs(sum) / std::sqrt(count) < 3.0);
}

TEST_CASE("the initial rate of creep is R a s^2 in 3D, and with the sublattice engine")
{
    for (const double slope : {0.5, 1.0, 2.0}) deviate_of_initial_rate<3>({300.0, slope}, {32, 32, 32}, EngineKind::Exact, 5);
    deviate_of_initial_rate<2>({300.0, 1.0}, {192, 192}, EngineKind::Sublattice, 6);
    deviate_of_initial_rate<2>({300.0, 2.0}, {192, 192}, EngineKind::Sublattice, 7);
}

TEST_CASE("first waiting times of creep are exponential, each with the total rate of its catalogue")
{
    test::PValues p;
    for (const double slope : {0.5, 2.0}) {
        const int first = slope < 1.0 ? 1 : 1000;
        p.add(fmt::format("exact, 2D, a s = {}", slope), p_of_first_waiting_times<2>({300.0, slope}, {8, 8}, EngineKind::Exact, first, 150));
        p.add(fmt::format("reference, 2D, a s = {}", slope), p_of_first_waiting_times<2>({300.0, slope}, {8, 8}, EngineKind::Reference, first, 150));
        p.add(fmt::format("exact, 3D, a s = {}", slope), p_of_first_waiting_times<3>({400.0, slope}, {4, 4, 4}, EngineKind::Exact, first, 100));
    }
    INFO(p.report());
    if (world().is_root()) fmt::print("{}\n", p.report());
    CHECK(p.smallest_adjusted() > test::significance);
}

TEST_CASE("the rate of creep after long times is that of slow catalogues that are occupied longer")
{
    for (const double slope : {0.5, 1.5}) {
        const Creep<2> creep{300.0, slope};
        const double expected = long_strain_rate<2>(creep);
        // Strain of independent stretches of time after 30 events of each voxel: their scatter is the standard error.
        constexpr int stretches = 30;
        const double stretch = 6.0 / creep.rate();
        CreepRun<2> run(creep, {32, 32}, EngineKind::Exact, (30.0 + 6.0 * stretches) / creep.rate(), 3);
        std::vector<double> rates;
        double before = 0.0;
        double begin = 30.0 / creep.rate();
        auto& simulation = run.simulation();
        bool goes_on = true;
        for (int i = -1; i < stretches; ++i) {
            const double end = i < 0 ? begin : begin + stretch;
            while (goes_on && simulation.last().time.seconds() < end) goes_on = simulation.advance();
            const double strain = run.total_strain() / (32.0 * 32.0);
            if (i >= 0) rates.push_back((strain - before) / stretch);
            before = strain;
            if (i >= 0) begin = end;
        }
        double mean = 0.0;
        for (const double rate : rates) mean += rate / stretches;
        double squares = 0.0;
        for (const double rate : rates) squares += (rate - mean) * (rate - mean);
        const double error = std::sqrt(squares / (stretches * (stretches - 1.0)));
        INFO(fmt::format("a s = {}: {:.4e} /s, expected {:.4e} +- {:.1e}; the initial rate is {:.4e}", slope, mean, expected, error,
                         creep.strain_rate()));
        CHECK(std::abs(mean - expected) < 3.0 * error);
        // It is not the initial rate, from which it can be told.
        if (slope > 1.0) CHECK(std::abs(creep.strain_rate() - expected) > 10.0 * error);
    }
}
