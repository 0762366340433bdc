/// The state of a run, as its owners list it: a run that is given the state of another goes on like it, and every datum of the list matters.

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <shearwater/core/archive.hpp>
#include <shearwater/core/log.hpp>
#include <shearwater/parallel/interrupt.hpp>
#include <shearwater/sim/simulation.hpp>

#include "program.hpp"
#include "support.hpp"

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::world;

namespace {

using Bytes = std::vector<std::byte>;

struct Case {
    std::string name;
    std::vector<int> size;
    EngineKind engine;
    int before;  ///< steps until the state is taken
    int after;   ///< steps that are compared
    void (*change)(RunOptions&) = [](RunOptions&) {};
};

/// Odd sizes with a far field, of which every rank has a part; blocks that 8 ranks can share.
const std::vector<Case>& cases()
{
    static const std::vector<Case> all{
        {"exact", {131, 97}, EngineKind::Exact, 1500, 300},
        {"exact, all at once", {64, 48}, EngineKind::Exact, 900, 200, [](RunOptions& o) { o.loading.strain_rate = 1e8; }},
        {"exact, increment", {64, 48}, EngineKind::Exact, 700, 200, [](RunOptions& o) { o.kmc.clock = Clock::Increment; }},
        {"exact, bernoulli", {40, 48}, EngineKind::Exact, 700, 200, [](RunOptions& o) { o.kmc.clock = Clock::Bernoulli; }},
        {"exact, 3D", {17, 20, 18}, EngineKind::Exact, 600, 200},
        {"exact, PETSc solves",
         {32, 16},
         EngineKind::Exact,
         400,
         60,
         [](RunOptions& o) {
             o.activation.temperature = 600.0;
             o.elasticity.update = Update::Solve;
             o.elasticity.modulus_std = 0.1;
         }},
        {"reference", {40, 35}, EngineKind::Reference, 250, 60},
        {"sublattice", {131, 264}, EngineKind::Sublattice, 60, 12},
        {"sublattice, transforms", {131, 264}, EngineKind::Sublattice, 60, 8, [](RunOptions& o) { o.kmc.far_update = FarUpdate::Transform; }},
    };
    return all;
}

RunOptions options_of(const Case& each, const std::string& folder)
{
    RunOptions options;
    options.lattice.size = each.size;
    options.elasticity.elements_per_voxel = 1;
    options.kmc.engine = each.engine;
    options.loading.strain_increment = 1e-4;
    options.loading.stop_plastic_strain = 0.0;
    options.loading.max_strain = 1.0;
    options.output.observables = optional_observables();
    options.output.history_interval = 1e-5;
    options.output.folder = folder;
    each.change(options);
    return options;
}

/// A run in a folder of its own.
template <int Dim>
class Run {
  public:
    Run(const Communicator& comm, const Case& each) : folder_(comm), simulation_(comm, silent_, options_of(each, (folder_.path() / "out").string()))
    {
        simulation_.prepare();
    }

    void advance(int steps)
    {
        for (int step = 0; step < steps; ++step) simulation_.advance();
    }

    [[nodiscard]] Bytes state()
    {
        WritingArchive archive;
        archive("run", simulation_);
        return archive.data();
    }

    /// Returns whether the archive has been read to its end.
    bool restore(const Bytes& state)
    {
        ReadingArchive archive(state);
        archive("run", simulation_);
        return archive.is_at_end();
    }

    [[nodiscard]] std::vector<ArchivedDatum> list()
    {
        ListingArchive archive;
        archive("run", simulation_);
        return archive.data();
    }

    [[nodiscard]] Simulation<Dim>& simulation() noexcept { return simulation_; }

  private:
    test::TemporaryFolder folder_;
    Log silent_{nullptr};
    Simulation<Dim> simulation_;
};

/// Sums that were made before the state was taken are made again, so that they have more terms.
bool is_work_saved(const std::string& path)
{
    return path.ends_with("/pending_terms");
}

/// Paths of data in which two states differ, at most some of them.
std::string differences(const std::vector<ArchivedDatum>& list, const Bytes& a, const Bytes& b)
{
    if (a.size() != b.size()) return fmt::format("{} and {} bytes", a.size(), b.size());
    std::vector<std::string> paths;
    for (const auto& datum : list)
        if (!is_work_saved(datum.path) && paths.size() < 20 &&
            !std::equal(a.begin() + static_cast<std::ptrdiff_t>(datum.begin), a.begin() + static_cast<std::ptrdiff_t>(datum.begin + datum.bytes),
                        b.begin() + static_cast<std::ptrdiff_t>(datum.begin)))
            paths.push_back(datum.path);
    return fmt::format("{}", fmt::join(paths, " "));
}

template <int Dim>
void goes_on_from_its_state(const Case& each)
{
    CAPTURE(each.name, world().size());
    Run<Dim> first(world(), each);
    first.advance(each.before);
    const auto state = first.state();
    const auto events = first.simulation().events();
    first.advance(each.after);
    const auto expected = first.state();
    const auto list = first.list();
    REQUIRE(everywhere(first.simulation().events() > events + 10));

    Run<Dim> second(world(), each);
    REQUIRE(everywhere(second.restore(state)));
    CHECK(everywhere(second.state() == state));
    second.advance(each.after);
    const auto other = differences(list, second.state(), expected);
    INFO("a new run differs in " << other);
    CHECK(everywhere(other.empty()));

    // The state holds all that matters, whatever the run was before.
    REQUIRE(everywhere(first.restore(state)));
    first.advance(each.after);
    const auto again = differences(list, first.state(), expected);
    INFO("a run that is set back differs in " << again);
    CHECK(everywhere(again.empty()));
}

/// Names with the numbers of elements left out.
std::string pattern_of(const std::string& path)
{
    static const std::regex number("/[0-9]+(?=/|$)");
    return std::regex_replace(path, number, "/#");
}

/// Data in whose value a changed bit need not show in what follows, and why.
struct Exception {
    const char* pattern;
    const char* why;
};

constexpr std::array exceptions{
    Exception{".*/(size|is_there)", "how much there is; it decides on what is read"},
    Exception{".*counters/.*", "counts of work, which the summary reports"},
    Exception{"run/cell/solver/(solves|iterations)", "counts of work, which the summary reports"},
    Exception{"run/engine/report/.*", "what the columns of cycles and the summary report"},
    Exception{"run/observable_[0-9]+/.*", "what the summary reports"},
    Exception{"run/point/.*", "what the history reports"},
    Exception{"run/(series/.*|rows|timed_rows|row_number|next_snapshot|written_point/.*)", "which rows and snapshots have been written"},
    Exception{"run/(is_complete|is_cut|stress_check/value|checked_events)", "set anew by the next step, or reported in the summary"},
    Exception{"run/glass/bounds/tiles/#/(waiting|near_drift)", "measured anew before it lets a bound expire"},
    Exception{"run/glass/bounds/tiles/#/mean_drift", "computed anew when the mean is followed"},
    Exception{"run/glass/bounds/tiles/#/(peak|uncertainty)", "bounds that decide what is computed, not what happens"},
    Exception{"run/(glass/bounds/tiles/#/critical_groups|engine/queues?/(#/)?critical/elements)",
              "found anew when a tile is refreshed; decides only if barriers of several tiles vanish at once"},
    Exception{"run/glass/bounds/followed_mean/strain", "used where moduli differ; a wrong value is replaced when the mean is followed next"},
    Exception{"run/cell/solver/displacement/elements", "the guess that PETSc's next solve begins with; solutions agree within its tolerance"},
    Exception{"run/engine/end_load", "the load at the time beside it"},
    Exception{"run/engine/(sweeps/(bursts|least)|window_choice/.*/(squares|bursts))",
              "limits intervals only where the missed exponents exceed their tolerance"},
    Exception{"run/glass/committed/expanded", "a count that decides when the whole field is solved for"},
    Exception{"run/glass/committed/mine/.*", "what the missed exponents are measured with, which the history reports"},
};

const char* exception_of(const std::string& pattern)
{
    for (const auto& exception : exceptions)
        if (std::regex_match(pattern, std::regex(exception.pattern))) return exception.why;
    return nullptr;
}

/// Changes a datum, so that it stays what its owner can work with: a number by a bit that counts, an index by its lowest bit.
void change(Bytes& state, const ArchivedDatum& datum, std::mt19937& random)
{
    const auto elements = datum.bytes / datum.type.size;
    std::byte* element = state.data() + datum.begin + datum.type.size * (random() % elements);
    if (datum.type.kind == ElementType::Kind::Floating && datum.type.size == sizeof(double)) {
        double value = 0.0;
        std::memcpy(&value, element, sizeof value);
        constexpr std::array<unsigned, 3> bits{52, 51, 63};
        const unsigned bit = value == 0.0 ? 62 : bits[random() % bits.size()];
        element[bit / 8] ^= std::byte{1} << (bit % 8);
    } else if (datum.type.kind == ElementType::Kind::Floating) {
        element[2] ^= std::byte{0x80};
    } else if (datum.path.ends_with("/rates/elements")) {
        element[2] ^= std::byte{0x40};  // rates in 32 bits
    } else if (datum.type.kind == ElementType::Kind::Integer) {
        element[0] ^= std::byte{1};
    } else {
        element[random() % datum.type.size] ^= std::byte{1} << (random() % 8);
    }
}

/// The events and the curve that a run comes to in some steps from a state; "error" if it does not get there.
template <int Dim>
std::string outcome(std::unique_ptr<Run<Dim>>& run, const Communicator& comm, const Case& each, const Bytes& state)
{
    try {
        comm.interrupt()->end_at(MPI_Wtime() + 2.0);
        run->restore(state);
        run->advance(each.after);
        comm.interrupt()->disarm();
        const auto& last = run->simulation().last();
        WritingArchive archive;
        auto list = run->list();
        const auto end = run->state();
        std::string hash;
        for (const auto& datum : list)
            if (datum.path.ends_with("/hash"))
                hash = fmt::format("{}", fmt::join(std::vector<int>(reinterpret_cast<const std::uint8_t*>(end.data() + datum.begin),
                                                                    reinterpret_cast<const std::uint8_t*>(end.data() + datum.begin + datum.bytes)),
                                                   " "));
        return fmt::format("{} {:a} {:a} {:a} {:a} {:a} {}", last.counts.events, last.time.high(), last.time.low(), last.load, last.stress,
                           last.plastic_strain, hash);
    } catch (const std::exception&) {
        comm.interrupt()->disarm();
        run = std::make_unique<Run<Dim>>(comm, each);
        return "error";
    }
}

/// Which patterns of data a case has, and which of them have been seen to matter.
using Seen = std::map<std::string, bool>;

template <int Dim>
void look_for_data_that_matter(const Case& each, Seen& seen)
{
    constexpr int most_tries = 8;
    CAPTURE(each.name);
    Interrupt interrupt;
    Communicator self(MPI_COMM_SELF);
    self.watch(interrupt);
    auto run = std::make_unique<Run<Dim>>(self, each);
    run->advance(each.before);
    const auto state = run->state();
    const auto list = run->list();
    const auto expected = outcome(run, self, each, state);
    REQUIRE(expected != "error");
    REQUIRE(outcome(run, self, each, state) == expected);
    std::map<std::string, std::vector<const ArchivedDatum*>> by_pattern;
    for (const auto& datum : list)
        if (datum.bytes > 0) by_pattern[pattern_of(datum.path)].push_back(&datum);
    std::mt19937 random(1);
    for (const auto& [pattern, data] : by_pattern) {
        if (exception_of(pattern) != nullptr) continue;
        bool& matters = seen[pattern];
        for (int tries = 0; tries < most_tries && !matters; ++tries) {
            auto changed = state;
            // First all data of the pattern, then single ones.
            if (tries == 0)
                for (const auto* datum : data)
                    for (std::size_t i = 0; i < std::min<std::size_t>(datum->bytes / datum->type.size, 100); ++i) change(changed, *datum, random);
            else
                change(changed, *data[random() % data.size()], random);
            matters = outcome(run, self, each, changed) != expected;
        }
    }
}

}  // namespace

TEST_CASE("a run that is given the state of another goes on like it, to the last bit", "[state]")
{
    for (const Case& each : cases()) {
        if (each.size.size() == 2)
            goes_on_from_its_state<2>(each);
        else
            goes_on_from_its_state<3>(each);
    }
}

TEST_CASE("every datum of the state matters in some run, or is listed with the reason why not", "[state]")
{
    if (world().size() > 1) return;
    Seen seen;
    for (Case each : cases()) {
        if (each.name == "exact, increment" || each.name == "exact, 3D" || each.name == "sublattice, transforms") continue;
        if (each.engine == EngineKind::Sublattice) each.size = {66, 130};
        look_for_data_that_matter<2>(each, seen);
    }
    std::vector<std::string> idle;
    for (const auto& [pattern, matters] : seen)
        if (!matters) idle.push_back(pattern);
    CAPTURE(seen.size(), idle);
    CHECK(idle.empty());
    CHECK(seen.size() > 50);
}
