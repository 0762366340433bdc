// Runs on 1 2 3 ranks.
//
// The model has a symmetry: when the strains of all modes and the load change sign, the same voxels transform in the same modes at the same times. The
// operations that decide this are exact or rounded alike for both signs, so it holds bit for bit. A glass whose catalogue is mirrored is compressed, and
// its list of events is compared with that of the glass itself in tension.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <shearwater/sim/simulation.hpp>

#include "program.hpp"
#include "support.hpp"

using namespace shearwater;
using test::everywhere;
using test::world;

namespace {

/// A glass and how many of its events are compared.
struct Case {
    std::string name;
    RunOptions options;
    std::size_t events;
};

/// What a load has made of a glass: the events, on rank 0 only with the sublattice engine, and the fields of this rank in the end.
struct Course {
    std::vector<Event> events;
    std::int64_t count = 0;  ///< of events, on all ranks
    double load = 0.0;       ///< load parameter in the end
    std::vector<double> mean_stress;
    Fields eigenstrain;
};

const Protocol* protocol_named(const std::string& name)
{
    const auto all = protocols();
    return *std::find_if(all.begin(), all.end(), [&](const Protocol* protocol) { return protocol->name == name; });
}

RunOptions options_of(std::vector<int> size, EngineKind engine, bool directional)
{
    RunOptions options;
    options.lattice.size = std::move(size);
    options.elasticity.elements_per_voxel = 1;
    options.softening.directional = directional;
    options.loading.protocol = protocol_named("tension");
    options.kmc.engine = engine;
    options.kmc.seed = 7;
    options.output.event_log = true;  // or the sublattice engine does not report its events
    return options;
}

/// The same under a load of the other sign.
RunOptions reversed(RunOptions options)
{
    if (options.loading.protocol == protocol_named("tension")) options.loading.protocol = protocol_named("compression");
    options.loading.strain = -options.loading.strain;
    options.loading.stress = -options.loading.stress;
    return options;
}

/// The same glass with a catalogue whose strains are negated.
RunOptions mirrored(RunOptions options)
{
    options.catalogue.mirrored = true;
    return options;
}

/// Collective.
template <int Dim>
Course course_of(RunOptions options, std::size_t events)
{
    const test::TemporaryFolder folder(world());
    const Log log(nullptr);
    options.output.folder = (folder.path() / "out").string();
    Simulation<Dim> simulation(world(), log, options);
    simulation.prepare();
    Course course;
    while (course.count < static_cast<std::int64_t>(events)) {
        const Step step = simulation.engine().advance();
        course.count += step.counts.events;
        course.load = step.load;
        course.events.insert(course.events.end(), step.events.begin(), step.events.end());
    }
    const auto stress = simulation.model().mean_state(course.load).stress;
    course.mean_stress.assign(stress.begin(), stress.end());
    course.eigenstrain = simulation.model().eigenstrain();
    return course;
}

bool is_same(double a, double b)
{
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Whether two events are the same but for the sign of the strain.
bool is_mirror_image(const Event& a, const Event& b)
{
    const bool is_negated = std::equal(a.strain.begin(), a.strain.end(), b.strain.begin(), [](double x, double y) { return x == -y; });
    return is_negated && a.voxel == b.voxel && a.mode == b.mode && a.generation == b.generation && is_same(a.barrier, b.barrier) &&
           is_same(a.time.high(), b.time.high()) && is_same(a.time.low(), b.time.low()) && a.athermal == b.athermal && a.reversal == b.reversal;
}

/// How many of the first events are mirror images, one after the other.
std::size_t images(const Course& a, const Course& b)
{
    const std::size_t length = std::min(a.events.size(), b.events.size());
    std::size_t count = 0;
    while (count < length && is_mirror_image(a.events[count], b.events[count])) ++count;
    return count;
}

bool is_negated(const std::vector<double>& a, const std::vector<double>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](double x, double y) { return x == -y; });
}

std::string describe(const Event& event)
{
    return fmt::format("voxel {} mode {} generation {} barrier {:a} time {:a} {:a} athermal {} strain {:a} {:a}", event.voxel, event.mode,
                       event.generation, event.barrier, event.time.high(), event.time.low(), event.athermal, event.strain[0], event.strain[1]);
}

/// Collective.
template <int Dim>
void check_mirror_image(const Case& glass)
{
    const Course tension = course_of<Dim>(glass.options, glass.events);
    const Course compression = course_of<Dim>(reversed(mirrored(glass.options)), glass.events);
    const std::size_t same = images(tension, compression);
    INFO(glass.name << ": " << same << " of " << tension.events.size() << " events are mirror images");
    if (same < std::min(tension.events.size(), compression.events.size()))
        UNSCOPED_INFO("the next are\n  " << describe(tension.events[same]) << "\n  " << describe(compression.events[same]));
    CHECK(everywhere(same == tension.events.size() && same == compression.events.size()));
    CHECK(everywhere(tension.count == compression.count && is_same(tension.load, compression.load)));
    bool fields_are_negated = is_negated(tension.mean_stress, compression.mean_stress);
    for (std::size_t a = 0; a < tension.eigenstrain.size(); ++a)
        fields_are_negated = fields_are_negated && is_negated(tension.eigenstrain[a], compression.eigenstrain[a]);
    CHECK(everywhere(fields_are_negated));
    if (world().is_root()) fmt::print("{}: {} of {} events are mirror images\n", glass.name, same, tension.events.size());
}

}  // namespace

TEST_CASE("compression of a mirrored glass is the mirror image of tension, reference engine")
{
    for (const bool directional : {true, false}) {
        check_mirror_image<2>(
            {fmt::format("reference 37x29, directional = {}", directional), options_of({37, 29}, EngineKind::Reference, directional), 400});
        check_mirror_image<3>(
            {fmt::format("reference 9x11x7, directional = {}", directional), options_of({9, 11, 7}, EngineKind::Reference, directional), 200});
    }
}

TEST_CASE("compression of a mirrored glass is the mirror image of tension, exact engine")
{
    for (const bool directional : {true, false}) {
        check_mirror_image<2>({fmt::format("exact 37x29, directional = {}", directional), options_of({37, 29}, EngineKind::Exact, directional), 800});
        check_mirror_image<3>(
            {fmt::format("exact 9x11x7, directional = {}", directional), options_of({9, 11, 7}, EngineKind::Exact, directional), 400});
    }
    // So large that most voxels are far from an event.
    check_mirror_image<2>({"exact 161x99", options_of({161, 99}, EngineKind::Exact, true), 3000});
    check_mirror_image<3>({"exact 65x23x9", options_of({65, 23, 9}, EngineKind::Exact, true), 500});
}

TEST_CASE("compression of a mirrored glass is the mirror image of tension, sublattice engine")
{
    for (const bool directional : {true, false})
        check_mirror_image<2>(
            {fmt::format("sublattice 199x67, directional = {}", directional), options_of({199, 67}, EngineKind::Sublattice, directional), 1000});
    for (const FarUpdate update : {FarUpdate::Expansions, FarUpdate::Transform}) {
        auto options = options_of({99, 17, 9}, EngineKind::Sublattice, true);
        options.kmc.far_update = update;
        check_mirror_image<3>({update == FarUpdate::Transform ? "sublattice 99x17x9, transforms" : "sublattice 99x17x9, expansions", options, 500});
    }
    // So many events in a cycle that the far field takes moments of cells of its tree in place of the events.
    auto lively = options_of({768, 63}, EngineKind::Sublattice, true);
    lively.activation.temperature = 400.0;
    lively.kmc.events_per_window = 16.0;
    lively.kmc.drift_tolerance = 10.0;
    lively.kmc.far_update = FarUpdate::Expansions;
    check_mirror_image<2>({"sublattice 768x63, moments", lively, 15000});
}

TEST_CASE("the mirror image holds with other clocks, catalogues and loads")
{
    auto fixed = options_of({37, 29}, EngineKind::Exact, true);
    fixed.catalogue.magnitude = Magnitude::Fixed;
    fixed.catalogue.redraw = Redraw::All;
    check_mirror_image<2>({"strains of fixed magnitude", fixed, 400});
    auto increment = options_of({37, 29}, EngineKind::Exact, true);
    increment.kmc.clock = Clock::Increment;
    increment.kmc.athermal = Athermal::Simultaneous;
    check_mirror_image<2>({"steps of strain, simultaneous", increment, 400});
    auto creep = options_of({37, 29}, EngineKind::Exact, true);
    creep.loading.protocol = protocol_named("creep");
    creep.loading.stress = 2.0;
    creep.loading.max_time = 1e9;
    check_mirror_image<2>({"creep", creep, 400});
    auto relax = options_of({199, 67}, EngineKind::Sublattice, true);
    relax.loading.protocol = protocol_named("relax");
    relax.loading.strain = 0.035;
    relax.loading.max_time = 1e9;
    check_mirror_image<2>({"relax, sublattice", relax, 400});
    auto moduli = options_of({24, 24}, EngineKind::Reference, true);
    moduli.elasticity.update = Update::Solve;
    moduli.elasticity.modulus_std = 0.1;
    check_mirror_image<2>({"different moduli", moduli, 50});
}

TEST_CASE("it takes both signs: compression of the glass itself, and tension of the mirrored one, are no mirror images")
{
    const auto options = options_of({37, 29}, EngineKind::Exact, true);
    const Course tension = course_of<2>(options, 100);
    CHECK(everywhere(images(tension, course_of<2>(reversed(options), 100)) == 0));
    CHECK(everywhere(images(tension, course_of<2>(mirrored(options), 100)) == 0));
}
