/// Checks the error that the sublattice engine reports of itself.
///
///   mpirun -n N soak_missed DECK [--cycles=CYCLES] [--every=CYCLES] [--key=value ...]
///
/// After each cycle its events are replayed in the order of time. Every rank keeps the exact stress of its voxels, to which the response to each
/// earlier event is added individually, and computes the true barrier of the mode that transformed, with the mean stress at the time of the event and
/// with the softening by earlier events of its voxel. The difference of the engine's barrier and this barrier, over k_B T, is the missed exponent. It
/// must agree with the recorded one to 1e-6. So must its boundary part, which is found from sums over pairs of events, and consequently its far part.
/// The recorded bounds must hold for any order of the events of the cycle. After every EVERY cycles the stresses of the replay are compared with a
/// solve of the whole field, and at the end the printed results of the run with the recorded missed exponents of its events. The program prints one
/// line, and ends with status 1 if any comparison failed or the run ended early. It writes to a folder of its own, which is removed.

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <shearwater/core/constants.hpp>
#include <shearwater/core/error.hpp>
#include <shearwater/engine/sublattice/sublattice.hpp>
#include <shearwater/engine/sublattice/sublattice_glass.hpp>
#include <shearwater/parallel/reductions.hpp>
#include <shearwater/sim/simulation.hpp>

#include "printed_errors.hpp"
#include "program.hpp"

using namespace shearwater;

namespace {

/// The glass of one rank after events carried out in the order of time, in plain double precision.
template <int Dim>
class Replay {
  public:
    static constexpr int n = deviator_size<Dim>;

    /// Keeps references to `cell` and `tiles`.
    Replay(ElasticCell<Dim>& cell, const Tiles<Dim>& tiles, const RunOptions& options)
        : cell_(cell),
          tiles_(tiles),
          options_(options),
          catalogue_(options.catalogue, options.kmc.seed),
          loading_(options.loading.protocol->prescribe(options.loading), cell.mean_stiffness()),
          eigenstrain_(cell.zero_fields())
    {
        for (int group = 0; group < static_cast<int>(tiles.groups().size()); ++group) groups_.push_back(tiles.groups()[group].first);
        for (auto& coefficient : stress_) coefficient.resize(tiles.slots());
    }

    [[nodiscard]] double thermal_energy() const noexcept { return boltzmann * options_.activation.temperature; }

    /// Strain of the mode of an event. If the generation is wrong, the strain agrees with no event of this replay.
    [[nodiscard]] Deviator<Dim> strain(const Event& event) const
    {
        return catalogue_.decode(catalogue_.strain(event.voxel, generation(event.voxel), event.mode));
    }

    /// Present Q of the mode of an event in a voxel of this rank (STZ paper, Eqs. 8 to 12) [eV].
    [[nodiscard]] double barrier(const Event& event) const
    {
        const auto mode = strain(event);
        double barrier = catalogue_.decode_barrier(catalogue_.barrier_code(event.voxel, generation(event.voxel), event.mode));
        if (const auto found = pasts_.find(event.voxel); found != pasts_.end())
            barrier *= std::exp(-aligned_softening(found->second, mode, event.time));
        auto stress = mean_stress(options_.loading.strain_rate * event.time.seconds());
        const int slot = tiles_.slot(tiles_.grid().index(event.voxel));
        for (int a = 0; a < n; ++a) stress[a] += stress_[a][slot];
        return barrier - work(stress, mode);
    }

    /// ½ V σ:ε [eV].
    [[nodiscard]] double work(const Deviator<Dim>& stress, const Deviator<Dim>& mode) const noexcept
    {
        return 0.5 * options_.activation.volume * electronvolt_per_gpa_nm3 * dot(stress, mode);
    }

    /// Deviatoric stress of the mean strain at an applied strain, with the present eigenstrain [GPa].
    [[nodiscard]] Deviator<Dim> mean_stress(double applied_strain) const
    {
        auto mean = total_;
        for (double& coefficient : mean) coefficient /= static_cast<double>(tiles_.grid().count());
        return mean_stress(applied_strain, mean);
    }
    [[nodiscard]] Deviator<Dim> mean_stress(double applied_strain, const Deviator<Dim>& mean_eigenstrain) const
    {
        const auto strain = loading_.state(applied_strain, cell_.mean_eigenstress(mean_eigenstrain, {})).strain;
        Deviator<Dim> stress{};
        for (int a = 0; a < n; ++a)
            for (int c = 0; c < tensor_size<Dim>; ++c) stress[a] += cell_.load_response().front()[a][c] * strain[c];
        return stress;
    }

    /// Carries out an event, which may be on any rank.
    void add(const Event& event)
    {
        const auto at = tiles_.grid().index(event.voxel);
        Deviator<Dim> strain{};
        for (int a = 0; a < n; ++a) total_[a] += strain[a] = event.strain[a];
        for (std::size_t group = 0; group < groups_.size(); ++group) {
            Lanes stress[n];
            for (int a = 0; a < n; ++a) stress[a] = load(stress_[a].data() + lane_count * group);
            cell_.kernel()->add(at, strain.data(), groups_[group], stress);
            for (int a = 0; a < n; ++a) store(stress_[a].data() + lane_count * group, stress[a]);
        }
        if (!tiles_.box().contains(at)) return;
        for (int a = 0; a < n; ++a) eigenstrain_[a][tiles_.box().local(at)] += strain[a];
        Past& past = pasts_[event.voxel];
        past.permanent = std::min(past.permanent + options_.softening.permanent * 0.5 * dot(strain, strain), options_.softening.limit);
        past.last = event.time;
        past.previous = strain;
        ++past.generation;
    }

    /// Number of events of a voxel of this rank so far.
    [[nodiscard]] std::int32_t generation(std::int64_t voxel) const
    {
        const auto found = pasts_.find(voxel);
        return found == pasts_.end() ? 0 : found->second.generation;
    }

    /// Largest difference of the stresses from a solve of the whole field [GPa]. Collective.
    [[nodiscard]] double deviation() const
    {
        const auto solved = cell_.stress(eigenstrain_);
        double largest = 0.0;
        for_each_voxel([&](int a, int slot, std::int64_t place) { largest = std::max(largest, std::abs(stress_[a][slot] - solved[a][place])); });
        return maximum(cell_.communicator(), largest);
    }

    /// Largest difference of the eigenstrains from given ones in box order. Collective.
    [[nodiscard]] double difference(const Fields& eigenstrain) const
    {
        double largest = 0.0;
        for_each_voxel(
            [&](int a, int, std::int64_t place) { largest = std::max(largest, std::abs(eigenstrain_[a][place] - eigenstrain[a][place])); });
        return maximum(cell_.communicator(), largest);
    }

  private:
    /// State that events have left in a voxel.
    struct Past {
        double permanent = 0.0;  ///< η_p
        PreciseTime last;        ///< time of the last event [s]
        Deviator<Dim> previous{};
        std::int32_t generation = 0;
    };

    /// D η of a mode at a time.
    [[nodiscard]] double aligned_softening(const Past& past, const Deviator<Dim>& mode, const PreciseTime& now) const noexcept
    {
        const auto& softening = options_.softening;
        const double tau = std::exp(softening.relaxation_barrier / thermal_energy()) / options_.activation.attempt_frequency;
        const double temporary = softening.temporary * 0.5 * dot(past.previous, past.previous) * std::exp(-(now - past.last) / tau);
        const double eta = past.permanent + temporary;
        if (!softening.directional) return eta;
        const double cosine = dot(mode, past.previous) / std::sqrt(dot(mode, mode) * dot(past.previous, past.previous));
        return std::pow(0.5 * (1.0 + cosine), 2) * eta;
    }

    template <class Visit>
    void for_each_voxel(Visit&& visit) const
    {
        for (int a = 0; a < n; ++a) tiles_.for_each([&](int slot) { visit(a, slot, tiles_.box().local(tiles_.voxel(slot))); });
    }

    ElasticCell<Dim>& cell_;
    const Tiles<Dim>& tiles_;
    RunOptions options_;
    Catalogue<Dim> catalogue_;
    Loading<Dim> loading_;
    std::vector<Index<Dim>> groups_;             ///< first voxels of the lane groups
    std::array<std::vector<double>, n> stress_;  ///< stress at zero mean strain [a][slot] [GPa]
    Fields eigenstrain_;                         ///< accumulated eigenstrain in box order
    Deviator<Dim> total_{};                      ///< sum of the strains of all events
    std::unordered_map<std::int64_t, Past> pasts_;
};

/// An event and its recorded missed exponent. Plain data.
struct Recorded {
    BlockEvent executed;
    Missed missed;

    [[nodiscard]] const Event& event() const noexcept { return executed.event; }
};

/// Results so far, for the events of this rank.
struct Findings {
    std::int64_t events = 0;
    std::int64_t simultaneous = 0;  ///< events preceded by an event of another block at the same time
    std::int64_t violations = 0;
    double far_squares = 0.0;  ///< sum of squares of the true missed exponents, far part
    double boundary_squares = 0.0;
    double deviation_squares = 0.0;  ///< sum of squares of differences between recorded and true missed exponents
    double far_largest = 0.0;
    double boundary_largest = 0.0;
    double deviation_largest = 0.0;
    double ratio = 0.0;               ///< largest ratio of a missed exponent to its bound
    double ratio_in_any_order = 0.0;  ///< largest ratio for the worst order of the events of the cycle
};

void raise(double& largest, double value) noexcept
{
    largest = value <= largest ? largest : value;
}

template <int Dim>
class Judge {
  public:
    static constexpr int n = deviator_size<Dim>;
    static constexpr double tolerance = 1e-6;         ///< tolerance of missed exponents
    static constexpr double stress_tolerance = 1e-9;  ///< tolerance of the stresses of the replay, which are sums of thousands of responses [GPa]

    /// Keeps references to `comm` and `simulation`. @param every  number of cycles between solves of the whole field
    Judge(const Communicator& comm, Simulation<Dim>& simulation, const RunOptions& options, std::int64_t every)
        : comm_(comm),
          simulation_(simulation),
          grid_(simulation.model().tiles().grid()),
          blocks_(grid_, block_edge<Dim>(options.kmc)),
          replay_(simulation.cell(), simulation.model().tiles(), options),
          every_(every)
    {
        dynamic_cast<SublatticeEngine<SublatticeGlass<Dim>>&>(simulation.engine())
            .watch_cycles([this](const CycleStep& step, std::span<const BlockEvent> events) { hear(step, events); });
    }

    /// Recorded missed exponents of the events of each cycle.
    [[nodiscard]] const std::vector<std::vector<Missed>>& recorded() const noexcept { return recorded_; }

    void violate(const std::string& text)
    {
        constexpr int shown = 10;
        if (++found_.violations <= shown) Log(stdout).line(fmt::format("VIOLATION in cycle {}: {}", recorded_.size(), text));
    }

    /// Prints the results. Returns whether all comparisons succeeded. Collective.
    [[nodiscard]] bool report(const Log& log, double seconds)
    {
        const auto violations = sum(comm_, found_.violations);
        const auto events = sum(comm_, found_.events);
        const auto largest = [&](double mine) { return maximum(comm_, mine); };
        const auto rms = [&](double squares) {
            return std::sqrt(exact_sum(comm_, std::span(&squares, 1)) / static_cast<double>(std::max<std::int64_t>(events, 1)));
        };
        log.line(
            fmt::format("soak: {} cycles, {} events ({} right after one of another block at the same time), strain {:.4f}, plastic strain {:.4f}: "
                        "recorded differ from true missed exponents by at most "
                        "{:.2e} (rms {:.2e}); missed far rms {:.4e} max {:.4e}, boundary rms {:.4e} max {:.4e}; largest ratio to bound {:.6f}, in "
                        "the worst order {:.6f}; stresses of the replay within {:.1e} GPa of {} solves; {} violations, {:.0f} s",
                        recorded_.size(), events, sum(comm_, found_.simultaneous), simulation_.last().strain, simulation_.last().plastic_strain,
                        largest(found_.deviation_largest), rms(found_.deviation_squares), rms(found_.far_squares), largest(found_.far_largest),
                        rms(found_.boundary_squares), largest(found_.boundary_largest), largest(found_.ratio), largest(found_.ratio_in_any_order),
                        stress_deviation_, checks_, violations, seconds));
        return violations == 0;
    }

  private:
    /// Receives a cycle with its events and checks it. Collective.
    void hear(const CycleStep& step, std::span<const BlockEvent> executed)
    {
        const auto events = everywhere(step, executed);
        curable_ = step.cycle.curable;
        recorded_.emplace_back();
        for (const auto& each : events) recorded_.back().push_back(each.missed);
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (i > 0 && !is_in_order(events[i - 1], events[i])) violate("events are not in the order of time and execution");
            if (events[i].executed.block != blocks_.block_of(place(events[i]))) violate("an event is not of its block");
            if (simulation_.model().tiles().box().contains(place(events[i]))) judge(events, i);
            replay_.add(events[i].event());
        }
        if (static_cast<std::int64_t>(recorded_.size()) % every_ == 0) judge_replay();
    }

    /// The events of a cycle, gathered on every rank. Collective.
    [[nodiscard]] std::vector<Recorded> everywhere(const CycleStep& step, std::span<const BlockEvent> executed) const
    {
        std::vector<Recorded> events;
        for (std::size_t i = 0; i < executed.size(); ++i) events.push_back({executed[i], step.missed[i]});
        Traffic ignored;
        return gather_all(comm_, events, ignored);
    }

    [[nodiscard]] Index<Dim> place(const Recorded& each) const noexcept { return grid_.index(each.event().voxel); }

    /// Whether one event precedes another: at an earlier time, or carried out earlier at the same time.
    [[nodiscard]] static bool is_in_order(const Recorded& first, const Recorded& second) noexcept
    {
        if (first.event().time < second.event().time || second.event().time < first.event().time) return first.event().time < second.event().time;
        if (first.executed.phase != second.executed.phase) return first.executed.phase < second.executed.phase;
        return first.executed.block != second.executed.block || first.executed.number < second.executed.number;
    }

    /// Checks an event of this rank, up to which the events have been replayed.
    void judge(const std::vector<Recorded>& events, std::size_t target)
    {
        const Event& event = events[target].event();
        const Missed& recorded = events[target].missed;
        ++found_.events;
        if (target > 0 && event.time == events[target - 1].event().time && events[target].executed.block != events[target - 1].executed.block)
            ++found_.simultaneous;
        const auto strain = replay_.strain(event);
        if (event.generation != replay_.generation(event.voxel) || !std::equal(strain.begin(), strain.end(), event.strain.begin()))
            return violate(fmt::format("voxel {} has no mode {} with this strain in generation {}", event.voxel, event.mode, event.generation));
        const auto [boundary, far_in_cycle, positive, negative, worst_boundary, curable, far_curable] = sum_pairs(events, target);
        const double missed = (event.barrier - replay_.barrier(event)) / replay_.thermal_energy();
        const double far = missed - boundary;
        const double remainder = far - far_in_cycle;
        const double worst_far = std::max(positive + remainder, negative - remainder);
        const double deviation =
            std::max({std::abs(missed - (recorded.far + recorded.boundary)), std::abs(far - recorded.far), std::abs(boundary - recorded.boundary),
                      std::abs(curable - recorded.curable), std::abs(far_curable - recorded.far_curable)});
        const double ratio = std::max({ratio_of(recorded.far, recorded.far_bound), ratio_of(recorded.boundary, recorded.boundary_bound),
                                       ratio_of(far, recorded.far_bound), ratio_of(boundary, recorded.boundary_bound)});
        const double in_any_order = std::max(ratio_of(worst_far, recorded.far_bound), ratio_of(worst_boundary, recorded.boundary_bound));
        found_.far_squares += far * far;
        found_.boundary_squares += boundary * boundary;
        found_.deviation_squares += deviation * deviation;
        raise(found_.far_largest, std::abs(far));
        raise(found_.boundary_largest, std::abs(boundary));
        raise(found_.deviation_largest, deviation);
        raise(found_.ratio, ratio);
        raise(found_.ratio_in_any_order, in_any_order);
        // A NaN also counts as a violation.
        const bool is_bounded = std::isfinite(recorded.far_bound + recorded.boundary_bound) && ratio <= 1.0 && in_any_order <= 1.0;
        if (deviation <= tolerance && is_bounded) return;
        violate(
            fmt::format("event {} of {}, voxel {}, time {} s: missed far {:.9e} and boundary {:.9e}, recorded {:.9e} and {:.9e}, bounds {:.9e} and "
                        "{:.9e}, in the worst order {:.9e} and {:.9e}",
                        target, events.size(), event.voxel, event.time.seconds(), far, boundary, recorded.far, recorded.boundary, recorded.far_bound,
                        recorded.boundary_bound, worst_far, worst_boundary));
    }

    [[nodiscard]] static double ratio_of(double missed, double bound) noexcept
    {
        return missed == 0.0 ? 0.0 : std::abs(missed) / (bound * (1.0 + 1e-12));
    }

    struct Parts {
        double boundary = 0.0;        ///< part due to near events of other blocks
        double far = 0.0;             ///< part due to far events of the cycle and the mean stress
        double positive = 0.0;        ///< largest value of `far` over all orders of these events
        double negative = 0.0;        ///< lowest value of `far` over all orders of these events, with the opposite sign
        double worst_boundary = 0.0;  ///< boundary part if every near event of other blocks had been seen too early or too late
        double curable = 0.0;         ///< part due to events so much earlier that shorter intervals would reduce it
        double far_curable = 0.0;     ///< part of `curable` due to far events and the mean stress
    };

    /// Sums over pairs of events. Whether an event misses another follows from voxels and phases alone.
    [[nodiscard]] Parts sum_pairs(const std::vector<Recorded>& events, std::size_t target) const
    {
        const auto& [executed, recorded] = events[target];
        const auto strain = replay_.strain(executed.event);
        Parts parts;
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (i == target) continue;
            const bool is_own = events[i].executed.block == executed.block;
            const bool is_near = !is_own && acts_at_once(place(events[i]), place(events[target]));
            const bool is_seen = events[i].executed.phase < executed.phase;
            const double direct = is_own ? 0.0 : exponent(response(events[i].event(), executed.event), strain);
            const double far = exponent(mean_of(events[i].event()), strain) + (is_near ? 0.0 : direct);
            (far > 0.0 ? parts.positive : parts.negative) += std::abs(far);
            const bool is_curable = i < target && executed.event.time - events[i].event().time > curable_;
            if (i < target) parts.far += far;
            if (is_curable) parts.far_curable += far;
            if (is_curable) parts.curable += far + (is_near && !is_seen ? direct : 0.0);
            if (!is_near) continue;
            if (i < target && !is_seen) parts.boundary += direct;
            parts.worst_boundary += std::abs(direct);
        }
        return parts;
    }

    [[nodiscard]] double exponent(const Deviator<Dim>& stress, const Deviator<Dim>& strain) const noexcept
    {
        return replay_.work(stress, strain) / replay_.thermal_energy();
    }

    /// Whether an event in a voxel is seen in a voxel of another block within a cycle, which is the case within a halo of its tile.
    [[nodiscard]] bool acts_at_once(const Index<Dim>& source, const Index<Dim>& target) const noexcept
    {
        for (int axis = 0; axis < Dim; ++axis) {
            const int size = grid_.size[axis];
            const int first = target[axis] - target[axis] % tile_edge<Dim>[axis];
            int nearest = size;
            for (int voxel = first; voxel < std::min(first + tile_edge<Dim>[axis], size); ++voxel) {
                const int apart = std::abs(voxel - source[axis]);
                nearest = std::min({nearest, apart, size - apart});
            }
            if (nearest > halo_width<Dim>) return false;
        }
        return true;
    }

    /// Stress that one event causes at the position of another, at zero mean strain [GPa].
    [[nodiscard]] Deviator<Dim> response(const Event& source, const Event& target) const noexcept
    {
        const auto from = grid_.index(source.voxel);
        auto apart = grid_.index(target.voxel);
        for (int axis = 0; axis < Dim; ++axis) apart[axis] -= from[axis];
        Deviator<Dim> stress{};
        for (int a = 0; a < n; ++a)
            for (int b = 0; b < n; ++b) stress[a] += simulation_.cell().kernel()->value(apart, a, b) * source.strain[b];
        return stress;
    }

    /// Stress that one event causes everywhere through the mean strain [GPa].
    [[nodiscard]] Deviator<Dim> mean_of(const Event& event) const
    {
        Deviator<Dim> mean{};
        for (int a = 0; a < n; ++a) mean[a] = event.strain[a] / static_cast<double>(grid_.count());
        return replay_.mean_stress(0.0, mean);
    }

    /// Compares the replay with a solve of the whole field. Collective.
    void judge_replay()
    {
        ++checks_;
        const double deviation = replay_.deviation();
        raise(stress_deviation_, deviation);
        if (!(deviation <= stress_tolerance) && comm_.is_root())
            violate(fmt::format("the stresses of the replay differ by {:.2e} GPa from a solve of the whole field", deviation));
        const double difference = replay_.difference(simulation_.model().eigenstrain());
        if (!(difference <= 1e-12) && comm_.is_root())
            violate(fmt::format("the eigenstrains of the engine differ by {:.2e} from the replay's", difference));
    }

    const Communicator& comm_;
    Simulation<Dim>& simulation_;
    const Grid<Dim>& grid_;
    Blocks<Dim> blocks_;
    Replay<Dim> replay_;
    std::int64_t every_;
    double curable_ = 0.0;  ///< smallest lag at which shorter intervals would reduce the missed exponent, in the present cycle [s]
    std::vector<std::vector<Missed>> recorded_;
    Findings found_;
    double stress_deviation_ = 0.0;
    std::int64_t checks_ = 0;
};

template <int Dim>
bool soak(const Communicator& comm, const Log& log, const RunOptions& options, std::int64_t cycles, std::int64_t every)
{
    const Log silent(nullptr);
    Simulation<Dim> simulation(comm, silent, options);
    simulation.prepare();
    Judge<Dim> judge(comm, simulation, options, every);
    const double start = MPI_Wtime();
    bool goes_on = true;
    while (goes_on && std::ssize(judge.recorded()) < cycles) goes_on = simulation.advance();
    simulation.finish();
    if (comm.is_root()) {
        if (std::ssize(judge.recorded()) < cycles) judge.violate(fmt::format("the run ended before {} cycles", cycles));
        for (const auto& text : test::wrong_errors(options.output.folder, judge.recorded())) judge.violate(text);
    }
    return judge.report(log, MPI_Wtime() - start);
}

bool carry_out(const MpiSession& session, std::vector<std::string> words)
{
    const std::int64_t cycles = test::take_count(words, "cycles", 300);
    const std::int64_t every = test::take_count(words, "every", 100);
    const test::Program program(session, words);
    auto options = program.options();
    if (options.kmc.engine != EngineKind::Sublattice)
        throw InputError("soak_missed: only the sublattice engine misses anything; add --kmc.engine=sublattice");
    options.output.folder += "/out";
    options.output.event_log = true;
    options.kmc.error_sample = 1'000'000;
    return options.lattice.size.size() == 2 ? soak<2>(program.comm(), program.log(), options, cycles, every)
                                            : soak<3>(program.comm(), program.log(), options, cycles, every);
}

}  // namespace

int main(int argc, char** argv)
{
    const MpiSession session(argc, argv);
    try {
        return carry_out(session, std::vector<std::string>(argv + 1, argv + argc)) ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "soak: error: {}\n", error.what());
        if (session.world().size() > 1) MpiSession::abort(1);
        return 1;
    }
}
