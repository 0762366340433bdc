// The sublattice engine on voxels of different blocks that change each other's rates: when a block learns of events of others, and how far that is from
// the truth.

#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "fake_block_model.hpp"
#include "p_values.hpp"
#include "support.hpp"

using namespace shearwater;
using namespace shearwater::test;

namespace {

/// Two blocks of 40 voxels, side by side. The source is in the first; voxels from 24 on are within the halo of the second.
FakeCell<2> cell(int source_at)
{
    FakeCell<2> cell;
    cell.grid = {{80, 16}};
    cell.at = {{source_at, 4}, {45, 12}};
    return cell;
}

constexpr int near_source = 24;
constexpr int far_source = 22;

/// Voxel 0 is the source. The first of its events changes the rate of voxel 1.
struct Pair {
    double source;  ///< [1/s]
    double before;  ///< [1/s]
    double after;   ///< [1/s]

    [[nodiscard]] FakePhysics physics() const
    {
        FakePhysics physics;
        physics.tiles = 2;
        physics.rate = [*this](std::int64_t voxel, int, double, double) { return voxel == 0 ? source : 1.0; };
        physics.coupling = [*this](std::int64_t voxel, const std::vector<int>& events) { return voxel == 0 ? 1.0 : events[0] == 0 ? before : after; };
        return physics;
    }
};

RampedOptions options_with(double seconds, double events_per_window, std::uint64_t seed)
{
    RampedOptions options;
    options.horizon = seconds * options.strain_rate;
    options.events_per_window = events_per_window;
    options.sweeps_per_cycle = 1;
    options.seed = seed;
    return options;
}

/// The first events of both voxels of a pair.
struct FirstEvents {
    PreciseTime source;
    PreciseTime target;
    PreciseTime sweep_end;         ///< of the sweep of the source's
    PreciseTime cycle_end;         ///< of its cycle
    bool source_is_first = false;  ///< in that sweep the source's block had its turn first
};

/// @param window  interval of a sweep [s]
FirstEvents first_events(SublatticeRun<2>& run, double window)
{
    FirstEvents first;
    bool has_source = false;
    PreciseTime begin;
    for (int cycle = 0; cycle < 100000; ++cycle) {
        const Step step = run.advance();
        const auto turns = run.model().take_turns();
        for (const Event& event : step.events) {
            if (event.voxel == 0 && !has_source) {
                has_source = true;
                const auto sweep = static_cast<std::size_t>((event.time - begin) / window);
                first.source = event.time;
                first.sweep_end = begin + window * static_cast<double>(sweep + 1);
                first.cycle_end = step.now;
                first.source_is_first = turns.at(2 * sweep) == 0;
            }
            if (event.voxel == 1) {
                first.target = event.time;
                return first;
            }
        }
        begin = step.now;
    }
    throw std::runtime_error("too few events");
}

}  // namespace

TEST_CASE(
    "sublattice: a block with a later turn learns of an event at its own time, others at the end of the sweep, of far ones at that of the cycle",
    "[sublattice]")
{
    constexpr int seeds = 4000;
    constexpr Pair pair{1.0, 0.0, 5.0};
    const Communicator self(MPI_COMM_SELF);
    PValues family;
    std::uint64_t first_seed = 0;
    struct Case {
        double window;  ///< [s]
        int sweeps;
    };
    for (const int at : {near_source, far_source})
        for (const auto& [window, sweeps] : {Case{0.2, 1}, {3.0, 1}, {0.3, 3}, {1.0, 2}}) {
            // The wait of the target since it should have learned of the source, as a uniform number; above 1 if the source's block came first.
            const auto waits = over_seeds(seeds, [&, seconds = window, number = sweeps](std::uint64_t seed) {
                auto options = options_with(seconds, 1e30, first_seed + seed);
                options.sweeps_per_cycle = number;
                SublatticeRun<2> run(pair.physics(), headroom(1.5), cell(at), self, options);
                const auto first = first_events(run, seconds);
                const auto learned = at != near_source ? first.cycle_end : first.source_is_first ? first.source : first.sweep_end;
                const double uniform = std::min(-std::expm1(-pair.after * (first.target - learned)), 1.0 - 1e-12);
                return uniform + (first.source_is_first ? 1.0 : 0.0);
            });
            first_seed += seeds;
            std::vector<double> source_first;
            std::vector<double> target_first;
            // Ends of sweeps are sums here and there, rounded differently.
            CHECK(std::all_of(waits.begin(), waits.end(), [](double wait) { return wait >= -1e-12; }));
            for (const double wait : waits) {
                if (wait >= 1.0)
                    source_first.push_back(wait - 1.0);
                else
                    target_first.push_back(wait);
            }
            const auto name = fmt::format("source at {}, {} sweeps of {} s", at, sweeps, window);
            family.add(name + ", source first", kolmogorov_smirnov(source_first));
            family.add(name + ", target first", kolmogorov_smirnov(target_first));
            const double excess = static_cast<double>(source_first.size()) - 0.5 * seeds;
            family.add(name + ": who is first", two_sided_p(excess / std::sqrt(0.25 * seeds)));
        }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
}

namespace {

constexpr double end = 2.0;  ///< [s]

/// Mean number of the target's events until the end if it learns of the source's at once.
double exact_mean(const Pair& pair)
{
    return pair.before * end + (pair.after - pair.before) * (end + std::expm1(-pair.source * end) / pair.source);
}

/// The same with cycles that end at these times: in every other one the target learns of the source's first event at the end, as its block has its
/// turn before. With a the source's rate, it so loses ½ ∫ (t_end − t) a exp(−a t) dt over a cycle.
double sublattice_mean(const Pair& pair, const std::vector<double>& ends)
{
    double loss = 0.0;
    double begin = 0.0;
    for (const double t : ends) {
        const double a = pair.source;
        loss += 0.5 * ((t - begin) * std::exp(-a * begin) + (std::exp(-a * t) - std::exp(-a * begin)) / a);
        begin = t;
    }
    return exact_mean(pair) - (pair.after - pair.before) * loss;
}

/// Windows follow from the rates, which no event changes until it matters no more.
std::vector<double> cycle_ends(const Pair& pair, double horizon, double events_per_window)
{
    const double window = std::min(horizon, events_per_window * 2.0 / (pair.source + pair.before));
    std::vector<double> ends{std::min(window, end)};
    while (ends.back() < end) ends.push_back(std::min(ends.back() + window, end));
    return ends;
}

struct Mean {
    double value;
    double error;
};

Mean mean_of(const std::vector<double>& sample)
{
    const auto n = static_cast<double>(sample.size());
    const double mean = std::accumulate(sample.begin(), sample.end(), 0.0) / n;
    double squares = 0.0;
    for (const double value : sample) squares += (value - mean) * (value - mean);
    return {mean, std::sqrt(squares / (n * (n - 1.0)))};
}

}  // namespace

TEST_CASE("sublattice: mean numbers of events tend to the truth with shorter windows, and differ from it as they should with long ones",
          "[sublattice]")
{
    constexpr int seeds = 3000;
    constexpr Pair pair{1.0, 0.2, 5.0};
    const Communicator self(MPI_COMM_SELF);
    struct Case {
        double horizon;
        double events_per_window;
        bool is_near_truth;  ///< the error is less than half the sample's own
    };
    PValues family;
    std::vector<double> errors;
    std::uint64_t first_seed = 0;
    for (const auto& with : {Case{2.0, 1e30, false}, {0.5, 1e30, false}, {0.5, 0.18, false}, {0.05, 0.015, true}}) {
        const auto counts = over_seeds(seeds, [&](std::uint64_t seed) {
            auto options = options_with(with.horizon, with.events_per_window, first_seed + seed);
            options.max_strain = end * options.strain_rate;
            SublatticeRun<2> run(pair.physics(), headroom(1.5), cell(near_source), self, options);
            while (run.advance().load < options.max_strain) continue;
            return static_cast<double>(run.model().events()[1]);
        });
        first_seed += seeds;
        const auto [mean, error] = mean_of(counts);
        const double expected = sublattice_mean(pair, cycle_ends(pair, with.horizon, with.events_per_window));
        const double truth = exact_mean(pair);
        const auto name = fmt::format("horizon {} s, {} events per window: {:.4f} +- {:.4f}, expected {:.4f}, truth {:.4f}", with.horizon,
                                      with.events_per_window, mean, error, expected, truth);
        CAPTURE(name);
        family.add(name, two_sided_p((mean - expected) / error));
        if (with.is_near_truth)
            CHECK(truth - expected < 0.5 * error);
        else
            CHECK(two_sided_p((mean - truth) / error) < significance);
        errors.push_back(truth - expected);
    }
    CAPTURE(family.report());
    CHECK(family.smallest_adjusted() > significance);
    CHECK(std::is_sorted(errors.rbegin(), errors.rend()));
}

namespace {

constexpr int ring_voxels = 4;

/// Each of the first two events in one voxel (row) multiplies the rates of another (column).
constexpr double ring_coupling[ring_voxels][ring_voxels] = {{1.5, 0.2, 3.0, 1.0}, {4.0, 0.5, 1.0, 0.6}, {0.3, 2.5, 0.8, 1.4}, {1.2, 1.9, 0.1, 2.0}};
constexpr double ring_rate[ring_voxels] = {0.4, 0.9, 0.25, 0.6};

double coupled_rate(std::int64_t voxel, const std::vector<int>& events)
{
    double rate = ring_rate[voxel];
    for (int source = 0; source < ring_voxels; ++source) rate *= std::pow(ring_coupling[source][voxel], std::min(events[source], 2));
    return rate;
}

/// Probabilities of the first two events, [first][second].
std::vector<double> sequence_probabilities()
{
    std::vector<double> probabilities;
    for (int code = 0; code < ring_voxels * ring_voxels; ++code) {
        std::vector<int> events(ring_voxels);
        double probability = 1.0;
        for (const int voxel : {code / ring_voxels, code % ring_voxels}) {
            double total = 0.0;
            for (int other = 0; other < ring_voxels; ++other) total += coupled_rate(other, events);
            probability *= coupled_rate(voxel, events) / total;
            ++events[voxel];
        }
        probabilities.push_back(probability);
    }
    return probabilities;
}

/// Around the point where four blocks meet.
std::vector<std::int64_t> sequence_counts(double window, int seeds, std::uint64_t first_seed)
{
    FakePhysics physics;
    physics.tiles = ring_voxels;
    physics.rate = [](std::int64_t, int, double, double) { return 1.0; };
    physics.coupling = coupled_rate;
    FakeCell<2> corner;
    corner.grid = {{64, 64}};
    corner.at = {{31, 31}, {32, 31}, {31, 32}, {32, 32}};
    const Communicator self(MPI_COMM_SELF);
    const auto codes = over_seeds(seeds, [&](std::uint64_t seed) {
        SublatticeRun<2> run(physics, headroom(2.0), corner, self, options_with(window, 1e30, first_seed + seed));
        const auto& events = run.run_to(2);
        return static_cast<double>(ring_voxels * events[0].voxel + events[1].voxel);
    });
    std::vector<std::int64_t> counts(std::size_t{ring_voxels} * ring_voxels);
    for (const double code : codes) ++counts[static_cast<std::size_t>(code)];
    return counts;
}

}  // namespace

TEST_CASE("sublattice: sequences of events that four blocks couple have the probabilities of their Markov chain in short windows, not in long ones",
          "[sublattice]")
{
    const double p_short = proportions_p(sequence_counts(0.01, 4000, 0), sequence_probabilities());
    const double p_long = proportions_p(sequence_counts(1.0, 4000, 4000), sequence_probabilities());
    CAPTURE(p_short, p_long);
    CHECK(p_short > significance);
    CHECK(p_long < significance);
}
