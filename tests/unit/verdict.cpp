#include <shearwater/kmc/verdict.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <catch2/catch.hpp>

using namespace shearwater;

namespace {

bool same(const Verdict& a, const Verdict& b)
{
    return a.kind == b.kind && a.delay == b.delay && a.event.voxel == b.event.voxel && a.event.mode == b.event.mode &&
           a.event.barrier == b.event.barrier && a.uncertainty == b.uncertainty && a.runner_up == b.runner_up && a.unstable == b.unstable &&
           a.broken_voxel == b.broken_voxel && a.broken_delay == b.broken_delay;
}

/// What the part of the lattice with this voxel may say; barriers and delays are often equal.
Verdict some_verdict(std::mt19937& random, std::int64_t voxel)
{
    const auto few = [&](int count) { return 0.1 * static_cast<double>(random() % static_cast<unsigned>(count)); };
    Verdict verdict;
    verdict.kind = static_cast<Verdict::Kind>(random() % 4);
    if (random() % 8 == 0) verdict.report_broken(voxel, few(3));
    if (verdict.kind == Verdict::Kind::Elapsed) return verdict;
    verdict.event.voxel = verdict.kind == Verdict::Kind::Critical ? -1 : voxel;
    if (verdict.kind == Verdict::Kind::Athermal) {
        verdict.event.mode = static_cast<std::int32_t>(random() % 3);
        verdict.event.barrier = -few(5);
        verdict.uncertainty = few(3);
        verdict.unstable = 1 + static_cast<std::int64_t>(random() % 3);
        if (verdict.unstable > 1) verdict.runner_up = verdict.event.barrier + few(4) - verdict.uncertainty;
    } else {
        verdict.delay = few(6);
    }
    return verdict;
}

Verdict merged(const Verdict& a, const Verdict& b)
{
    Verdict sum = a;
    merge(sum, b);
    return sum;
}

/// All verdicts, put together by a random tree.
Verdict merged_at_random(std::vector<Verdict> verdicts, std::mt19937& random)
{
    std::shuffle(verdicts.begin(), verdicts.end(), random);
    while (verdicts.size() > 1) {
        const std::size_t at = random() % (verdicts.size() - 1);
        verdicts[at] = merged(verdicts[at], verdicts[at + 1]);
        verdicts.erase(verdicts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    return verdicts.front();
}

std::vector<Verdict> some_verdicts(std::mt19937& random)
{
    std::vector<Verdict> verdicts;
    for (std::int64_t voxel = 0; voxel < 9; ++voxel) verdicts.push_back(some_verdict(random, voxel));
    return verdicts;
}

}  // namespace

TEST_CASE("verdicts merge to the same in any order and grouping", "[verdict]")
{
    std::mt19937 random(11);
    int different = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto verdicts = some_verdicts(random);
        const Verdict expected = std::accumulate(verdicts.begin() + 1, verdicts.end(), verdicts.front(), merged);
        for (int order = 0; order < 10; ++order) different += same(merged_at_random(verdicts, random), expected) ? 0 : 1;
        different += same(merged(Verdict{}, expected), expected) && same(merged(expected, Verdict{}), expected) ? 0 : 1;
    }
    CHECK(different == 0);
}

TEST_CASE("a merged verdict is the lowest of all barriers and knows how low the others may be", "[verdict]")
{
    std::mt19937 random(12);
    bool right = true;
    int ambiguous = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto verdicts = some_verdicts(random);
        const Verdict all = merged_at_random(verdicts, random);
        if (all.kind != Verdict::Kind::Athermal) continue;
        double runner_up = std::numeric_limits<double>::infinity();
        std::int64_t unstable = 0;
        for (const Verdict& verdict : verdicts) {
            if (verdict.kind != Verdict::Kind::Athermal) continue;
            unstable += verdict.unstable;
            right = right && all.event.barrier <= verdict.event.barrier;
            runner_up = std::min(runner_up, verdict.runner_up);
            if (verdict.event.voxel != all.event.voxel) runner_up = std::min(runner_up, verdict.event.barrier - verdict.uncertainty);
        }
        right = right && all.runner_up == runner_up && all.unstable == unstable;
        right = right && all.is_ambiguous() == (all.event.barrier + all.uncertainty > runner_up);
        ambiguous += all.is_ambiguous() ? 1 : 0;
    }
    CHECK(right);
    CHECK(ambiguous > 100);
}

TEST_CASE("a rate that is not finite counts if nothing happens before its time", "[verdict]")
{
    Verdict broken;
    broken.report_broken(4, 2.0);
    broken.report_broken(9, 3.0);
    broken.report_broken(7, 2.0);
    CHECK(broken.broken_voxel == 7);
    CHECK(broken.is_broken());
    Verdict thermal;
    thermal.kind = Verdict::Kind::Thermal;
    for (const double delay : {1.0, 2.0, 2.5}) {
        thermal.delay = delay;
        CHECK(merged(broken, thermal).is_broken() == (delay >= 2.0));
        CHECK(merged(thermal, broken).is_broken() == (delay >= 2.0));
    }
    Verdict athermal;
    athermal.kind = Verdict::Kind::Athermal;
    CHECK(!merged(broken, athermal).is_broken());
    athermal.report_broken(5, 0.0);
    CHECK(merged(broken, athermal).is_broken());
    CHECK(merged(broken, athermal).broken_voxel == 5);
    CHECK(!Verdict{}.is_broken());
}

TEST_CASE("equal barriers that are certain are not ambiguous: the first voxel's is taken", "[verdict]")
{
    Verdict a;
    a.kind = Verdict::Kind::Athermal;
    a.event.voxel = 17;
    a.event.mode = 0;
    a.event.barrier = -0.5;
    Verdict b = a;
    b.event.voxel = 3;
    const Verdict all = merged(a, b);
    CHECK(all.event.voxel == 3);
    CHECK(all.runner_up == -0.5);
    CHECK_FALSE(all.is_ambiguous());
}
