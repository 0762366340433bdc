"""Averages over runs that differ in their seed."""

import numpy

from shearwater.averages import average
from shearwater.errors import ShearwaterError
from shearwater.run import Run


class Ensemble:
    """Runs of one deck with several seeds: Ensemble(["out-1", "out-2"]), or Ensemble(pathlib.Path("study").glob("run_seed_*"))."""

    def __init__(self, folders):
        self.runs = [Run(folder) for folder in sorted(folders)]
        if not self.runs:
            raise ShearwaterError("an average takes one run at least")

    def summary(self, name):
        """Average of an entry of the summary, over the runs that reached it."""
        summaries = [run.summary for run in self.runs]
        values = [summary[name] for summary in summaries if summary[name] is not None]
        if not values:
            raise ShearwaterError(f"{name}: none of {len(summaries)} runs reached it")
        return average(values, summaries[0].units[name])

    def history(self, name, at=None, against="strain"):
        """Average of a column of the history along the curve: (abscissae, Average).

        @param at       where, in the unit of the column `against`; by default at the rows of the first run, as far as all runs reach
        @param against  a column that never falls; between rows, values are interpolated linearly
        """
        curves = [(run.history[against].astype(float), run.history[name].astype(float)) for run in self.runs]
        for run, (abscissae, _) in zip(self.runs, curves):
            if (numpy.diff(abscissae) < 0).any():
                raise ShearwaterError(f"{run.folder}: {against} falls, so no average can be taken along it; choose another column")
            if len(abscissae) > 1 and abscissae[0] == abscissae[-1]:
                raise ShearwaterError(f"{run.folder}: {against} is held, so no average can be taken along it; choose another column, e.g. time_s")
        begin, end = max(abscissae[0] for abscissae, _ in curves), min(abscissae[-1] for abscissae, _ in curves)
        if at is None:
            rows = curves[0][0]
            at = rows[(rows >= begin) & (rows <= end)]
        at = numpy.asarray(at, dtype=float)
        if at.size and (at.min() < begin or at.max() > end):
            raise ShearwaterError(f"{against}: all runs have {begin:g} to {end:g}, but {at.min():g} to {at.max():g} is asked for")
        values = [numpy.interp(at, abscissae, column) for abscissae, column in curves]
        return at, average(values, self.runs[0].history.units[name])
