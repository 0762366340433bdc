"""Tables and plots of a cost model. For the command cost_model. What is measured, counted or modelled says so."""

import csv
import dataclasses
import math
import statistics
import types

import matplotlib.pyplot as plt

from shearwater.drawing import IDEAL, apply_style, save
from shearwater.scaling import cost_terms as terms
from shearwater.scaling.results import COUNTED, MEASURED, MODELLED, TITLE_SIZE, draw, table
from shearwater.scaling.study import grown_cell

MODEL_STYLE = {"linestyle": ":", "marker": "s", "markersize": 3}
QUIET_SHARE = 0.1  # of the cores that others may use in a run whose time counts, if there are so many such runs of its kind:
LEAST_QUIET = 3
NAMED = 1024  # ranks whose efficiency is named
# Counts that are put to the test of staying the same as ranks become more.
FLAT = ("refreshed_voxels_per_event", "sweep_messages_per_event", "sweep_bytes_per_event", "sweep_reductions_per_event_of_a_rank", "messages_per_event",
        "bytes_per_event", "reductions_per_event_of_a_rank", "far_sources_per_event_of_a_rank")


def size_of(text):
    return tuple(int(length) for length in text.split("x"))


def name_of(size):
    return "x".join(map(str, size))


@dataclasses.dataclass(frozen=True)
class Timed:
    """Which of the runs that take turns count. `others`: of each, the share of the cores that other programs used meanwhile."""

    chosen: list
    others: dict

    @property
    def are_quiet(self):
        return all(self.others[run] is None or self.others[run] <= QUIET_SHARE for run in self.chosen)

    def __str__(self):
        known = [share for share in self.others.values() if share is not None]
        if len(known) < len(self.others):
            return f"all {len(self.others)} runs; what others did on this machine is not known"
        most = max(self.others[run] for run in self.chosen)
        warning = "" if self.are_quiet else ": TIMES ARE NOT TO BE RELIED ON"
        return (f"others used {100 * min(known):.0f} to {100 * max(known):.0f} % of the cores in {len(known)} runs that took turns; "
                f"{len(self.chosen)} count, in which it was at most {100 * most:.0f} %{warning}")


def quiet_runs(study, turns):
    """Of each kind those in which the machine was quiet; if they are too few, the quietest third. Times do not enter the choice."""
    others = {run: study.started(run).get("others") for run in turns}
    if None in others.values():
        return Timed(turns, others)
    chosen = []
    for kind in dict.fromkeys((run.ranks, run.strain, run.sample) for run in turns):
        quietest = sorted((run for run in turns if (run.ranks, run.strain, run.sample) == kind), key=others.get)
        quiet = [run for run in quietest if others[run] <= QUIET_SHARE]
        chosen += quiet if len(quiet) >= LEAST_QUIET else quietest[:max(LEAST_QUIET, math.ceil(len(quietest) / 3))]
    return Timed(chosen, others)


def typical_times(summaries, is_quiet):
    """Medians over turns on a quiet machine; else the quickest run's, since others only add to what one rank takes."""
    keys = ("rates_s", "update_s", "wall_s")
    if is_quiet:
        return [statistics.median(summary[key] for summary in summaries) for key in keys]
    quickest = min(summaries, key=lambda summary: summary["wall_s"])
    return [quickest[key] for key in keys]


class Findings:
    """All that is known before projections."""

    def __init__(self, study, runs, arguments):
        bases = {run.ranks: study.summary(run) for run in runs if run.purpose == "base"}
        counts = {run: terms.counts_of(study.runs / run.name, size_of(run.size), bases.get(run.ranks)) for run in runs if run.purpose != "base"}
        self.weak = sorted((counts[run] for run in runs if run.purpose == "counts"), key=lambda run: run.ranks)
        self.shared = sorted((counts[run] for run in runs if run.purpose == "strong"), key=lambda run: run.ranks)
        turns = [run for run in runs if run.purpose == "turn"]
        self.used = quiet_runs(study, turns)
        used = self.used.chosen
        self.walls = {ranks: [study.summary(run)["wall_s"] for run in used if (run.ranks, run.strain, run.sample) == (ranks, arguments.max_strain, 0)] for ranks in (1, 2)}
        self.busy = [study.summary(run)["wall_s"] - study.summary(run)["communication_s"] for run in used if run.ranks == 2]
        ladder = {(run.strain, run.sample): counts[run] for run in turns if run.ranks == 1}
        times = [typical_times([study.summary(run) for run in used if run.ranks == 1 and (run.strain, run.sample) == kind], self.used.are_quiet)
                 for kind in ladder]
        self.machine = terms.Machine(arguments.latency, arguments.bandwidth)
        self.per_event = terms.sources_per_event(self.weak[0])
        self.costs_of_one, self.fits = terms.fit_costs(list(ladder.values()), times)
        self.costs = terms.with_foreign_costs(self.costs_of_one, self.weak, self.per_event)
        self.ladder = [(strain, run, *row) for ((strain, _), run), row in zip(ladder.items(), times)]
        self.laws = terms.fit_laws([run.ranks for run in self.weak], [run.path for run in self.weak])
        # Lengths of bursts have tails like an exponential or lighter, so a power would promise too much: it is shown, but taken only if asked for.
        self.law = next(law for law in self.laws if (law.name == arguments.law if arguments.law else law.name != "power"))
        profile = self.weak[-1]
        self.traffic = terms.traffic_of(profile)
        self.crowding = terms.fit_crowding(self.law, profile.events / profile.ranks, self.shared)
        self.prediction = terms.time_of_counts(self.costs_of_one, next(run for run in self.weak if run.ranks == 2), self.machine, self.per_event)

    def model(self, law=None, costs=None):
        crowding = 0.5 if self.crowding is None else self.crowding
        return terms.Model(costs or self.costs, self.machine, self.traffic, law or self.law, crowding, self.per_event, self.weak[-1])


class Projection:
    """One cell on some ranks."""

    def __init__(self, model, size, ranks):
        self.size, self.ranks = size, ranks
        self.terms = model.time(size, ranks)
        self.total = sum(self.terms.values())
        self.efficiency = None

    def limiting(self):
        """What takes the most time but for the events themselves."""
        return max((name for name in self.terms if name != "events"), key=self.terms.get)


def weak_projections(model, per_rank, ranks):
    found = [Projection(model, grown_cell(per_rank, count, range(len(per_rank))), count) for count in sorted({1, *ranks})]
    for each in found:
        each.efficiency = found[0].total / each.total
    return found


def strong_projections(model, size, ranks):
    """Only such numbers of ranks as leave each a block of each colour, if blocks are as large as kmc.block = auto makes them."""
    least = terms.LEAF_EDGE[len(size)]
    possible = [count for count in ranks if all(length / part >= 2 * least for length, part in zip(size, terms.process_grid(count, len(size))))]
    found = [Projection(model, size, count) for count in possible]
    for each in found:
        each.efficiency = found[0].total * found[0].ranks / each.total / each.ranks
    return found


# Text


def counted_table(found):
    weak = found.weak
    lines = [["ranks", *(run.ranks for run in weak)], ["voxels", *(name_of(run.size) for run in weak)]]
    for name, read in counted_columns(found):
        lines.append([f"{COUNTED:8}  {name}", *map(read, weak)])
    lines += [[f"{MODELLED:8}  path_over_mean, {law}", *(law(run.ranks) for run in weak)] for law in found.laws]
    for name in ("sources", "moments"):
        lines.append([f"{MODELLED:8}  far_{name}_per_rank_and_cycle", *(far_modelled(run, found.per_event, name) for run in weak)])
    return table(lines)


def far_modelled(run, per_event, name):
    """Sources or moments. What is counted on more ranks than one does not enter."""
    return sum(getattr(work, name) for work in terms.far_works(run, per_event)) / run.cycles


def counted_columns(found):
    """An event of a rank is one of all events, divided by the ranks."""
    return [
        ("events", lambda run: run.events),
        ("cycles", lambda run: run.cycles),
        ("sweeps", lambda run: run.sweeps),
        ("rounds", lambda run: run.rounds),
        ("solves_of_the_whole_field", lambda run: run.flushes),
        ("events_per_rank_and_cycle", lambda run: run.events / run.ranks / run.cycles),
        ("concurrency", lambda run: run.concurrency),
        ("busiest_over_mean", lambda run: run.busiest),
        ("parallelism", lambda run: run.parallelism),
        ("path_over_mean", lambda run: run.path),
        ("far_sources_per_rank_and_cycle", lambda run: run.far_per_rank_and_cycle),
        ("far_moments_per_rank_and_cycle", lambda run: run.far_moments / run.ranks / run.cycles),
        ("refreshed_voxels_per_event", lambda run: run.refreshed_voxels / run.events),
        ("messages_per_event", lambda run: run.messages / run.events),
        ("bytes_per_event", lambda run: run.bytes / run.events),
        ("reductions_per_event_of_a_rank", lambda run: run.collectives * run.ranks / run.events),
        ("sweep_messages_per_event", lambda run: run.sweep_messages / run.events),
        ("sweep_bytes_per_event", lambda run: run.sweep_bytes / run.events),
        ("sweep_reductions_per_event_of_a_rank", lambda run: run.sweep_collectives * run.ranks / run.events),
        ("far_bytes_per_event", lambda run: run.far_bytes / run.events),
        ("far_sources_per_event_of_a_rank", lambda run: run.far_sources / run.events),
        ("messages_per_rank_and_cycle", lambda run: run.messages / run.ranks / run.cycles),
        ("bytes_per_rank_and_cycle", lambda run: run.bytes / run.ranks / run.cycles),
        ("reductions_per_cycle", lambda run: run.collectives / run.cycles),
    ]


def flatness(found):
    """Which counts stay the same within 10 % of their mean from 4 ranks on, and if not, from where."""
    several = [run for run in found.weak if run.ranks >= 4]
    if len(several) < 2:
        yield "flat or not: that takes two runs on 4 ranks or more"
        return
    readers = dict(counted_columns(found))
    for name in FLAT:
        values = [readers[name](run) for run in several]
        if not all(values):
            continue
        first = next(place for place in range(len(values)) if deviation(values[place:]) <= 0.1)
        said = (f"{name}, {several[0].ranks} to {several[-1].ranks} ranks: within {100 * deviation(values):.0f} % of the mean, "
                f"{values[-1] / values[0]:.2f} times as many at the end as at the beginning")
        if first == 0:
            yield f"flat: {said}"
        else:
            yield f"NOT FLAT: {said}" + (f"; flat from {several[first].ranks} ranks on" if first < len(values) - 1 else "")
    yield "divided by all events and by the ranks once more, the first three fall as 1/ranks, since each rank has its share of the events only"


def deviation(values):
    mean = statistics.fmean(values)
    return max(abs(value / mean - 1) for value in values)


def costs_table(found):
    costs = found.costs
    one = found.costs_of_one
    crowd = "" if costs.far_off is None else f", fitted to rank 0 of 4 ranks and more in a crowd, off by {100 * costs.far_off:.0f} % rms"
    foreign, moment = (f"{1e6 * cost:.2g} in the prediction for 2 ranks{crowd}" for cost in (one.foreign_source, one.moment))
    rows = [("event carried out", costs.event, "fitted to measured rates_s on 1 rank"), ("blocks of a rank, per sweep", costs.blocks, "the same"),
            ("far source, own box", costs.own_source, "fitted to measured update_s on 1 rank"), ("far source, other rank", costs.foreign_source, foreign),
            ("node of moments", costs.moment, moment),
            ("pair in the measurement of errors", costs.pair, "fitted to measured update_s on 1 rank"),
            ("rest of a cycle", costs.cycle, "the same, with wall_s")]
    text = table([["cost of", "us"], *([f"{name}: {source}", 1e6 * cost] for name, cost, source in rows)])
    offs = ", ".join(f"{name}_s by {100 * off:.1f} %" for name, off in found.fits.items())
    lines = [["strain", "events", "cycles", "sweeps", "far_sources", "pairs", "rates_s", "update_s", "wall_s"],
             *([f"{strain:g}", run.events, run.cycles, run.sweeps, run.far_sources, run.pairs, *times] for strain, run, *times in found.ladder)]
    which = "medians over turns" if found.used.are_quiet else "of the quickest run, as others slowed down the rest"
    return f"{text}\nfits are off by, rms: {offs}\n\n1 rank at several strains, counts and measured seconds ({which}):\n{table(lines)}"


def predicted(found):
    total, measured = sum(found.prediction.values()), statistics.median(found.walls[2])
    lines = [["term, modelled", "s"], *([name, seconds] for name, seconds in found.prediction.items()), ["sum", total]]
    text = table(lines)
    spread = {ranks: f"median {statistics.median(walls):.4g} s, {min(walls):.4g} to {max(walls):.4g} s over {len(walls)} runs"
              for ranks, walls in found.walls.items()}
    off = total / measured - 1
    busy = sum(seconds for name, seconds in found.prediction.items() if name not in terms.WAITING)
    busy_measured = statistics.median(found.busy)
    within = "within 15 %" if abs(off) <= 0.15 else "NOT within 15 %"
    return (f"{text}\nmeasured: {found.used}\nmodelled wall_s on 2 ranks: {total:.4g} s\n"
            f"measured wall_s on 2 ranks: {spread[2]}\nmeasured wall_s on 1 rank: {spread[1]}\n"
            f"the prediction is off by {100 * off:+.0f} % of the median, {within}, "
            f"and by {100 * (total / min(found.walls[2]) - 1):+.0f} % of the quickest run\n"
            f"without what a rank waits and exchanges: modelled {busy:.4g} s, measured on rank 0 {busy_measured:.4g} s (median), off by "
            f"{100 * (busy / busy_measured - 1):+.0f} %; the model knows nothing of waits for a core")


def projected_table(projections, kind):
    lines = [["ranks", *(each.ranks for each in projections)], ["voxels", *(name_of(each.size) for each in projections)],
             [f"{MODELLED}  wall_s", *(each.total for each in projections)],
             [f"{MODELLED}  {kind} efficiency", *(each.efficiency for each in projections)]]
    lines += [[f"{MODELLED}  {name}, %", *(100 * each.terms[name] / each.total for each in projections)] for name in terms.TERMS]
    lines.append([f"{MODELLED}  limited by", *(each.limiting() for each in projections)])
    return table(lines)


def named_efficiency(found, arguments):
    """At 1,024 ranks, and how it depends on what is least certain."""
    def at(model):
        return weak_projections(model, arguments.size_per_rank, [NAMED])[-1]

    best = at(found.model())
    limit = best.limiting()
    yield (f"modelled weak efficiency on {NAMED} ranks, {name_of(best.size)}: {100 * best.efficiency:.1f} %, "
           f"{best.ranks * best.efficiency:.0f} times the rate of 1 rank, limited by {limit} "
           f"({terms.EXPLAINED[limit]}), {100 * best.terms[limit] / best.total:.0f} % of the time")
    without = best.total - best.terms[limit]
    yield f"  without that term: {100 * best.efficiency * best.total / without:.1f} %"
    for law in found.laws:
        if law != found.law:
            yield f"  with waiting by {law}: {100 * at(found.model(law=law)).efficiency:.1f} %"
    for which, factor in (("half", 0.5), ("twice", 2.0)):
        other = dataclasses.replace(found.costs, foreign_source=factor * found.costs.foreign_source, moment=factor * found.costs.moment)
        yield f"  with {which} the costs of far sources of other ranks and of moments: {100 * at(found.model(costs=other)).efficiency:.1f} %"


def assumptions(found, arguments):
    traffic, profile = found.traffic, found.weak[-1]
    yield f"latency {found.machine.latency:g} s, bandwidth {found.machine.bandwidth:g} bytes/s of each rank, cores as fast as those here: stated, not measured"
    yield (f"cycles, events per voxel and far sources per event are those of {profile.ranks} ranks, {name_of(profile.size)} voxels, to a strain of "
           f"{arguments.max_strain:g}: {profile.cycles} cycles of {profile.sweeps} sweeps, {profile.events / profile.ranks / profile.cycles:.3g} events of a rank in one")
    yield ("ranks wait for neighbours: events are as many as in the longest chain of events that wait for each other, as if all took the same time, over which the "
           "rest of a rank's work is spread evenly")
    yield f"the chain over the mean rank grows as {found.law}, fitted to the counts from 2 to {profile.ranks} ranks and extrapolated"
    if found.crowding is None:
        yield "strong scaling: what the chain has more goes with (events of the mean rank)^-0.5, assumed"
    else:
        yield (f"strong scaling: what the chain has more goes with (events of the mean rank)^-{found.crowding:.2f}, from counts of "
               f"{name_of(found.shared[0].size)} on {', '.join(str(run.ranks) for run in found.shared)} ranks")
    yield ("a rank takes in all far sources of the cell, until cells hold more of them than half their nodes; then those in such cells next to its own, and "
           "moments of cells in place of the others (cycle_commit.cpp): from neighbours if they are no larger than the box, or by a reduction, which moves each "
           "number twice")
    yield (f"a rank sends {traffic.messages:.3g} messages in a cycle and handles {traffic.bytes:.0f} bytes, besides those of the far field, and takes part in "
           f"{traffic.collectives:.3g} reductions: counted on {profile.ranks} ranks")
    yield "messages come one after the other, reductions take log2 of the ranks steps; nothing overlaps; memory, network and nodes have no other load"
    yield "reading, start, snapshots and PETSc's judgement are left out, as they are from wall_s; what they exchange is subtracted from the counts"
    if any(run.flushes for run in found.weak):
        yield "WARNING: there were solves of the whole field by transforms, whose cost is not modelled"
    if any(run.rounds for run in found.weak):
        yield f"{profile.rounds} rounds after cycles were counted on {profile.ranks} ranks; they are kept at that"


def write_csv(path, names, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)
    print(path)


def write_tables(folder, found, weak, strong):
    readers = counted_columns(found)
    names = [*(f"{COUNTED}.{name}" for name, _ in readers), *(f"{MODELLED}.path_over_mean_{law.name}" for law in found.laws),
             f"{MEASURED}.wall_s", f"{MODELLED}.wall_s"]
    rows = []
    for run in found.weak:
        modelled = sum(found.prediction.values()) if run.ranks == 2 else sum(terms.time_of_counts(found.costs, run, found.machine, found.per_event).values())
        measured = statistics.median(found.walls[run.ranks]) if run.ranks in found.walls else None
        rows.append([run.ranks, name_of(run.size), *(read(run) for _, read in readers), *(law(run.ranks) for law in found.laws), measured, modelled])
    write_csv(folder / "cost_model.csv", ["ranks", "size", *names], rows)
    write_csv(folder / "projection.csv", ["scaling", "ranks", "size", *(f"{MODELLED}.{name}" for name in ("wall_s", "efficiency")),
                                          *(f"{MODELLED}.{name.replace(' ', '_')}_s" for name in terms.TERMS)],
              [[kind, each.ranks, name_of(each.size), each.total, each.efficiency, *each.terms.values()]
               for kind, projections in (("weak", weak), ("strong", strong)) for each in projections])


# Plots


def rows_for(ranks):
    return [types.SimpleNamespace(ranks=count) for count in sorted(set(ranks))]


def along(rows, values):
    """Values of a dictionary by ranks, None where there is none."""
    return [values.get(row.ranks) for row in rows]


def draw_breakdown(path, title, projections):
    """Shares; terms that never take 2 % are drawn together."""
    small = [name for name in terms.TERMS if all(each.terms[name] < 0.02 * each.total for each in projections)]
    shares = {name: [100 * each.terms[name] / each.total for each in projections] for name in terms.TERMS if name not in small}
    shares["the rest"] = [100 * sum(each.terms[name] for name in small) / each.total for each in projections]
    figure, axes = plt.subplots(figsize=(7, 4))
    bottom = [0.0] * len(projections)
    for color, (name, heights) in enumerate(shares.items()):
        axes.bar(range(len(projections)), heights, bottom=bottom, label=f"{MODELLED}: {name}", color=plt.get_cmap("tab20")(color))
        bottom = [low + height for low, height in zip(bottom, heights)]
    axes.set_xticks(range(len(projections)), [f"{each.ranks}\n{each.total:.3g} s" for each in projections])
    axes.set(xlabel="ranks, and time of the run, modelled", ylabel="share of the time, modelled [%]", title=title)
    axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))
    save(figure, path)


def draw_prediction(path, title, found):
    figure, axes = plt.subplots(figsize=(5.5, 4))
    bottom = 0.0
    for color, (name, seconds) in enumerate(found.prediction.items()):
        if seconds > 0.01 * sum(found.prediction.values()):
            axes.bar(0, seconds, 0.5, bottom=bottom, label=f"{MODELLED}: {name}", color=plt.get_cmap("tab20")(color))
            bottom += seconds
    for place, ranks in ((1, 2), (2, 1)):
        walls = found.walls[ranks]
        axes.bar(place, statistics.median(walls), 0.5, color="0.7")
        axes.plot([place] * len(walls), walls, "k.", markersize=4, label=f"{MEASURED}: each turn" if ranks == 2 else None)
    axes.set_xticks([0, 1, 2], ["2 ranks, modelled\nwithout having seen it", "2 ranks, measured\nmedian", "1 rank, measured\nmedian"])
    axes.set(ylabel="wall_s [s]", title=title)
    axes.legend(fontsize=7)
    save(figure, path)


def draw_all(folder, title, found, weak, strong):
    apply_style(TITLE_SIZE)
    rows = rows_for([run.ranks for run in found.weak] + [each.ranks for each in weak])
    by_law = [(f"{MODELLED}: {law}", [law(row.ranks) for row in rows], MODEL_STYLE) for law in found.laws]
    draw(folder / "path.png", title, rows, "events over those of the mean rank",
         [(f"{COUNTED}: longest chain", along(rows, {run.ranks: run.path for run in found.weak}), {"linestyle": "none"}),
          (f"{COUNTED}: busiest rank, colour by colour", along(rows, {run.ranks: run.busiest for run in found.weak}), {"linestyle": "none"}), *by_law])
    far = {each.ranks: each for each in weak}
    profile = found.weak[-1]
    sources, with_moments = [], []
    for row in rows:
        size = far[row.ranks].size if row.ranks in far else next(run.size for run in found.weak if run.ranks == row.ranks)
        growth = math.prod(size) / math.prod(profile.size)
        works = [terms.far_work(size, row.ranks, events * growth * found.per_event) for events in profile.cycle_events]
        sources.append(sum(work.sources for work in works) / profile.cycles)
        with_moments.append(sum(work.sources + work.moments for work in works) / profile.cycles)
    draw(folder / "far_sources.png", title, rows, "far sources that a rank takes in after a cycle",
         [(COUNTED, along(rows, {run.ranks: run.far_per_rank_and_cycle for run in found.weak}), {"linestyle": "none", "markersize": 6}),
          (f"{MODELLED}, one by one", sources, MODEL_STYLE), (f"{MODELLED}, with nodes of moments", with_moments, MODEL_STYLE)])
    several = rows_for([run.ranks for run in found.weak])
    readers = dict(counted_columns(found))
    last = found.weak[-1]
    draw(folder / "flat.png", title, several, f"counts over those on {last.ranks} ranks",
         [(f"{COUNTED}: {name}", [readers[name](run) / (readers[name](last) or 1) for run in found.weak], {}) for name in FLAT])
    draw_prediction(folder / "prediction.png", title, found)
    rows = rows_for([1, 2, *(each.ranks for each in weak)])
    walls = {ranks: statistics.median(walls) for ranks, walls in found.walls.items()}
    draw(folder / "weak_efficiency.png", title, rows, "weak efficiency",
         [(f"{MEASURED} here, 2 ranks", along(rows, {ranks: walls[1] / wall for ranks, wall in walls.items()}), {"linestyle": "none"}),
          *((f"{MODELLED}, waiting by {law.name}{' (the model)' if law == found.law else ''}",
             along(rows, {each.ranks: each.efficiency for each in weak_projections(found.model(law=law), weak[0].size, [each.ranks for each in weak])}),
             MODEL_STYLE) for law in found.laws), ("ideal", [1.0] * len(rows), IDEAL)])
    draw_breakdown(folder / "weak_breakdown.png", title, weak)
    if len(strong) > 1:
        first = strong[0]
        draw(folder / "strong_speed_up.png", f"{title}\n{name_of(first.size)} voxels", strong, f"speed-up over {first.ranks} ranks",
             [(MODELLED, [first.total / each.total for each in strong], MODEL_STYLE),
              ("ideal", [each.ranks / first.ranks for each in strong], IDEAL)])
        draw_breakdown(folder / "strong_breakdown.png", f"{title}\n{name_of(first.size)} voxels", strong)


def report(study, runs, arguments):
    """Writes and prints everything."""
    found = Findings(study, runs, arguments)
    model = found.model()
    weak = weak_projections(model, arguments.size_per_rank, [*arguments.project, NAMED])
    strong = strong_projections(model, arguments.strong_size, arguments.project)
    title = f"cost model of {arguments.deck.name}, {name_of(arguments.size_per_rank)} voxels per rank"
    parts = [title, "words: " + " ".join(arguments.words), "",
             "COUNTED on ranks that share the cores here (per event: of all ranks, over all events)", counted_table(found), "", *flatness(found), "",
             "COSTS of one rank here", costs_table(found), "",
             "PREDICTION for 2 ranks: costs from 1 rank, counts from 2, no time measured on 2", predicted(found), "",
             "MODELLED weak scaling", projected_table(weak, "weak"), "", *named_efficiency(found, arguments), "",
             f"MODELLED strong scaling of {name_of(arguments.strong_size)}, efficiency against the fewest ranks", projected_table(strong, "strong") if strong
             else "no number of ranks in --project leaves each two blocks along every axis", "",
             "ASSUMPTIONS", *(f"- {line}" for line in assumptions(found, arguments))]
    text = "\n".join(parts) + "\n"
    print(text)
    (study.folder / "cost_model.txt").write_text(text)
    print(study.folder / "cost_model.txt")
    write_tables(study.folder, found, weak, strong)
    draw_all(study.folder / "plots", title, found, weak, strong)
