"""Avalanches: groups of events that follow each other at once.

An event makes its voxel soft and changes the stress of all others, so that more events follow within the relaxation time of the softening,
long before load or temperature bring the next one. Events that are less than a gap apart in time are one avalanche. Its size is the number of its
events; the stress drop is by how much the mean stress along the load falls at a fixed applied strain. Both are what quasi-static simulations measure, with
log-normal fits to the distributions of sizes: Z. Zhang, J. Ding and E. Ma, "Shear transformations in metallic glasses without excessive and
predefinable defects", PNAS (2022), Fig. 3.
"""

import dataclasses
import math

import numpy

from shearwater.deck import lattice_size
from shearwater.errors import ShearwaterError
from shearwater.quantities import Quantities, unit_of_name
from shearwater.tensors import component_names

DESCRIPTIONS = {
    "first_event": "number of the first event",
    "events": "how many events it has",
    "voxels": "how many voxels they are in",
    "time_s": "time of the first event",
    "duration_s": "time from the first event to the last",
    "plastic_strain": "what they add to the mean plastic strain along the load",
    "stress_drop_GPa": "by how much they lower the mean stress along the load at a fixed applied strain, if moduli are the same everywhere",
}


@dataclasses.dataclass(frozen=True)
class LogNormal:
    """A log-normal distribution: the logarithm is normal with this mean and standard deviation."""

    mean: float
    deviation: float

    def density(self, values):
        """Probability density at values > 0."""
        values = numpy.asarray(values, dtype=float)
        normal = numpy.exp(-0.5 * ((numpy.log(values) - self.mean) / self.deviation) ** 2)
        return normal / (values * self.deviation * numpy.sqrt(2 * numpy.pi))


def fit_log_normal(values):
    """The log-normal distribution of largest likelihood. Values that are not positive, such as avalanches that raise the stress, are left out."""
    values = numpy.asarray(values, dtype=float)
    logarithms = numpy.log(values[values > 0])
    if len(logarithms) < 2:
        raise ShearwaterError("a log-normal distribution takes two positive values at least")
    return LogNormal(float(logarithms.mean()), float(logarithms.std()))


def waiting_times(events):
    """Times between one event and the next [s]. High parts come first: their difference is exact for events close in time, where low parts matter."""
    return numpy.diff(events["time_high"]) + numpy.diff(events["time_low"])


def first_events_of_avalanches(waiting, gap):
    """Numbers of the events that begin an avalanche: the first event of all, and those more than `gap` after the one before."""
    return numpy.concatenate(([0], 1 + numpy.flatnonzero(numpy.asarray(waiting) > gap)))


def load_direction(deck):
    """Name of the component that is loaded, and the sign of the load."""
    protocol = deck["loading.protocol"]
    held = {"relax": "loading.strain", "creep": "loading.stress"}.get(protocol)
    is_negative = protocol == "compression" or (held is not None and float(deck[held]) < 0)
    return "xy" if protocol == "shear" else "yy", -1.0 if is_negative else 1.0


def voxels_of_each(voxels, first):
    """How many different voxels the events of each avalanche are in."""
    group = numpy.repeat(numpy.arange(len(first)), numpy.diff([*first, len(voxels)]))
    stride = voxels.max() + 1
    return numpy.bincount(numpy.unique(group * stride + voxels) // stride, minlength=len(first))


def avalanches(run, gap_s):
    """The avalanches of a run with an event log, one value of each quantity for each of them; events less than `gap_s` apart belong together."""
    events = run.events
    if len(events["voxel"]) == 0:
        raise ShearwaterError(f"{run.folder}: no events, so no avalanches")
    component, sign = load_direction(run.deck)
    first = first_events_of_avalanches(waiting_times(events), gap_s)
    last = numpy.append(first[1:], len(events["voxel"])) - 1
    strain = events["strain"]
    along_load = sign * strain[:, component_names(strain.shape[1]).index(component)] / math.prod(lattice_size(run.deck))
    added = numpy.add.reduceat(along_load, first)
    columns = {
        "first_event": first,
        "events": last - first + 1,
        "voxels": voxels_of_each(events["voxel"], first),
        "time_s": events["time_high"][first] + events["time_low"][first],
        "duration_s": (events["time_high"][last] - events["time_high"][first]) + (events["time_low"][last] - events["time_low"][first]),
        "plastic_strain": added,
        "stress_drop_GPa": run.summary["elastic_slope_GPa"] * added,
    }
    return Quantities(columns, {name: unit_of_name(name) for name in columns}, DESCRIPTIONS, run.folder)
