"""What a run of the sublattice engine costs: counts of a run, costs of one rank, and the terms of the time on any number of ranks.

Names of terms, and of everything that follows from them, are modelled; a RunCounts is counted; UnitCosts are fitted to what was measured.
"""

import collections
import csv
import dataclasses
import json
import math
import statistics

import numpy

from scaling_study import ScalingError, process_grid

ERROR_SAMPLE = 64  # kmc.error_sample; larger where a run measured more
# From include/shearwater/elasticity/far_field.hpp and src/engine/block_glass.cpp, for 2 and 3 axes.
LEAF_EDGE = {2: 32, 3: 16}
NODES = {2: 64, 3: 512}
COMPONENTS = {2: 2, 3: 5}
SOURCE_BYTES = {2: 56, 3: 80}


@dataclasses.dataclass(frozen=True)
class RunCounts:
    """What a run did between start and end, all ranks together; `collectives` are those that every rank took part in."""

    ranks: int
    size: tuple
    events: int
    cycles: int
    rounds: int
    flushes: int
    concurrency: float
    far_sources: int
    refreshed_voxels: int
    messages: int
    bytes: int
    collectives: int
    cycle_events: tuple  # of each cycle
    measured: tuple  # events of each cycle whose error was measured
    rate_seconds: float  # of rank 0: measured
    other_seconds: float  # of rank 0, neither in exchange nor in rates: measured

    @property
    def busiest(self):
        """Events of the busiest rank, phase by phase added up, over those of the mean rank."""
        return self.ranks / self.concurrency

    @property
    def pairs(self):
        """Pairs of an event measured and an event that it may have missed."""
        return sum(measured * events for measured, events in zip(self.measured, self.cycle_events))

    @property
    def far_per_rank_and_cycle(self):
        return self.far_sources / self.ranks / self.cycles


def counts_of(folder, size, base):
    """Counts of the run in a folder. `base`: the summary of a run that exchanges nothing but at start and end, None for no traffic."""
    summary = json.loads((folder / "summary.json").read_text())
    if not summary.get("events") or not summary.get("cycles"):
        raise ScalingError(f"{folder.name}: has no events; let runs end later, with a larger --max-strain")
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    totals = [int(row["events"]) for row in rows]
    cycles = [(after - before, int(row["missed_measured"])) for before, after, row in zip(totals, totals[1:], rows[1:])]
    traffic = {name: summary[name] - (base[name] if base else 0) for name in ("messages", "bytes", "collectives")}
    return RunCounts(
        ranks=summary["ranks"], size=size, concurrency=summary["concurrency"], cycle_events=tuple(events for events, _ in cycles),
        measured=tuple(measured for _, measured in cycles), **traffic,
        rate_seconds=summary["rates_s"], other_seconds=summary["wall_s"] - summary["communication_s"] - summary["rates_s"],
        **{name: summary[name] for name in ("events", "cycles", "rounds", "flushes", "far_sources", "refreshed_voxels")})


# Costs


@dataclasses.dataclass(frozen=True)
class UnitCosts:
    """Seconds on one rank here."""

    event: float  # rates and stresses near an event that is carried out
    blocks: float  # of all blocks of a rank in a cycle, whatever happens
    own_source: float  # a far source in the rank's own box
    foreign_source: float  # one elsewhere
    pair: float  # of events, in the measurement of errors
    cycle: float  # of a cycle, whatever happens
    foreign_found: tuple = ()  # what foreign_source is the median of


def non_negative_fit(columns, values):
    """Coefficients ≥ 0 with the least squares of relative deviations."""
    weights = 1.0 / numpy.asarray(values, float)
    matrix = numpy.asarray(columns, float).T * weights[:, None]
    best = None
    for chosen in range(1, 2 ** len(columns)):
        places = [place for place in range(len(columns)) if chosen >> place & 1]
        found = numpy.linalg.lstsq(matrix[:, places], numpy.ones(len(values)), rcond=None)[0]
        if (found < 0).any():
            continue
        squares = ((matrix[:, places] @ found - 1) ** 2).sum()
        if best is None or squares < best[0] - 1e-15:
            best = squares, dict(zip(places, found))
    return [float(best[1].get(place, 0.0)) for place in range(len(columns))], math.sqrt(best[0] / len(values))


def fit_costs(ladder, times, counted):
    """Costs from runs on 1 rank. `ladder`: their counts; `times`: medians of (rates_s, update_s, wall_s) of each; `counted`: runs on more ranks.

    Returns the costs and the relative deviations of the fits.
    """
    rates, update, wall = (list(column) for column in zip(*times))
    cycles = [run.cycles for run in ladder]
    (event, blocks), rates_off = non_negative_fit([[run.events for run in ladder], cycles], rates)
    (source, pair, cycle), update_off = non_negative_fit([[run.far_sources for run in ladder], [run.pairs for run in ladder], cycles], update)
    rest = statistics.median((all_in - part - other) / count for all_in, part, other, count in zip(wall, rates, update, cycles))
    costs = UnitCosts(event, blocks, source, source, pair, cycle + max(rest, 0.0))
    return with_foreign_cost(costs, counted), {"rates": rates_off, "update": update_off}


def with_foreign_cost(costs, counted):
    """A far source of another rank, as a rule far away, meets fewer and larger cells than an own one. Its cost is what is left of the time of rank 0
    outside of exchange. Ranks that share cores are slow: how slow is told by what its events cost more than on 1 rank. At most the own cost."""
    found = []
    for run in counted:
        own = run.far_sources / run.ranks**2
        foreign = run.far_sources / run.ranks - own + sum(work.moments for work in far_works(run))
        if run.ranks < 4 or foreign <= 0:
            continue
        slowness = run.rate_seconds / (costs.event * run.events / run.ranks + costs.blocks * run.cycles)
        rest = run.other_seconds / slowness - costs.cycle * run.cycles - costs.own_source * own - costs.pair * run.pairs / run.ranks
        found.append(min(max(rest / foreign, 0.0), costs.own_source))
    if not found or not statistics.median(found) > 0:
        return costs
    return dataclasses.replace(costs, foreign_source=statistics.median(found), foreign_found=tuple(found))


# How the busiest rank grows

LAWS = {
    "sqrt-log": ("a + b sqrt(ln P)", lambda ranks: math.sqrt(math.log(ranks))),
    "log": ("a + b ln P", lambda ranks: math.log(ranks)),
    "power": ("a P^b", None),
}


@dataclasses.dataclass(frozen=True)
class Law:
    """Busiest over mean rank."""

    name: str
    a: float
    b: float
    off: float  # root mean square of relative deviations

    def __call__(self, ranks):
        _, growth = LAWS[self.name]
        number = self.a * ranks**self.b if growth is None else self.a + self.b * growth(ranks)
        return 1.0 if ranks == 1 else min(max(number, 1.0), float(ranks))

    def __str__(self):
        form = LAWS[self.name][0].replace("a ", f"{self.a:.3g} ", 1).replace("b", f"{self.b:.3g}").replace("+ -", "- ")
        return f"{form} (off by {100 * self.off:.0f} % rms)"


def fit_law(name, ranks, busiest):
    """1 rank is its own busiest: laws are for several."""
    several = [(count, value) for count, value in zip(ranks, busiest) if count > 1]
    counts, values = zip(*several)
    growth = LAWS[name][1]
    if growth is None:
        b, log_a = numpy.polyfit(numpy.log(counts), numpy.log(values), 1)
        a = math.exp(log_a)
    else:
        weights = [1 / value for value in values]
        b, a = numpy.polyfit([growth(count) for count in counts], values, 1, w=weights)
    law = Law(name, float(a), float(b), 0.0)
    off = math.sqrt(statistics.fmean((law(count) / value - 1) ** 2 for count, value in several))
    return dataclasses.replace(law, off=off)


def fit_laws(ranks, busiest):
    """All of them, the best first."""
    return sorted((fit_law(name, ranks, busiest) for name in LAWS), key=lambda law: law.off)


def fit_crowding(law, mean, shared):
    """q of busiest − 1 ~ (events of the mean rank)^−q, from runs of one cell on several ranks; None if there are too few. `mean`: of weak scaling."""
    points = [(math.log(run.events / run.ranks / mean), math.log((run.busiest - 1) / (law(run.ranks) - 1)))
              for run in shared if run.busiest > 1 and law(run.ranks) > 1]
    if len({round(x, 6) for x, _ in points}) < 2:
        return None
    q = -sum(x * y for x, y in points) / sum(x * x for x, _ in points)
    return min(max(q, 0.0), 1.0)


# Far sources


@dataclasses.dataclass(frozen=True)
class Far:
    """What a rank takes in after a cycle."""

    sources: float  # one by one
    moments: float  # nodes of cells that stand for sources
    moment_bytes: float  # in a reduction
    messages: int  # of an exchange that replaces the collective, 0 if all ranks gather all
    is_transform: bool  # a solve of the whole field replaces all of it


def levels_of(size):
    """Levels of the tree of cells (FarField::make_levels)."""
    levels = 1
    while 3 * (LEAF_EDGE[len(size)] << levels) <= max(size):
        levels += 1
    return levels


def far_work(size, ranks, sources):
    """As BlockGlass::commit, moment_level and gathered decide. `sources`: of the cycle, all ranks together, one for each voxel that has strained."""
    axes = len(size)
    edge, nodes, levels = LEAF_EDGE[axes], NODES[axes], levels_of(size)
    if 128 * sources >= math.prod(size):
        return Far(0.0, 0.0, 0.0, 0, True)
    cells = [[math.ceil(length / (edge << level)) for length in size] for level in range(levels)]
    start = next((level for level in range(levels) if math.prod(cells[level]) * nodes <= sources), levels)
    box = [length / parts for length, parts in zip(size, process_grid(ranks, axes))]
    radius = 3 * (edge << start)
    taken, messages = sources, 0
    if start < levels and any(3 * radius < length for length in size):
        taken *= math.prod(min(1.0, (own + 2 * radius) / length) for own, length in zip(box, size))
        parts = process_grid(ranks, axes)
        messages = sum(2 * min(part - 1, math.ceil(radius / own)) for part, own in zip(parts, box) if part > 1)
    moments = moment_bytes = 0.0
    for level in range(start, levels):
        here = math.prod(math.ceil(own / (edge << level)) for own in box)
        visited = math.prod(min(count, 6) for count in cells[level]) - math.prod(min(count, 3) for count in cells[level])
        moments += here * visited * nodes
        moment_bytes += 8 * math.prod(cells[level]) * (nodes * COMPONENTS[axes] + 1)
    return Far(taken, moments, moment_bytes, messages, False)


def far_works(run):
    """Of the cycles of a run."""
    return [far_work(run.size, run.ranks, events * sources_per_event(run)) for events in run.cycle_events]


# The time


@dataclasses.dataclass(frozen=True)
class Machine:
    latency: float  # s
    bandwidth: float  # bytes/s


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What a rank exchanges in a cycle, as counted: bytes = `bytes` + `source_bytes` times the far sources that it takes in."""

    messages: float
    bytes: float
    source_bytes: float
    collectives: float


def fit_traffic(counted):
    """From runs on as many ranks as have neighbours on all sides, that is, from 4 on; messages and collectives of the last."""
    several = [run for run in counted if run.ranks >= 4] or counted[-1:]
    last = several[-1]
    per_cycle = []
    for run in several:
        moments = sum(work.moment_bytes for work in far_works(run))
        per_cycle.append((run.bytes / run.ranks - moments) / run.cycles)
    far = [run.far_per_rank_and_cycle for run in several]
    source_bytes = float(SOURCE_BYTES[len(last.size)])
    if len(several) > 1:
        source_bytes = float(numpy.polyfit(far, per_cycle, 1)[0])
    rest = statistics.fmean(number - source_bytes * sources for number, sources in zip(per_cycle, far))
    return Traffic(last.messages / last.ranks / last.cycles, rest, source_bytes, last.collectives / last.cycles)


def sources_per_event(run):
    """As long as all ranks take in all sources, which runs of few ranks do."""
    return run.far_sources / run.ranks / run.events


TERMS = ("events", "busiest rank", "blocks", "own far sources", "other far sources", "moments", "errors", "cycles", "messages", "bytes", "collectives")
WAITING = ("busiest rank", "messages", "bytes", "collectives")  # not the mean rank's own work
EXPLAINED = {
    "events": "events of the mean rank",
    "busiest rank": "what the busiest rank has more, phase by phase: the others wait",
    "blocks": "beginning and end of every block's turn",
    "own far sources": "stress far from events of the own box, after each cycle",
    "other far sources": "the same from events of other ranks",
    "moments": "the same from sources summed up in cells",
    "errors": "measuring what a sample of events has missed",
    "cycles": "the rest of a cycle",
    "messages": "latency of messages",
    "bytes": "bytes of messages, and those handed to collectives",
    "collectives": "latency of collectives, times log2 of the ranks",
}


def time_of_counts(costs, run, machine):
    """Terms of a run whose counts are known [s]."""
    own = run.far_sources / run.ranks**2
    mean = run.events / run.ranks
    return collections.OrderedDict(zip(TERMS, (
        costs.event * mean, costs.event * mean * (run.busiest - 1), costs.blocks * run.cycles, costs.own_source * own,
        costs.own_source * (run.far_sources / run.ranks - own), 0.0, costs.pair * run.pairs / run.ranks, costs.cycle * run.cycles,
        machine.latency * run.messages / run.ranks, run.bytes / run.ranks / machine.bandwidth,
        machine.latency * run.collectives * math.log2(run.ranks))))


@dataclasses.dataclass(frozen=True)
class Model:
    """Everything that a projection rests on. `profile`: the run whose cycles are taken for those of any cell, events in proportion to voxels."""

    costs: UnitCosts
    machine: Machine
    traffic: Traffic
    law: Law
    crowding: float  # q of fit_crowding
    profile: RunCounts

    def time(self, size, ranks):
        """Terms of the time of a run of a cell [s], and of what ranks take in at most, in one cycle."""
        profile, costs = self.profile, self.costs
        growth = math.prod(size) / math.prod(profile.size)
        share = math.prod(size) / ranks / (math.prod(profile.size) / profile.ranks)  # voxels of a rank, over those of a rank of the profile
        mean = profile.events * growth / ranks
        busiest = 1 + (self.law(ranks) - 1) * share**-self.crowding if ranks > 1 else 1.0
        cycles = profile.cycles
        per_event = sources_per_event(profile)
        sample = max(ERROR_SAMPLE, *profile.measured)
        own = foreign = moments = pairs = data = messages = 0.0
        for events in (count * growth for count in profile.cycle_events):
            far = far_work(size, ranks, events * per_event)
            mine = min(events * per_event / ranks, far.sources)
            own += mine
            foreign += far.sources - mine
            moments += far.moments
            pairs += min(sample, events) * events / ranks
            messages += far.messages
            data += self.traffic.source_bytes * far.sources + far.moment_bytes * math.log2(ranks)
        is_alone = ranks == 1
        return dict(zip(TERMS, (
            costs.event * mean, costs.event * mean * (min(busiest, ranks) - 1), costs.blocks * cycles * share, costs.own_source * own,
            costs.foreign_source * foreign, costs.foreign_source * moments, costs.pair * pairs, costs.cycle * cycles,
            0.0 if is_alone else self.machine.latency * (self.traffic.messages * cycles + messages),
            0.0 if is_alone else (self.traffic.bytes * cycles + data) / self.machine.bandwidth,
            self.machine.latency * self.traffic.collectives * cycles * math.log2(ranks))))
