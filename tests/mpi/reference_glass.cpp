#include <shearwater/engine/reference/reference_glass.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "support.hpp"

/// The glass model against its definition, computed voxel by voxel and mode by mode in long double, with stresses that are plain sums over
/// all past events.

using namespace shearwater;
using shearwater::test::everywhere;
using shearwater::test::world;

namespace {

using Real = long double;

/// Not whole in lane groups, with tiles for eight ranks.
constexpr Grid<2> grid{{29, 20}};
constexpr std::uint64_t seed = 3;

struct Parameters {
    std::string name;
    CatalogueOptions catalogue;
    ActivationOptions activation;
    SofteningOptions softening;
    ElasticityOptions elasticity;
};

/// The defaults.
Parameters wang2024()
{
    Parameters p;
    p.name = "wang2024";
    p.elasticity.elements_per_voxel = 2;
    return p;
}

/// As input_decks/table1.cfg.
Parameters table1()
{
    Parameters p;
    p.name = "table1";
    p.elasticity.elements_per_voxel = 2;
    p.elasticity.young = 69.46;
    p.elasticity.poisson = 0.365;
    p.catalogue.barrier_std = 0.0;
    p.catalogue.redraw = Redraw::All;
    p.activation.volume = 0.343;
    p.softening.permanent = 13.0;
    p.softening.temporary = 39.0;
    p.softening.directional = false;
    return p;
}

/// Different barriers, all of them drawn again.
Parameters redrawn()
{
    Parameters p = wang2024();
    p.name = "redrawn";
    p.catalogue.redraw = Redraw::All;
    p.catalogue.magnitude = Magnitude::Fixed;
    p.elasticity.elements_per_voxel = 1;
    return p;
}

/// A time, as the model counts it and since the beginning of the test [s].
struct Moment {
    PreciseTime time{500.0};
    Real elapsed = 0.0L;

    void wait(double span)
    {
        time = time + span;
        elapsed += span;
    }
};

/// What Simulation::prepare puts together.
struct TestGlass {
    explicit TestGlass(Parameters with, Update update = Update::Kernel)
        : parameters(std::move(with)),
          elasticity(parameters.elasticity),
          partition(grid, world().size()),
          tiles(grid, partition.box(world().rank())),
          catalogue(parameters.catalogue, seed)
    {
        elasticity.update = update;
        elasticity.rtol = 1e-11;
        const std::vector<Moduli> moduli{moduli_of<2>(elasticity.young, elasticity.poisson, elasticity.plane)};
        auto solver = std::make_unique<ElasticSolver<2>>(world(), partition, elements_per_voxel<2>(elasticity), moduli, elasticity.rtol);
        cell = std::make_unique<ElasticCell<2>>(world(), partition, elasticity, std::move(solver), moduli);
        loading = std::make_unique<Loading<2>>(LoadingOptions().protocol->prescribe({}), cell->mean_stiffness());
        model = another();
    }

    [[nodiscard]] std::unique_ptr<ReferenceGlass<2>> another()
    {
        return std::make_unique<ReferenceGlass<2>>(tiles, catalogue, parameters.activation, parameters.softening, *cell, *loading);
    }

    Parameters parameters;
    ElasticityOptions elasticity;
    Partition<2> partition;
    Tiles<2> tiles;
    Catalogue<2> catalogue;
    std::unique_ptr<ElasticCell<2>> cell;
    std::unique_ptr<Loading<2>> loading;
    std::unique_ptr<ReferenceGlass<2>> model;
};

/// The whole lattice by the definitions (STZ paper, Eqs. 4 to 12), in tension under plane strain.
class Definition {
  public:
    explicit Definition(const TestGlass& glass)
        : p_(glass.parameters), catalogue_(glass.catalogue), kernel_(*glass.cell->kernel()), voxels_(grid.count())
    {
        for (std::int64_t id = 0; id < grid.count(); ++id) draw(id);
    }

    [[nodiscard]] Real tau() const { return std::exp(p_.softening.relaxation_barrier / thermal_energy()) / p_.activation.attempt_frequency; }

    [[nodiscard]] Event event(std::int64_t id, int mode, const PreciseTime& time) const
    {
        const Voxel& voxel = voxels_[id];
        Event event;
        event.voxel = id;
        event.mode = mode;
        event.generation = voxel.generation;
        for (int a = 0; a < 2; ++a) event.strain[a] = static_cast<double>(voxel.strain[mode][a]);
        event.time = time;
        event.reversal = dot(voxel.strain[mode], voxel.previous) < 0.0L ? 1 : 0;
        return event;
    }

    void apply(std::int64_t id, int mode, Real elapsed)
    {
        Voxel& voxel = voxels_[id];
        const auto strain = voxel.strain[mode];
        const Real squared = 0.5L * dot(strain, strain);
        voxel.permanent = std::min<Real>(voxel.permanent + p_.softening.permanent * squared, p_.softening.limit);
        voxel.temporary = p_.softening.temporary * squared;
        voxel.last = elapsed;
        voxel.previous = strain;
        ++voxel.generation;
        draw(id);
        const auto source = grid.index(id);
        for (std::int64_t other = 0; other < grid.count(); ++other) {
            const auto at = grid.index(other);
            const Index<2> distance{at[0] - source[0], at[1] - source[1]};
            for (int a = 0; a < 2; ++a)
                for (int b = 0; b < 2; ++b) voxels_[other].stress[a] += kernel_.value(distance, a, b) * strain[b];
        }
        for (int a = 0; a < 2; ++a) mean_eigenstrain_[a] += strain[a] / grid.count();
    }

    /// Q at an applied strain and a time [eV].
    [[nodiscard]] Real barrier(std::int64_t id, int mode, Real applied_strain, Real elapsed) const
    {
        const Voxel& voxel = voxels_[id];
        const auto& strain = voxel.strain[mode];
        const auto load = load_stress(applied_strain);
        const Real softening = voxel.permanent + voxel.temporary * std::exp(-(elapsed - voxel.last) / tau());
        Real aligned = 1.0L;
        const Real norms = std::sqrt(dot(strain, strain) * dot(voxel.previous, voxel.previous));
        if (p_.softening.directional && norms > 0.0L) aligned = std::pow((1.0L + dot(strain, voxel.previous) / norms) / 2.0L, 2.0L);
        const Real work = 0.5L * p_.activation.volume * 6.241509 * (dot(voxel.stress, strain) + dot(load, strain));
        return voxel.barrier[mode] * std::exp(-aligned * softening) - work;
    }

    /// Rate at a barrier [1/s].
    [[nodiscard]] Real rate(Real barrier) const { return p_.activation.attempt_frequency * std::exp(std::min(-barrier / thermal_energy(), 150.0L)); }

    [[nodiscard]] int modes() const { return p_.catalogue.modes; }

    /// The lowest barrier of the lattice [eV].
    [[nodiscard]] Real lowest_barrier(Real applied_strain, Real elapsed) const
    {
        Real lowest = std::numeric_limits<Real>::infinity();
        for (std::int64_t id = 0; id < grid.count(); ++id)
            for (int mode = 0; mode < modes(); ++mode) lowest = std::min(lowest, barrier(id, mode, applied_strain, elapsed));
        return lowest;
    }

  private:
    using Coefficients = std::array<Real, 2>;

    struct Voxel {
        int generation = 0;
        std::vector<Coefficients> strain;
        std::vector<Real> barrier;
        Coefficients previous{};
        Coefficients stress{};
        Real permanent = 0.0L;
        Real temporary = 0.0L;
        Real last = 0.0L;
    };

    [[nodiscard]] static Real dot(const Coefficients& a, const Coefficients& b) { return a[0] * b[0] + a[1] * b[1]; }

    [[nodiscard]] Real thermal_energy() const { return Real{8.617333262e-5L} * p_.activation.temperature; }

    void draw(std::int64_t id)
    {
        Voxel& voxel = voxels_[id];
        voxel.strain.clear();
        voxel.barrier.clear();
        const int barriers_of = p_.catalogue.redraw == Redraw::All ? voxel.generation : 0;
        for (int mode = 0; mode < modes(); ++mode) {
            const auto strain = catalogue_.decode(catalogue_.strain(id, voxel.generation, mode));
            voxel.strain.push_back({strain[0], strain[1]});
            voxel.barrier.push_back(catalogue_.decode_barrier(catalogue_.barrier_code(id, barriers_of, mode)));
        }
    }

    /// Stress of the mean strain: yy as applied, xx and xy such that the mean of σ = C:(Ē − ⟨ε*⟩) vanishes in them.
    [[nodiscard]] Coefficients load_stress(Real applied_strain) const
    {
        const Real young = p_.elasticity.young;
        const Real poisson = p_.elasticity.poisson;
        const Real mu = young / (2.0L * (1.0L + poisson));
        const Real lambda = young * poisson / ((1.0L + poisson) * (1.0L - 2.0L * poisson));
        const Real root = std::sqrt(2.0L);
        const Real plastic = mean_eigenstrain_[0] / root;  // ⟨ε*⟩ xx = −yy
        const Real xx = plastic - lambda / (lambda + 2.0L * mu) * (applied_strain + plastic);
        const Real xy = mean_eigenstrain_[1] / root;
        return {2.0L * mu * (xx - applied_strain) / root, 2.0L * mu * root * xy};
    }

    const Parameters& p_;
    const Catalogue<2>& catalogue_;
    const KernelTable<2>& kernel_;
    std::vector<Voxel> voxels_;
    Coefficients mean_eigenstrain_{};
};

/// Voxel and mode of the i-th event of a sequence: one in four hits a new place, one its neighbour in the same lane group.
std::pair<std::int64_t, int> scripted(int i)
{
    auto at = grid.index((i / 4) * 157 % grid.count());
    if (i % 4 == 2) at[0] += at[0] % lane_count > 0 ? -1 : 1;
    return {grid.id(at), (7 * i + 3) % 20};
}

/// Time before the i-th event in units of τ.
double scripted_gap(int i)
{
    constexpr std::array<double, 7> gaps{0.1, 3.0, 0.1, 1e4, 0.0, 0.5, 150.0};
    return gaps[i % gaps.size()];
}

/// A glass and its definition, with the same events.
struct Scene {
    explicit Scene(const Parameters& parameters) : glass(parameters), truth(glass), tau(static_cast<double>(truth.tau())) {}

    ReferenceGlass<2>& model() { return *glass.model; }

    /// Lets an event happen now, also in other models.
    void transform(std::int64_t id, int mode, const std::vector<ReferenceGlass<2>*>& others = {})
    {
        const std::vector<Event> events{truth.event(id, mode, moment.time)};
        model().apply(events);
        for (auto* other : others) other->apply(events);
        truth.apply(id, mode, moment.elapsed);
    }

    /// The i-th event of the script.
    void follow_script(int i)
    {
        moment.wait(scripted_gap(i) * tau);
        const auto [id, mode] = scripted(i);
        transform(id, mode);
    }

    /// Begins a window now and evaluates all tiles.
    std::vector<TileBounds> open(ReferenceGlass<2>& of, double strain_begin, double strain_end)
    {
        window = {moment.time, strain_begin, strain_end, 2.0 * tau};
        of.begin(window);
        std::vector<TileBounds> bounds;
        for (int tile = 0; tile < of.tile_count(); ++tile) bounds.push_back(of.evaluate(tile));
        return bounds;
    }

    /// Q a time after the beginning of the window, with softening at another [eV].
    [[nodiscard]] Real barrier(std::int64_t id, int mode, Real delay, Real softening_delay) const
    {
        const Real progress = delay / window.duration;
        const Real strain = window.load_begin + progress * (Real{window.load_end} - window.load_begin);
        return truth.barrier(id, mode, strain, moment.elapsed + softening_delay);
    }

    /// Bound of one mode's rate with softening `since` the beginning of the window.
    [[nodiscard]] Real bound(std::int64_t id, int mode, Real since) const
    {
        return std::max(truth.rate(barrier(id, mode, 0.0L, since)), truth.rate(barrier(id, mode, window.duration, since)));
    }

    /// Sum over the modes of all voxels of a tile of this rank.
    template <class Term>
    [[nodiscard]] Real sum(int tile, Term&& term) const
    {
        Real total = 0.0L;
        for_each_voxel(tile, [&](std::int64_t id) {
            for (int mode = 0; mode < truth.modes(); ++mode) total += term(id, mode);
        });
        return total;
    }

    template <class Visit>
    void for_each_voxel(int tile, Visit&& visit) const
    {
        const auto id = glass.model->tile_id(tile);
        const Index<2> first{static_cast<int>(id % 4) * 8, static_cast<int>(id / 4) * 8};
        for (int y = first[1]; y < std::min(first[1] + 8, grid.size[1]); ++y)
            for (int x = first[0]; x < std::min(first[0] + 8, grid.size[0]); ++x) visit(grid.id({x, y}));
    }

    TestGlass glass;
    Definition truth;
    double tau;
    Moment moment;
    Window window;
};

/// |a/b − 1|, or infinity where a NaN comes in.
Real relative_error(double value, Real expected)
{
    const Real error = std::abs(value / expected - 1.0L);
    return std::isnan(error) ? std::numeric_limits<Real>::infinity() : error;
}

void keep_larger(Real& worst, Real error)
{
    if (!(error <= worst)) worst = std::isnan(error) ? std::numeric_limits<Real>::infinity() : error;
}

bool same_bits(const std::vector<TileBounds>& a, const std::vector<TileBounds>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const TileBounds& one, const TileBounds& other) {
        return std::bit_cast<std::uint64_t>(one.rate) == std::bit_cast<std::uint64_t>(other.rate) && one.critical == other.critical;
    });
}

/// Largest relative error of the rates of tiles with softening `since` the beginning of the window.
Real worst_rate(const Scene& scene, const std::vector<TileBounds>& bounds, double since = 0.0)
{
    Real worst = 0.0L;
    for (std::size_t tile = 0; tile < bounds.size(); ++tile)
        keep_larger(worst, relative_error(bounds[tile].rate,
                                          scene.sum(static_cast<int>(tile), [&](auto id, int mode) { return scene.bound(id, mode, since); })));
    return worst;
}

}  // namespace

TEST_CASE("every barrier of the glass model follows the definition through a sequence of events", "[mpi][glass_model]")
{
    for (const auto& parameters : {wang2024(), table1(), redrawn()}) {
        Scene scene(parameters);
        Real worst = 0.0L;
        bool same_events = true;
        for (int i = 0; i < 40; ++i) {
            scene.follow_script(i);
            if (i % 6 != 0 && i < 38) continue;
            scene.moment.wait(i % 4 * 0.3 * scene.tau);
            const bool ramp = i % 12 != 0;
            (void)scene.open(scene.model(), 0.02, ramp ? 0.023 : 0.02);
            scene.glass.tiles.for_each([&](int slot) {
                for (int mode = 0; mode < scene.truth.modes(); ++mode) {
                    const double delay = (slot + mode) % 3 * 0.9 * scene.tau;
                    const auto id = scene.glass.tiles.voxel_id(slot);
                    const Event found = scene.model().event({slot, mode}, delay, false);
                    const Event expected = scene.truth.event(id, mode, scene.moment.time + delay);
                    same_events = same_events && found.voxel == id && found.mode == mode && found.generation == expected.generation &&
                                  found.strain == expected.strain && found.time == expected.time && found.reversal == expected.reversal &&
                                  found.athermal == 0;
                    const Real barrier = scene.barrier(id, mode, delay, delay);
                    keep_larger(worst, std::abs(found.barrier - barrier));
                    const double rate = scene.model().rate({slot, mode}, delay);
                    if (relative_error(rate, scene.truth.rate(barrier)) > 1e-10L) same_events = false;
                }
            });
        }
        INFO(parameters.name << ": largest error of a barrier " << worst << " eV");
        REQUIRE(everywhere(same_events));
        REQUIRE(everywhere(worst < 1e-11L));
    }
}

TEST_CASE("the rate bounds of the glass model are sums over its modes and hold within the window", "[mpi][glass_model]")
{
    for (const auto& parameters : {wang2024(), table1()}) {
        Scene scene(parameters);
        Real worst = 0.0L;
        bool holds = true;
        for (int i = 0; i < 24; ++i) {
            scene.follow_script(i);
            if (i % 4 != 3) continue;
            scene.moment.wait(i % 8 * 0.1 * scene.tau);
            const auto bounds = scene.open(scene.model(), 0.005, 0.006);
            keep_larger(worst, worst_rate(scene, bounds));
            const double since = 1.1 * scene.tau;
            std::vector<TileBounds> tight;
            for (int tile = 0; tile < scene.model().tile_count(); ++tile) tight.push_back(scene.model().tighten(tile, since));
            keep_larger(worst, worst_rate(scene, tight, since));
            for (int tile = 0; tile < scene.model().tile_count(); ++tile)
                for (const double part : {0.0, 0.1, 0.3, 0.55, 0.8, 1.0}) {
                    const Real delay = part * scene.window.duration;
                    const Real rate = scene.sum(tile, [&](auto id, int mode) { return scene.truth.rate(scene.barrier(id, mode, delay, delay)); });
                    holds = holds && rate <= bounds[tile].rate * (1.0L + 1e-12L);
                    holds = holds && (delay < since || rate <= tight[tile].rate * (1.0L + 1e-12L));
                }
        }
        INFO(parameters.name << ": largest relative error " << worst);
        REQUIRE(everywhere(worst < 1e-10L));
        REQUIRE(everywhere(holds));
    }
}

TEST_CASE("barriers that the glass model keeps once softening has decayed change nothing", "[mpi][glass_model]")
{
    for (const auto& parameters : {wang2024(), table1()}) {
        CAPTURE(parameters.name);
        Scene scene(parameters);
        const auto plain = scene.glass.another();  // never looks ahead
        const auto fresh = scene.glass.another();  // evaluated once, at the end
        const std::vector<ReferenceGlass<2>*> others{plain.get(), fresh.get()};
        const auto agree = [&] {
            const auto bounds = scene.open(scene.model(), 0.01, 0.011);
            const bool same = same_bits(bounds, scene.open(*plain, 0.01, 0.011));
            return everywhere(same && worst_rate(scene, bounds) < 1e-10L);
        };
        const auto look_ahead = [&] {
            Real worst = 0.0L;
            std::vector<TileBounds> ahead;
            for (int tile = 0; tile < scene.model().tile_count(); ++tile) ahead.push_back(scene.model().tighten(tile, 200.0 * scene.tau));
            keep_larger(worst, worst_rate(scene, ahead, 200.0 * scene.tau));
            return everywhere(worst < 1e-10L);
        };
        const std::int64_t voxel = grid.id({11, 9});
        const std::int64_t neighbour = grid.id({13, 9});
        for (const auto& [where, mode] : {std::pair{voxel, 4}, {neighbour, 7}, {voxel, 2}, {grid.id({27, 18}), 9}, {voxel, 11}}) {
            CAPTURE(where);
            scene.transform(where, mode, others);
            REQUIRE(agree());
            REQUIRE(look_ahead());
            scene.moment.wait(0.1 * scene.tau);
            REQUIRE(agree());
            REQUIRE(look_ahead());
            for (const double age : {6.0, 20.0, 12.0, 60.0, 1e4}) {
                scene.moment.wait(age * scene.tau);
                REQUIRE(agree());
                REQUIRE(look_ahead());
            }
        }
        const auto kept = scene.open(scene.model(), 0.01, 0.011);
        REQUIRE(everywhere(same_bits(kept, scene.open(*fresh, 0.01, 0.011))));
    }
}

TEST_CASE("the glass model picks modes by their share of the bound, and never padding", "[mpi][glass_model]")
{
    constexpr int shares = 20000;
    for (auto parameters : {wang2024(), table1()}) {
        CAPTURE(parameters.name);
        parameters.activation.temperature = 2000.0;  // so that many modes have a share
        Scene scene(parameters);
        for (int i = 0; i < 8; ++i) scene.follow_script(i);
        (void)scene.open(scene.model(), 0.02, 0.022);
        Real worst_bound = 0.0L;
        Real worst_count = 0.0L;
        bool real_voxels = true;
        std::int64_t drawn = 0;
        for (int tile = 0; tile < scene.model().tile_count(); ++tile) {
            const double since = tile % 2 == 0 ? 0.0 : scene.tau;
            (void)scene.model().tighten(tile, since);  // pick() is for the tile that was bounded last
            std::map<std::pair<std::int64_t, int>, int> counts;
            const auto look_at = [&](double share, int weight) {
                const Candidate candidate = scene.model().pick(tile, share);
                const auto& [slot, mode] = candidate.place;
                if (slot < 0 || mode < 0 || slot % lane_count >= scene.glass.tiles.groups()[slot / lane_count].lanes) {
                    real_voxels = false;
                    return;
                }
                const auto id = scene.model().voxel_id(candidate.place);
                counts[{id, mode}] += weight;
                keep_larger(worst_bound, relative_error(candidate.bound, scene.bound(id, mode, since)));
            };
            look_at(std::numeric_limits<double>::min(), 0);
            for (int k = 1; k <= shares; ++k) look_at(static_cast<double>(k) / shares, 1);
            const Real total = scene.sum(tile, [&](auto id, int mode) { return scene.bound(id, mode, since); });
            int all = 0;
            scene.for_each_voxel(tile, [&](std::int64_t id) {
                for (int mode = 0; mode < scene.truth.modes(); ++mode) {
                    const auto found = counts.find({id, mode});
                    const int count = found == counts.end() ? 0 : found->second;
                    all += count;
                    keep_larger(worst_count, std::abs(count - shares * scene.bound(id, mode, since) / total));
                }
            });
            real_voxels = real_voxels && all == shares;  // all of them in voxels of the tile
            drawn += static_cast<std::int64_t>(counts.size());
        }
        INFO("largest error of a bound " << worst_bound << ", of a count " << worst_count);
        REQUIRE(everywhere(real_voxels));
        REQUIRE(everywhere(worst_bound < 1e-10L));
        REQUIRE(everywhere(worst_count < 1.0L + 1e-6L));
        REQUIRE(sum(world(), drawn) > 4000);
    }
}

namespace {

/// What TileInstability must say, from the definition.
struct ExpectedInstability {
    std::int64_t count = 0;
    std::tuple<Real, std::int64_t, int> lowest{std::numeric_limits<Real>::infinity(), -1, -1};
    Real delay = std::numeric_limits<Real>::infinity();
    Real nearest = std::numeric_limits<Real>::infinity();  ///< lowest barrier at the beginning or the end
};

ExpectedInstability expected_instability(const Scene& scene, int tile)
{
    ExpectedInstability expected;
    scene.for_each_voxel(tile, [&](std::int64_t id) {
        bool vanished = false;
        for (int mode = 0; mode < scene.truth.modes(); ++mode) {
            const Real begin = scene.barrier(id, mode, 0.0L, 0.0L);
            const Real end = scene.barrier(id, mode, scene.window.duration, 0.0L);
            expected.nearest = std::min({expected.nearest, begin, end});
            if (begin <= 0.0L) {
                vanished = true;
                expected.lowest = std::min(expected.lowest, std::tuple(begin, id, mode));
            } else if (end < 0.0L) {
                expected.delay = std::min(expected.delay, scene.window.duration * begin / (begin - end));
            }
        }
        expected.count += vanished ? 1 : 0;
    });
    return expected;
}

/// Whether every tile of this rank says the same as the definition; adds to counts of voxels and of tiles with a crossing.
bool instabilities_agree(Scene& scene, const std::vector<TileBounds>& bounds, std::int64_t& vanished, std::int64_t& crossings)
{
    bool agree = true;
    for (int tile = 0; tile < scene.model().tile_count(); ++tile) {
        const auto expected = expected_instability(scene, tile);
        const auto found = scene.model().instability(tile);
        const auto& [barrier, id, mode] = expected.lowest;
        agree = agree && found.count == expected.count && bounds[tile].critical == (expected.nearest <= 0.0L);
        if (expected.count > 0)
            agree = agree && scene.model().voxel_id(found.lowest) == id && found.lowest.mode == mode && std::abs(found.barrier - barrier) < 1e-10L;
        if (std::isfinite(expected.delay)) {
            agree = agree && relative_error(found.delay, expected.delay) < 1e-9L;
            ++crossings;
        } else {
            agree = agree && found.delay == std::numeric_limits<double>::infinity();
        }
        vanished += expected.count;
    }
    return agree;
}

bool flips_agree(Scene& scene, double threshold, std::int64_t& count)
{
    std::map<std::int64_t, Event> found;
    const auto events = scene.model().flips(threshold);
    for (const Event& event : events) found[event.voxel] = event;
    bool agree = found.size() == events.size();
    std::size_t expected = 0;
    scene.glass.tiles.for_each([&](int slot) {
        const auto id = scene.glass.tiles.voxel_id(slot);
        std::pair<Real, int> lowest{std::numeric_limits<Real>::infinity(), -1};
        for (int mode = 0; mode < scene.truth.modes(); ++mode) lowest = std::min(lowest, {scene.barrier(id, mode, 0.0L, 0.0L), mode});
        if (lowest.first > 0.0L && lowest.first >= threshold) return;
        ++expected;
        const auto event = found.find(id);
        agree = agree && event != found.end() && event->second.mode == lowest.second && event->second.athermal == 1 &&
                event->second.time == scene.moment.time && std::abs(event->second.barrier - lowest.first) < 1e-10L &&
                event->second.strain == scene.truth.event(id, lowest.second, scene.moment.time).strain;
    });
    count += static_cast<std::int64_t>(expected);
    return agree && expected == found.size();
}

}  // namespace

TEST_CASE("the glass model finds the barriers that have vanished and when the first one will", "[mpi][glass_model]")
{
    for (const auto& parameters : {wang2024(), table1()}) {
        CAPTURE(parameters.name);
        Scene scene(parameters);
        for (const int i : {0, 8, 24, 37}) scene.follow_script(i);
        scene.moment.wait(0.2 * scene.tau);
        double first = 0.0;  // a strain at which barriers have vanished, but few
        while (scene.truth.lowest_barrier(first, scene.moment.elapsed) > 0.0L) first += 0.002;
        std::int64_t vanished = 0;
        std::int64_t crossings = 0;
        REQUIRE(first > 0.0);
        const auto before = scene.open(scene.model(), first - 0.002, first + 0.01);
        REQUIRE(everywhere(instabilities_agree(scene, before, vanished, crossings)));
        REQUIRE(sum(world(), vanished) == 0);
        REQUIRE(sum(world(), crossings) > 0);
        for (const double strain : {0.03, first + 0.01, 0.13}) {
            CAPTURE(strain);
            const auto bounds = scene.open(scene.model(), strain, strain + 0.005);
            REQUIRE(everywhere(instabilities_agree(scene, bounds, vanished, crossings)));
            for (const double threshold : {0.0, 0.33}) {
                std::int64_t flips = 0;
                REQUIRE(everywhere(flips_agree(scene, threshold, flips)));
                if (strain > 0.12) REQUIRE(sum(world(), flips) > 10);
            }
        }
        REQUIRE(sum(world(), vanished) > 10);
    }
}

TEST_CASE("the glass model has the same stresses by responses, by transforms and by PETSc", "[mpi][glass_model]")
{
    const auto parameters = wang2024();
    TestGlass added(parameters);
    TestGlass solved(parameters, Update::Solve);
    const auto transformed = added.another();
    Definition truth(added);
    added.model->solve_from(1000);
    transformed->solve_from(1);
    Moment moment;
    const auto apply = [&](int first, int count) {
        std::vector<Event> events;
        for (int i = first; i < first + count; ++i) events.push_back(truth.event(i * 37 % grid.count(), i % 20, moment.time));
        for (const Event& event : events) truth.apply(event.voxel, event.mode, moment.elapsed);
        added.model->apply(events);
        transformed->apply(events);
        solved.model->apply(events);
    };
    const auto largest_difference = [&](ReferenceGlass<2>& other) {
        added.model->flush();
        other.flush();
        const auto a = added.model->accumulated_stress();
        const auto b = other.accumulated_stress();
        Real worst = a.size() == 2 && b.size() == 2 ? 0.0L : 1.0L;
        Real size = 0.0L;
        for (std::size_t row = 0; row < 2; ++row)
            for (std::size_t voxel = 0; voxel < a[row].size(); ++voxel) {
                keep_larger(worst, std::abs(a[row][voxel] - b[row][voxel]));
                size = std::max<Real>(size, std::abs(a[row][voxel]));
            }
        REQUIRE(everywhere(size > 0.01L));
        return worst;
    };
    const auto compare = [&] {
        const auto from_transforms = largest_difference(*transformed);
        const auto from_petsc = largest_difference(*solved.model);
        INFO("stresses differ by " << from_transforms << " GPa by transforms, " << from_petsc << " GPa by PETSc");
        REQUIRE(everywhere(from_transforms < 1e-10L));
        REQUIRE(everywhere(from_petsc < 1e-7L));
        const auto strain = added.model->eigenstrain();
        REQUIRE(everywhere(strain == transformed->eigenstrain() && strain == solved.model->eigenstrain()));
        for (auto* other : {transformed.get(), solved.model.get()}) {
            const auto a = added.model->mean_state(0.01);
            const auto b = other->mean_state(0.01);
            for (int c = 0; c < 3; ++c) REQUIRE(std::abs(a.stress[c] - b.stress[c]) < 1e-10);
        }
    };
    apply(1, 20);
    compare();
    moment.wait(1.0);
    apply(5, 8);  // partly in the same voxels
    transformed->solve_from(1000);
    apply(300, 1);
    compare();
    apply(310, 3);
    transformed->solve_from(4);  // with one still to come, a solve replaces all four
    apply(320, 1);
    compare();
}
