"""Averages over runs."""

import dataclasses
import math

import numpy


@dataclasses.dataclass(frozen=True)
class Average:
    """Mean over runs, standard deviation of a run, and standard error of the mean; numbers, or arrays along a curve.

    With one run, there is no deviation: it is NaN, and so is the error.
    """

    mean: float | numpy.ndarray
    deviation: float | numpy.ndarray
    runs: int
    unit: str | None = None

    @property
    def error(self):
        return self.deviation / math.sqrt(self.runs)


def average(values, unit=None):
    """Average of one number, or one curve, per run. NaN where a run has none."""
    values = numpy.asarray(values, dtype=float)
    mean = values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1) if len(values) > 1 else numpy.full_like(mean, numpy.nan)
    return Average(mean, deviation, len(values), unit) if values.ndim > 1 else Average(float(mean), float(deviation), len(values), unit)
