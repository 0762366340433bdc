#include <shearwater/kmc/outcome.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace shearwater;

namespace {

bool same(const Outcome& a, const Outcome& b)
{
    return a.kind == b.kind && a.delay == b.delay && a.event.voxel == b.event.voxel && a.event.mode == b.event.mode &&
           a.event.barrier == b.event.barrier && a.uncertainty == b.uncertainty && a.runner_up == b.runner_up && a.unstable == b.unstable &&
           a.broken_voxel == b.broken_voxel && a.broken_delay == b.broken_delay;
}

/// What the part of the lattice with this voxel may say; barriers and delays are often equal.
Outcome some_verdict(std::mt19937& random, std::int64_t voxel)
{
    const auto few = [&](int count) { return 0.1 * static_cast<double>(random() % static_cast<unsigned>(count)); };
    Outcome outcome;
    outcome.kind = static_cast<Outcome::Kind>(random() % 4);
    if (random() % 8 == 0) outcome.report_broken(voxel, few(3));
    if (outcome.kind == Outcome::Kind::Elapsed) return outcome;
    outcome.event.voxel = outcome.kind == Outcome::Kind::Critical ? -1 : voxel;
    if (outcome.kind == Outcome::Kind::Athermal) {
        outcome.event.mode = static_cast<std::int32_t>(random() % 3);
        outcome.event.barrier = -few(5);
        outcome.uncertainty = few(3);
        outcome.unstable = 1 + static_cast<std::int64_t>(random() % 3);
        if (outcome.unstable > 1) outcome.runner_up = outcome.event.barrier + few(4) - outcome.uncertainty;
    } else {
        outcome.delay = few(6);
    }
    return outcome;
}

Outcome merged(const Outcome& a, const Outcome& b)
{
    Outcome sum = a;
    merge(sum, b);
    return sum;
}

/// All outcomes, put together by a random tree.
Outcome merged_at_random(std::vector<Outcome> outcomes, std::mt19937& random)
{
    std::shuffle(outcomes.begin(), outcomes.end(), random);
    while (outcomes.size() > 1) {
        const std::size_t at = random() % (outcomes.size() - 1);
        outcomes[at] = merged(outcomes[at], outcomes[at + 1]);
        outcomes.erase(outcomes.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    return outcomes.front();
}

std::vector<Outcome> some_verdicts(std::mt19937& random)
{
    std::vector<Outcome> outcomes;
    for (std::int64_t voxel = 0; voxel < 9; ++voxel) outcomes.push_back(some_verdict(random, voxel));
    return outcomes;
}

}  // namespace

TEST_CASE("outcomes merge to the same in any order and grouping", "[outcome]")
{
    std::mt19937 random(11);
    int different = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto outcomes = some_verdicts(random);
        const Outcome expected = std::accumulate(outcomes.begin() + 1, outcomes.end(), outcomes.front(), merged);
        for (int order = 0; order < 10; ++order) different += same(merged_at_random(outcomes, random), expected) ? 0 : 1;
        different += same(merged(Outcome{}, expected), expected) && same(merged(expected, Outcome{}), expected) ? 0 : 1;
    }
    CHECK(different == 0);
}

TEST_CASE("a merged outcome is the lowest of all barriers and knows how low the others may be", "[outcome]")
{
    std::mt19937 random(12);
    bool right = true;
    int ambiguous = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto outcomes = some_verdicts(random);
        const Outcome all = merged_at_random(outcomes, random);
        if (all.kind != Outcome::Kind::Athermal) continue;
        double runner_up = std::numeric_limits<double>::infinity();
        std::int64_t unstable = 0;
        for (const Outcome& outcome : outcomes) {
            if (outcome.kind != Outcome::Kind::Athermal) continue;
            unstable += outcome.unstable;
            right = right && all.event.barrier <= outcome.event.barrier;
            runner_up = std::min(runner_up, outcome.runner_up);
            if (outcome.event.voxel != all.event.voxel) runner_up = std::min(runner_up, outcome.event.barrier - outcome.uncertainty);
        }
        right = right && all.runner_up == runner_up && all.unstable == unstable;
        right = right && all.is_ambiguous() == (all.event.barrier + all.uncertainty > runner_up);
        ambiguous += all.is_ambiguous() ? 1 : 0;
    }
    CHECK(right);
    CHECK(ambiguous > 100);
}

TEST_CASE("a rate that is not finite counts if nothing happens before its time", "[outcome]")
{
    Outcome broken;
    broken.report_broken(4, 2.0);
    broken.report_broken(9, 3.0);
    broken.report_broken(7, 2.0);
    CHECK(broken.broken_voxel == 7);
    CHECK(broken.is_broken());
    Outcome thermal;
    thermal.kind = Outcome::Kind::Thermal;
    for (const double delay : {1.0, 2.0, 2.5}) {
        thermal.delay = delay;
        CHECK(merged(broken, thermal).is_broken() == (delay >= 2.0));
        CHECK(merged(thermal, broken).is_broken() == (delay >= 2.0));
    }
    Outcome athermal;
    athermal.kind = Outcome::Kind::Athermal;
    CHECK(!merged(broken, athermal).is_broken());
    athermal.report_broken(5, 0.0);
    CHECK(merged(broken, athermal).is_broken());
    CHECK(merged(broken, athermal).broken_voxel == 5);
    CHECK(!Outcome{}.is_broken());
}

TEST_CASE("equal barriers that are certain are not ambiguous: the first voxel's is taken", "[outcome]")
{
    Outcome a;
    a.kind = Outcome::Kind::Athermal;
    a.event.voxel = 17;
    a.event.mode = 0;
    a.event.barrier = -0.5;
    Outcome b = a;
    b.event.voxel = 3;
    const Outcome all = merged(a, b);
    CHECK(all.event.voxel == 3);
    CHECK(all.runner_up == -0.5);
    CHECK_FALSE(all.is_ambiguous());
}
