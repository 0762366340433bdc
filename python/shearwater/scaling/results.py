"""What the runs of a scaling study show: tables as text and CSV, and plots. For the commands scaling and cost_model.

Times, and what follows from them, are measured: they hold for the machine and its load. Everything else is counted, and the same wherever
it is run. Tables, column names and curves say which of the two they are.
"""

import csv
import dataclasses
import statistics

import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, StrMethodFormatter

from shearwater.drawing import IDEAL, apply_style, save

MEASURED, COUNTED, MODELLED = "measured", "counted", "modelled"
TITLE_SIZE = 9  # titles have several lines


@dataclasses.dataclass(frozen=True)
class Result:
    """One complete run. `cores`: those of this machine if the run was started here without Slurm, else None."""

    ranks: int
    seed: int
    size: str
    cores: int | None
    summary: dict


def value(key):
    """Reads one key of a summary, None if it is not there."""
    return lambda summary: summary.get(key)


def ratio(key, *divisors):
    """Reads a key divided by others, None if one of them is not there or zero."""

    def read(summary):
        numbers = [summary.get(name) for name in (key, *divisors)]
        if None in numbers or 0 in numbers[1:]:
            return None
        quotient = numbers[0]
        for divisor in numbers[1:]:
            quotient /= divisor
        return quotient

    return read


# Columns: name, kind, how a summary gives it. One that no run has is left out. Messages and bytes of a summary are those of all ranks together,
# collectives those that every rank took part in.
COLUMNS = [
    ("wall_s", MEASURED, value("wall_s")),
    ("events_per_s", MEASURED, value("events_per_s")),
    ("events_per_s_per_rank", MEASURED, ratio("events_per_s", "ranks")),
    ("communication_s", MEASURED, value("communication_s")),
    ("communication_share", MEASURED, ratio("communication_s", "wall_s")),
    ("peak_rss_MB", MEASURED, value("peak_rss_MB")),
    ("events", COUNTED, value("events")),
    ("collectives_per_event", COUNTED, ratio("collectives", "events")),
    ("messages_per_event", COUNTED, ratio("messages", "events")),
    ("messages_per_event_per_rank", COUNTED, ratio("messages", "events", "ranks")),
    ("bytes_per_event", COUNTED, ratio("bytes", "events")),
    ("bytes_per_event_per_rank", COUNTED, ratio("bytes", "events", "ranks")),
    ("refreshed_voxels_per_event", COUNTED, ratio("refreshed_voxels", "events")),
    ("refreshed_voxels_per_event_per_rank", COUNTED, ratio("refreshed_voxels", "events", "ranks")),
    # Of the sublattice engine, in which several ranks have events at once.
    ("cycles", COUNTED, value("cycles")),
    ("concurrency", COUNTED, value("concurrency")),
    ("imbalance", COUNTED, value("imbalance")),
    ("missed_rms", COUNTED, value("missed_rms")),
]
# Of a number of ranks, from the medians over its runs.
DERIVED = [("speed_up", MEASURED), ("efficiency", MEASURED)]
KINDS = {name: kind for name, kind, *_ in COLUMNS + DERIVED}


class Row:
    """All runs on one number of ranks: medians over seeds, and the least and largest rate."""

    def __init__(self, results):
        self.ranks = results[0].ranks
        self.size = results[0].size
        self.runs = len(results)
        self.values = {}
        for name, _, read in COLUMNS:
            found = [number for number in (read(result.summary) for result in results) if number is not None]
            if found:
                self.values[name] = statistics.median(found)
        rates = [result.summary["events_per_s"] for result in results]
        self.least, self.most = min(rates), max(rates)

    def compare_with(self, first):
        """Speed-up against the row with the fewest ranks, in rates, so that runs need not be equally long; efficiency is that by ranks."""
        if first.values["events_per_s"] > 0:
            self.values["speed_up"] = self.values["events_per_s"] / first.values["events_per_s"]
            self.values["efficiency"] = self.values["speed_up"] * first.ranks / self.ranks


def rows_of(results):
    ranks = sorted({result.ranks for result in results})
    rows = [Row([result for result in results if result.ranks == count]) for count in ranks]
    for row in rows:
        row.compare_with(rows[0])
    return rows


def columns_of(rows, kind):
    """Names of the columns of one kind that any row has, derived ones behind the rate."""
    order = ["wall_s", "events_per_s", "speed_up", "efficiency", *(name for name, *_ in COLUMNS)]
    return [name for name in dict.fromkeys(order) if KINDS[name] == kind and any(name in row.values for row in rows)]


def text_of(number):
    if number is None:
        return "-"
    return f"{number:d}" if isinstance(number, int) else f"{number:.0f}" if abs(number) >= 10000 else f"{number:.4g}"


def table(lines):
    """Lines of cells, the first of which is a name."""
    cells = [[name, *(cell if isinstance(cell, str) else text_of(cell) for cell in line)] for name, *line in lines]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join([name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line, widths[1:]))]) for name, *line in cells)


def describe(settings):
    per_rank = " per rank" if settings["kind"] == "weak" else ""
    return f"{settings['kind']} scaling of {settings['deck_name']}, {settings['size']} voxels{per_rank}"


def crowded(results):
    """Which ranks had no core of their own, in words; empty if all had."""
    pairs = sorted({(result.ranks, result.cores) for result in results if result.cores is not None and result.ranks > result.cores})
    return ", ".join(f"{ranks} ranks shared {cores} core{'s' if cores > 1 else ''}" for ranks, cores in pairs)


def remarks(settings, results):
    """What a reader of the numbers must know."""
    if crowded(results):
        yield f"{crowded(results)}: what is measured then says nothing about scaling, what is counted does"
    for result in results:
        if result.summary.get("stopped_by") == "walltime":
            yield f"ranks-{result.ranks}-seed-{result.seed} ended for lack of time"
    if settings["kind"] == "strong":
        yield from events_on_ranks(results)


def events_on_ranks(results):
    """Whether runs of one seed went the same way on all numbers of ranks; those that ended for lack of time have no common end."""
    for seed in sorted({result.seed for result in results}):
        runs = [result for result in results if result.seed == seed and result.summary.get("stopped_by") != "walltime"]
        ranks = ", ".join(str(run.ranks) for run in runs)
        if len(runs) > 1:
            same = len({run.summary.get("events_xxh3") for run in runs}) == 1
            yield f"seed {seed}: {'the same events' if same else 'DIFFERENT events'} on {ranks} ranks"


def write_text(path, settings, results, rows, missing):
    """The table has a column for each number of ranks, so that it fits a screen and names are in full."""
    lines = [["ranks", *(row.ranks for row in rows)], ["voxels", *(row.size for row in rows)], ["runs", *(row.runs for row in rows)]]
    for kind in (MEASURED, COUNTED):
        lines += [[f"{kind:8}  {name}", *(row.values.get(name) for row in rows)] for name in columns_of(rows, kind)]
    medians = ["medians over seeds"] if any(row.runs > 1 for row in rows) else []
    words = ["words: " + " ".join(settings["words"])] if settings["words"] else []
    text = "\n".join([describe(settings), *words, *medians, "", table(lines), "", *remarks(settings, results), *missing]).rstrip() + "\n"
    path.write_text(text)
    print(text)


def write_csv(path, names, lines):
    """Column names begin with their kind where they have one."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"{KINDS[name]}.{name}" if name in KINDS else name for name in names])
        writer.writerows(lines)


def write_rows(path, rows):
    """One line for each number of ranks."""
    names = columns_of(rows, MEASURED) + columns_of(rows, COUNTED)
    write_csv(path, ["ranks", "size", "runs", *names], [[row.ranks, row.size, row.runs, *map(row.values.get, names)] for row in rows])


def write_runs(path, results):
    """One line for each run."""
    readers = [(name, read) for name, _, read in COLUMNS if any(read(result.summary) is not None for result in results)]
    facts = ["stopped_by", "events_xxh3", "git_hash"]
    lines = [[result.ranks, result.size, result.seed, *map(result.summary.get, facts), *(read(result.summary) for _, read in readers)]
             for result in sorted(results, key=lambda result: (result.ranks, result.seed))]
    write_csv(path, ["ranks", "size", "seed", *facts, *(name for name, _ in readers)], lines)


def scale_values(axes, values):
    """From zero, or logarithmic where that would press small values together; a zero then has its place below the smallest of the others."""
    positive = [number for number in values if number > 0]
    if not positive or max(positive) < 20 * min(positive):
        axes.set_ylim(0, 1.08 * max(values) or 1)
        return
    if len(positive) == len(values):
        axes.set_yscale("log")
    else:
        axes.set_yscale("symlog", linthresh=min(positive))
        axes.set_ylim(0, 1.5 * max(positive))
    ticks = [digit * 10.0**power for power in range(-12, 15) for digit in (1, 2, 5)]
    axes.yaxis.set_major_locator(FixedLocator([0, *(tick for tick in ticks if tick >= min(positive) / 2)]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))


def draw(path, title, rows, label, curves):
    """Curves against ranks. Each is (legend, values, style for errorbar); values that are None are left out."""
    figure, axes = plt.subplots(figsize=(5.5, 4))
    ranks = [row.ranks for row in rows]
    for legend, values, style in curves:
        points = [(count, number) for count, number in zip(ranks, values) if number is not None]
        axes.errorbar(*zip(*points), label=legend, linewidth=1.2, **({"marker": "o", "markersize": 4, "capsize": 3} | style))
    axes.set_xscale("log", base=2)
    scale_values(axes, [number for _, values, _ in curves for number in values if number is not None])
    axes.set_xticks(ranks, [str(count) for count in ranks])
    axes.minorticks_off()
    axes.set(xlabel="ranks", ylabel=label, title=title)
    axes.grid(linewidth=0.3)
    axes.legend()
    save(figure, path)


def draw_measured(folder, title, rows):
    first = rows[0]
    growth = [row.ranks / first.ranks for row in rows]

    def column(name):
        return [row.values[name] for row in rows]

    rates = column("events_per_s")
    spread = [[rate - row.least for rate, row in zip(rates, rows)], [row.most - rate for rate, row in zip(rates, rows)]]
    measured = "measured, least to most" if any(row.runs > 1 for row in rows) else MEASURED
    draw(folder / "events_per_s.png", title, rows, "events/s, measured",
         [(measured, rates, {"yerr": spread}), ("ideal", [rates[0] * factor for factor in growth], IDEAL)])
    if all("speed_up" in row.values for row in rows):
        reference = f"events/s over that on {first.ranks} rank{'s' if first.ranks > 1 else ''}"
        draw(folder / "speed_up.png", title, rows, f"speed-up, measured: {reference}",
             [(MEASURED, column("speed_up"), {}), ("ideal", growth, IDEAL)])
        draw(folder / "efficiency.png", title, rows, "efficiency, measured",
             [(MEASURED, column("efficiency"), {}), ("ideal", [1.0] * len(rows), IDEAL)])


def draw_counted(folder, title, rows):
    for what in ("bytes", "messages", "refreshed_voxels", "collectives"):
        name = f"{what}_per_event"
        curves = [(f"counted, {legend}", [row.values[key] for row in rows], {})
                  for key, legend in ((name, "all ranks" if what != "collectives" else "each rank takes part"), (f"{name}_per_rank", "per rank"))
                  if all(key in row.values for row in rows)]
        if curves:
            draw(folder / f"{name}.png", title, rows, f"{what.replace('_', ' ')} per event, counted", curves)
    if all("concurrency" in row.values for row in rows):
        concurrency = [row.values["concurrency"] for row in rows]
        curves = [(COUNTED, concurrency, {}), ("ideal", [row.ranks for row in rows], IDEAL)]
        draw(folder / "concurrency.png", title, rows, "concurrency, counted", curves)


def report(folder, settings, results, missing):
    """Writes and prints everything. `missing`: lines about runs that are not complete."""
    apply_style(TITLE_SIZE)
    rows = rows_of(results)
    write_text(folder / "scaling.txt", settings, results, rows, missing)
    write_rows(folder / "scaling.csv", rows)
    write_runs(folder / "runs.csv", results)
    seeds = len({result.seed for result in results})
    title = describe(settings) + (f"\nmedians over {seeds} seeds" if seeds > 1 else "")
    print("\n".join(str(folder / name) for name in ("scaling.txt", "scaling.csv", "runs.csv")))
    draw_measured(folder / "plots", "\n".join(filter(None, [title, crowded(results)])), rows)
    draw_counted(folder / "plots", title, rows)
