"""The tests that tools/compare judges by: distances and corrections worked out by hand, and p-values that mean what they say."""

import math

import numpy

from runs import Verdict
from shearwater.permutation import chance_of_farthest, holm, kolmogorov_smirnov, standard_errors_apart

DATA_SETS = 400
PERMUTATIONS = 199


def single(values):
    """Runs of one value each."""
    return [numpy.array([value]) for value in values]


def by_hand(verdict):
    distance, p = kolmogorov_smirnov(single([1, 2, 3]), single([4, 5, 6]))
    verdict.expect(distance == 1, f"groups that do not overlap: distance {distance:.3f}, by hand 1")
    verdict.expect(abs(p - 0.1) < 0.005, f"2 of the 20 ways to part 3 and 3 runs set them as far apart: p {p:.4f}, by hand 0.1")
    distance, p = kolmogorov_smirnov(single([0, 0, 1]), single([0, 1, 1]))
    verdict.expect(abs(distance - 1 / 3) < 1e-12, f"ties: distance {distance:.4f}, by hand 1/3")
    verdict.expect(p == 1, f"every way to part them does: p {p}")
    distance, _ = kolmogorov_smirnov([numpy.array([1, 2, 3]), numpy.array([9])], [numpy.array([3, 4])])
    verdict.expect(abs(distance - 1 / 2) < 1e-12, f"runs of different length, pooled: distance {distance:.4f}, by hand 1/2")
    _, p = kolmogorov_smirnov(single([5] * 4), single([5] * 4))
    verdict.expect(p == 1, f"no spread at all: p {p}")


def many_values(verdict):
    """The grid of quantiles loses little of the distance between large samples."""
    generator = numpy.random.default_rng(2)
    first, second = generator.normal(0, 1, (20, 500)), generator.normal(0.3, 1, (20, 500))
    pooled = numpy.sort(numpy.concatenate([first, second]).ravel())
    shares = [numpy.searchsorted(numpy.sort(group.ravel()), pooled, side="right") / group.size for group in (first, second)]
    full = numpy.abs(shares[0] - shares[1]).max()
    distance, p = kolmogorov_smirnov(first, second, PERMUTATIONS)
    verdict.expect(full - 0.004 < distance <= full, f"distance over a grid {distance:.4f}, over all 20,000 values {full:.4f}")
    verdict.expect(p == 1 / (1 + PERMUTATIONS), f"a shift of 0.3 standard deviations is seen: p {p:.3f}")


def p_values_of(generator, as_runs):
    """p-values of data sets whose groups do not differ, but whose values vary less within a run than between runs."""
    p_values = []
    for seed in range(DATA_SETS):
        runs = generator.normal(0, 1, (24, 1)) + generator.normal(0, 1, (24, 30))
        p_values.append(kolmogorov_smirnov(as_runs(runs[:12]), as_runs(runs[12:]), PERMUTATIONS, seed)[1])
    return numpy.array(p_values)


def without_a_difference(verdict):
    generator = numpy.random.default_rng(3)
    p_values = p_values_of(generator, list)
    # p-values are whole multiples of 1 / (1 + PERMUTATIONS); half of one less puts equally many of them into each tenth
    counts, _ = numpy.histogram(p_values - 0.5 / (1 + PERMUTATIONS), bins=10, range=(0, 1))
    chi_squared = ((counts - DATA_SETS / 10) ** 2 / (DATA_SETS / 10)).sum()
    # 99.9 % point for 9 degrees of freedom
    verdict.expect(chi_squared < 27.9, f"p-values are uniform when nothing differs: tenths {counts}, chi squared {chi_squared:.1f}")
    split = (p_values_of(generator, lambda runs: single(runs.ravel())) <= 0.05).mean()
    verdict.expect(split > 0.2, f"exchanging single values would find a difference in {split:.0%} of cases at 5 %, so runs are exchanged whole")


def few_values(verdict):
    """With few values the distance has few steps; p-values then err on the safe side."""
    generator = numpy.random.default_rng(4)
    p_values = numpy.array([kolmogorov_smirnov(single(generator.normal(size=8)), single(generator.normal(size=8)), PERMUTATIONS, seed)[1]
                            for seed in range(DATA_SETS)])
    for limit in (0.02, 0.05, 0.1, 0.2, 0.5):
        share, error = (p_values <= limit).mean(), (limit * (1 - limit) / DATA_SETS) ** 0.5
        verdict.expect(share <= limit + 3 * error, f"8 against 8 values: p at most {limit} in {share:.3f} of cases")


def means(verdict):
    # variances 1 and 4, three values each: combined standard error sqrt(1/3 + 4/3)
    apart = standard_errors_apart([1, 2, 3], [4, 6, 8])
    verdict.expect(abs(apart - 4 / (5 / 3) ** 0.5) < 1e-12, f"means {apart:.4f} standard errors apart, by hand 3.0984")
    verdict.expect(standard_errors_apart([2, 2], [2, 2]) == 0, "equal constants are no standard errors apart")
    verdict.expect(standard_errors_apart([2, 2], [1, 1]) == -float("inf"), "different constants are infinitely far apart")


def farthest_mean(verdict):
    generator = numpy.random.default_rng(5)
    first, second = generator.normal(7, 1, (1, 100)), generator.normal(7, 1, (1, 100))
    observed = abs(standard_errors_apart(first[0], second[0]))
    chance = chance_of_farthest([(first, second)], observed)
    normal = math.erfc(observed / 2**0.5)
    verdict.expect(abs(chance - normal) < 0.02, f"one mean, {observed:.2f} standard errors: chance {chance:.3f}, normal distribution {normal:.3f}")
    chance = chance_of_farthest([(first, second), (second, first)], observed)
    verdict.expect(abs(chance - (1 - (1 - normal) ** 2)) < 0.02, f"two cases: {chance:.3f}, normal distribution {1 - (1 - normal) ** 2:.3f}")
    chance = chance_of_farthest([(numpy.repeat(first, 5, axis=0), numpy.repeat(second, 5, axis=0))], observed)
    verdict.expect(abs(chance - normal) < 0.02, f"five quantities that are the same: {chance:.3f}, as one")
    # {1, 2} {1.5, 9}: 0.99 standard errors; the other ways to part them: 1.21 and 0.81
    chance = chance_of_farthest([([[1, 2]], [[1.5, 9]])], standard_errors_apart([1, 2], [1.5, 9]))
    verdict.expect(abs(chance - 2 / 3) < 0.02, f"2 against 2 runs: {chance:.3f}, by hand 2/3")


def correction(verdict):
    # in order 0.005 x 4, 0.01 x 3, 0.03 x 2, 0.04 x 1, none below the one before
    adjusted = holm([0.01, 0.04, 0.03, 0.005])
    verdict.expect(numpy.allclose(adjusted, [0.03, 0.06, 0.06, 0.02], rtol=0, atol=1e-15), f"Holm's correction {adjusted}, by hand [0.03 0.06 0.06 0.02]")
    verdict.expect((holm([0.9, 0.8]) == 1).all(), "corrected p-values end at 1")


def main():
    verdict = Verdict()
    by_hand(verdict)
    many_values(verdict)
    without_a_difference(verdict)
    few_values(verdict)
    means(verdict)
    farthest_mean(verdict)
    correction(verdict)
    verdict.exit()


main()
