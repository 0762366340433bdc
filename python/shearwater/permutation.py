"""Statistics of two groups of runs: how far apart they are, and how likely chance alone would set them as far apart.

A group is a list with one array per run, because only whole runs are independent: events of one run follow from each other. So a
p-value is the share of random exchanges of whole runs between the groups that set them at least as far apart as they are. That holds for
any number of runs, any distribution, and ties.
"""

import math

import numpy

from shearwater.averages import average

GRID_POINTS = 500
PERMUTATIONS = 100_000
BLOCK = 2_000  # permutations at a time, to bound memory
ROUNDING = 1e-9  # far below the step of any distance, far above its rounding error


def cumulative_counts(runs):
    """How many values of each run are at or below each point of a grid: array [run, point].

    The grid has all values of all runs, or GRID_POINTS quantiles of them. It does not know the groups, so the distance taken on
    it makes as valid a test as the distance over all values, and a permutation costs one sum of rows. Its last point is the largest value.
    """
    pooled = numpy.sort(numpy.concatenate(runs))
    places = numpy.linspace(0, len(pooled) - 1, min(len(pooled), GRID_POINTS)).round().astype(int)
    grid = numpy.unique(pooled[places])
    return numpy.array([numpy.searchsorted(numpy.sort(run), grid, side="right") for run in runs])


def distances(counts, choices):
    """Kolmogorov-Smirnov distance between the runs chosen and the others, for each row of `choices` [permutation, run]."""
    # Whole numbers below 2^24 are exact in single precision, whose products are twice as fast.
    assert counts[:, -1].sum() < 2**24
    chosen = (choices.astype(numpy.float32) @ counts.astype(numpy.float32)).astype(float)
    others = counts.sum(axis=0) - chosen
    return numpy.abs(chosen / chosen[:, -1:] - others / others[:, -1:]).max(axis=1)


def kolmogorov_smirnov(first, second, permutations=PERMUTATIONS, seed=1):
    """Distance between the pooled values of two groups of runs, and its p-value under exchange of whole runs.

    p = (1 + exchanges at least as far apart) / (1 + exchanges): never zero, and never too small on average.
    """
    counts = cumulative_counts([*first, *second])
    in_first = (numpy.arange(len(counts)) < len(first))[numpy.newaxis]
    observed = distances(counts, in_first)[0]
    generator = numpy.random.default_rng(seed)
    reached = 0
    for start in range(0, permutations, BLOCK):
        choices = numpy.repeat(in_first, min(BLOCK, permutations - start), axis=0)
        reached += numpy.count_nonzero(distances(counts, generator.permuted(choices, axis=1)) >= observed - ROUNDING)
    return float(observed), (1 + reached) / (1 + permutations)


def standard_errors_apart(first, second):
    """Difference of the means, second less first, in units of their combined standard error."""
    first, second = average(first), average(second)
    difference, combined = second.mean - first.mean, math.hypot(first.error, second.error)
    if difference == 0:
        return 0.0
    return difference / combined if combined > 0 else math.copysign(math.inf, difference)


def farthest_means(values, choices):
    """Largest number of standard errors between means of the runs chosen and the others, for each row of `choices` [permutation, run].

    `values` [quantity, run] must have means near zero, as their squares are summed.
    """
    means, errors = [], []
    for part in (choices, ~choices):
        part = part.astype(float)
        runs = part.sum(axis=1, keepdims=True)
        means.append(part @ values.T / runs)
        errors.append((part @ values.T**2 / runs - means[-1] ** 2) / (runs - 1))
    apart, combined = numpy.abs(means[1] - means[0]), numpy.sqrt(numpy.maximum(errors[0] + errors[1], 0))
    return numpy.divide(apart, combined, out=numpy.zeros_like(apart), where=combined > 0).max(axis=1)


def chance_of_farthest(cases, observed, permutations=10_000, seed=1):
    """How often equal settings would have a mean at least `observed` standard errors apart somewhere among all quantities of all cases.

    A case is a pair of arrays [quantity, run], one for each group. Quantities of a run stay together, so what they share counts once.
    """
    generator = numpy.random.default_rng(seed)
    farthest = numpy.zeros(permutations)
    for first, second in cases:
        values = numpy.concatenate([first, second], axis=1)
        values = values - values.mean(axis=1, keepdims=True)
        choices = numpy.repeat((numpy.arange(values.shape[1]) < numpy.shape(first)[1])[numpy.newaxis], permutations, axis=0)
        farthest = numpy.maximum(farthest, farthest_means(values, generator.permuted(choices, axis=1)))
    return (1 + numpy.count_nonzero(farthest >= observed - ROUNDING)) / (1 + permutations)


def holm(p_values):
    """Holm's adjusted p-values (1979): those below a limit are significant, with at most that chance of a single error among all."""
    adjusted = numpy.empty(len(p_values))
    largest = 0.0
    for rank, place in enumerate(numpy.argsort(p_values, kind="stable")):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted
