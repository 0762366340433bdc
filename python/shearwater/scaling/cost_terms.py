"""What a run of the sublattice engine costs: counts of a run, costs of one rank, and the terms of the time on any number of ranks.

Names of terms, and of everything that follows from them, are modelled; a RunCounts is counted; UnitCosts are fitted to what was measured.
"""

import collections
import dataclasses
import math
import statistics

import numpy

from shearwater.errors import ShearwaterError
from shearwater.run import Run
from shearwater.scaling.study import process_grid

ERROR_SAMPLE = 64  # kmc.error_sample; larger where a run measured more
# From include/shearwater/elasticity/fmm/ and include/shearwater/engine/sublattice/, for 2 and 3 axes.
LEAF_EDGE = {2: 32, 3: 16}
MOMENT_NODES = {2: 25, 3: 125}
COMPONENTS = {2: 2, 3: 5}
SOURCE_BYTES = {2: 16, 3: 32}  # CycleSource
PART_BYTES = 16  # of MultipoleExpansions::Contribution, besides its sums


@dataclasses.dataclass(frozen=True)
class RunCounts:
    """What a run did between start and end, all ranks together; `collectives` are those that every rank took part in."""

    ranks: int
    size: tuple
    events: int
    cycles: int
    sweeps: int
    rounds: int
    flushes: int
    concurrency: float
    parallelism: float
    far_sources: int
    far_moments: int  # nodes of cells that stand for sources, by each cell that took them in
    refreshed_voxels: int
    messages: int
    bytes: int
    collectives: int
    sweep_messages: int  # of them, between neighbours after each colour, in the search for barriers left over and the choice of intervals
    sweep_bytes: int
    sweep_collectives: int
    far_messages: int  # of them, in bringing stresses up to date after cycles
    far_bytes: int
    cycle_events: tuple  # of each cycle
    measured: tuple  # events of each cycle whose error was measured
    rate_seconds: float  # of rank 0: measured
    other_seconds: float  # of rank 0, neither in exchange nor in rates: measured

    @property
    def busiest(self):
        """Events of the busiest rank, phase by phase added up, over those of the mean rank."""
        return self.ranks / self.concurrency

    @property
    def path(self):
        """Events of the longest chain of events that wait for each other, over those of the mean rank."""
        return self.ranks / self.parallelism

    @property
    def pairs(self):
        """Pairs of an event measured and an event that it may have missed."""
        return sum(measured * events for measured, events in zip(self.measured, self.cycle_events))

    @property
    def far_per_rank_and_cycle(self):
        return self.far_sources / self.ranks / self.cycles


def counts_of(folder, size, base):
    """Counts of the run in a folder. `base`: the summary of a run that exchanges nothing but at start and end, None for no traffic."""
    run = Run(folder)
    summary = run.summary
    if not summary.get("events") or not summary.get("cycles"):
        raise ShearwaterError(f"{folder.name}: has no events; let runs end later, with a larger --max-strain")
    history = run.history
    parts = ("messages", "bytes", "collectives", "sweep_messages", "sweep_bytes", "sweep_collectives", "far_messages", "far_bytes")
    traffic = {name: summary[name] - (base.get(name, 0) if base else 0) for name in parts}
    return RunCounts(
        ranks=summary["ranks"], size=size, concurrency=summary["concurrency"], parallelism=summary["parallelism"], cycle_events=tuple(numpy.diff(history["events"]).tolist()),
        measured=tuple(history["missed_measured"][1:].tolist()), **traffic,
        rate_seconds=summary["rates_s"], other_seconds=summary["wall_s"] - summary["communication_s"] - summary["rates_s"],
        **{name: summary[name] for name in ("events", "cycles", "sweeps", "rounds", "flushes", "far_sources", "far_moments", "refreshed_voxels")})


# Costs


@dataclasses.dataclass(frozen=True)
class UnitCosts:
    """Seconds on one rank here."""

    event: float  # rates and stresses near an event that is carried out
    blocks: float  # of all blocks of a rank in a sweep, whatever happens
    own_source: float  # a far source in the rank's own box
    foreign_source: float  # one elsewhere
    moment: float  # a node of a cell that stands for sources
    pair: float  # of events, in the measurement of errors
    cycle: float  # of a cycle, whatever happens
    far_off: float = None  # relative deviation of what foreign_source and moment were fitted to; None if that could not be


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


def fit_costs(ladder, times):
    """Costs from runs on 1 rank, which take a far source of another rank for an own one. `ladder`: their counts; `times`: medians of (rates_s, update_s,
    wall_s) of each.

    Returns the costs and the relative deviations of the fits.
    """
    rates, update, wall = (list(column) for column in zip(*times))
    cycles = [run.cycles for run in ladder]
    (event, blocks), rates_off = non_negative_fit([[run.events for run in ladder], [run.sweeps for run in ladder]], rates)
    columns = [[run.far_sources for run in ladder], [run.pairs for run in ladder], cycles]
    if any(run.far_moments for run in ladder):
        columns.append([run.far_moments for run in ladder])
    (source, pair, cycle, *moment), update_off = non_negative_fit(columns, update)
    axes = len(ladder[0].size)
    # If no run had moments: a node is told to one cell, a source on each level to as many as are far from it while those around them are near.
    moment = moment or [source / (6**axes - 3**axes)]
    rest = statistics.median((all_in - part - other) / count for all_in, part, other, count in zip(wall, rates, update, cycles))
    return UnitCosts(event, blocks, source, source, *moment, pair, cycle + max(rest, 0.0)), {"rates": rates_off, "update": update_off}


def with_foreign_costs(costs, counted, per_event):
    """The same costs, but for those of far sources of other ranks, which meet fewer and larger cells than own ones, and of moments: they are fitted to what
    is left of the time of rank 0 outside of exchange in runs on 4 ranks and more. Ranks that share cores are slow: how slow is told by what its
    events cost more than on 1 rank. At most the own cost. `counted`: runs; `per_event`: far sources."""
    columns, rests = [], []
    for run in counted:
        own = run.events * per_event / run.ranks
        foreign = run.far_sources / run.ranks - own
        moments = run.far_moments / run.ranks
        slowness = run.rate_seconds / (costs.event * run.events / run.ranks + costs.blocks * run.sweeps)
        rest = run.other_seconds / slowness - costs.cycle * run.cycles - costs.own_source * own - costs.pair * run.pairs / run.ranks
        if run.ranks >= 4 and foreign > 0 and rest > 0:
            columns.append((foreign, moments))
            rests.append(rest)
    if len(rests) < 2 or not any(moments for _, moments in columns):
        return costs
    (foreign, moment), off = non_negative_fit(list(zip(*columns)), rests)
    return dataclasses.replace(costs, foreign_source=min(foreign, costs.own_source), moment=min(moment, costs.own_source), far_off=off)


# How the longest chain of events grows

LAWS = {
    "sqrt-log": ("a + b sqrt(ln P)", lambda ranks: math.sqrt(math.log(ranks))),
    "log": ("a + b ln P", lambda ranks: math.log(ranks)),
    "power": ("a P^b", None),
}


@dataclasses.dataclass(frozen=True)
class Law:
    """Events of the longest chain over those of the mean rank."""

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


def fit_law(name, ranks, paths):
    """1 rank waits for none: laws are for several."""
    several = [(count, value) for count, value in zip(ranks, paths) if count > 1]
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


def fit_laws(ranks, paths):
    """All of them, the best first."""
    return sorted((fit_law(name, ranks, paths) for name in LAWS), key=lambda law: law.off)


def fit_crowding(law, mean, shared):
    """q of path − 1 ~ (events of the mean rank)^−q, from runs of one cell on several ranks; None if there are too few. `mean`: of weak scaling."""
    points = [(math.log(run.events / run.ranks / mean), math.log((run.path - 1) / (law(run.ranks) - 1)))
              for run in shared if run.path > 1 and law(run.ranks) > 1]
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
    reduced_bytes: float  # of moments in a reduction
    told_bytes: float  # of moments from neighbours
    messages: int  # of exchanges between neighbours; 0 if all ranks gather all
    is_transform: bool  # a solve of the whole field replaces all of it


def levels_of(size):
    """Levels of the tree of cells (CellTree::levels_of)."""
    levels = 1
    while 3 * (LEAF_EDGE[len(size)] << levels) <= max(size):
        levels += 1
    return levels


def near_radius(size, box, edge):
    """Largest distance along an axis from a rank's box to sources in cells of an edge that are near to one of its own: CellTree::radius_below, if all
    boxes are alike and cells not cut short."""
    radius = 1
    for length, own in zip(size, box):
        beyond = edge if own % edge == 0 else 2 * edge - math.gcd(round(own), edge)
        radius = max(radius, min(beyond, math.ceil((length - own) / 2)))
    return radius


def hops_of(radius, parts, box):
    """Messages in one direction along each axis."""
    return [min(part - 1, math.ceil(radius / own)) for part, own in zip(parts, box)]


def far_work(size, ranks, sources):
    """As CycleCommit, and FarExchange::moment_level and gathered, decide. `sources`: of the cycle, all ranks together, one for each voxel that has strained."""
    axes = len(size)
    edge, nodes, levels = LEAF_EDGE[axes], MOMENT_NODES[axes], levels_of(size)
    if 128 * sources >= math.prod(size):
        return Far(0.0, 0.0, 0.0, 0.0, 0, True)
    cells = [[math.ceil(length / (edge << level)) for length in size] for level in range(levels)]
    start = next((level for level in range(1, levels) if math.prod(cells[level]) * nodes <= 2 * sources), levels)
    parts = process_grid(ranks, axes)
    box = [length / part for length, part in zip(size, parts)]
    radius = near_radius(size, box, edge << start) if start < levels else max(length // 2 for length in size)
    hops = hops_of(radius, parts, box)
    taken, messages = sources, 2 * sum(hops)
    if start == levels and max(hops) > 1:
        messages = 0  # all ranks gather all
    else:
        taken *= math.prod(min(1.0, (own + 2 * radius) / length) for own, length in zip(box, size))
    moments = 0.0
    for level in range(start, levels):
        here = math.prod(math.ceil(own / (edge << level)) for own in box)
        visited = math.prod(min(count, 6) for count in cells[level]) - math.prod(min(count, 3) for count in cells[level])
        moments += here * visited * nodes
    # Cells no larger than boxes are told of by neighbours, others in a reduction (CellTree::first_larger_level).
    cut = [own for own, part in zip(box, parts) if part > 1]
    larger = next((level for level in range(start, levels) if any(edge << level > own for own in cut)), levels)
    words = 8 * (nodes * COMPONENTS[axes] + 1)
    reduced = words * sum(math.prod(cells[level]) for level in range(larger, levels))
    told = 0.0
    if start < larger:
        # What matters are cells whose parents are near (CellTree::radius_of_multipoles); on the highest level, all.
        radius = max(length // 2 for length in size) if larger == levels else near_radius(size, box, edge << larger)
        messages += 2 * sum(hops_of(radius, parts, box))
        around = math.prod(min(own + 2 * radius, length) for own, length in zip(box, size)) - math.prod(box)
        told = (words + PART_BYTES) * sum(around / (edge << level) ** axes for level in range(start, larger))
    return Far(taken, moments, reduced, told, messages, False)


def far_works(run, per_event):
    """Of the cycles of a run."""
    return [far_work(run.size, run.ranks, events * per_event) for events in run.cycle_events]


# The time


@dataclasses.dataclass(frozen=True)
class Machine:
    latency: float  # s
    bandwidth: float  # bytes/s


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What a rank exchanges in a cycle, but for the far field: in sweeps and in the measurement of errors. Collectives are all."""

    messages: float
    bytes: float
    collectives: float


def traffic_of(run):
    """Of the run on the most ranks, as all have neighbours on all sides there."""
    each = run.ranks * run.cycles
    return Traffic((run.messages - run.far_messages) / each, (run.bytes - run.far_bytes) / each, run.collectives / run.cycles)


def sources_per_event(run):
    """Of a run on 1 rank, which takes in all."""
    return run.far_sources / run.events


TERMS = ("events", "waiting", "blocks", "own far sources", "other far sources", "moments", "errors", "cycles", "messages", "bytes", "collectives")
WAITING = ("waiting", "messages", "bytes", "collectives")  # not the mean rank's own work
EXPLAINED = {
    "events": "events of the mean rank",
    "waiting": "what the longest chain of events that wait for each other, from rank to rank, has more than the mean rank",
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


def time_of_counts(costs, run, machine, per_event):
    """Terms of a run whose counts are known [s]. `per_event`: far sources."""
    own = run.events * per_event / run.ranks
    moments = run.far_moments / run.ranks
    mean = run.events / run.ranks
    return collections.OrderedDict(zip(TERMS, (
        costs.event * mean, costs.event * mean * (run.path - 1), costs.blocks * run.sweeps, costs.own_source * own,
        costs.foreign_source * (run.far_sources / run.ranks - own), costs.moment * moments, costs.pair * run.pairs / run.ranks, costs.cycle * run.cycles,
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
    per_event: float  # far sources
    profile: RunCounts

    def time(self, size, ranks):
        """Terms of the time of a run of a cell [s], and of what ranks take in at most, in one cycle."""
        profile, costs = self.profile, self.costs
        growth = math.prod(size) / math.prod(profile.size)
        share = math.prod(size) / ranks / (math.prod(profile.size) / profile.ranks)  # voxels of a rank, over those of a rank of the profile
        mean = profile.events * growth / ranks
        path = 1 + (self.law(ranks) - 1) * share**-self.crowding if ranks > 1 else 1.0
        cycles = profile.cycles
        per_event = self.per_event
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
            # A reduction of many numbers is a scatter and a gather, each of which moves them once.
            data += SOURCE_BYTES[len(size)] * (far.sources - mine) + far.told_bytes + 2 * far.reduced_bytes
        is_alone = ranks == 1
        return dict(zip(TERMS, (
            costs.event * mean, costs.event * mean * (min(path, ranks) - 1), costs.blocks * profile.sweeps * share, costs.own_source * own,
            costs.foreign_source * foreign, costs.moment * moments, costs.pair * pairs, costs.cycle * cycles,
            0.0 if is_alone else self.machine.latency * (self.traffic.messages * cycles + messages),
            0.0 if is_alone else (self.traffic.bytes * cycles + data) / self.machine.bandwidth,
            self.machine.latency * self.traffic.collectives * cycles * math.log2(ranks))))
