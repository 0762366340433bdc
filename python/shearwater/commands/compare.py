"""Compares the statistics of two settings of the program over many seeds, and exits with 0 only if they agree.

  tools/compare --a=--kmc.engine=reference --b=--kmc.engine=exact [--study exact] [--jobs 2] [--into FOLDER]
  tools/compare --a=--kmc.engine=exact --b=--kmc.engine=sublattice --study sublattice

Several words for one side go into one argument: --b='--kmc.engine=exact --elasticity.update=solve'. For every case of the study it compares
- the means over seeds of each quantity: within 3 combined standard errors, or within a share of the mean (--within) if that is more;
- the distribution over seeds of each quantity: Kolmogorov-Smirnov test;
- the waiting times and von Mises strains of the first 500 events of all runs, and the sizes of avalanches (events less than 10 relaxation times
  apart) of all: Kolmogorov-Smirnov test, exchanging whole runs. Waiting times and avalanches are printed side by side as well.
Holm's correction over all these tests must leave a p-value above 0.01. The limit on means is applied to each mean by itself, so of many means
an odd one may lie beyond it by chance: with 49 about every sixth time. How likely the farthest one is for equal settings is printed.

Runs go on where they were interrupted if --into is given; results.json there has all numbers. Each run is on one rank; --jobs of them run
at a time.
"""

import concurrent.futures
import hashlib
import json
import math
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

import numpy

from shearwater.averages import average
from shearwater.avalanches import first_events_of_avalanches
from shearwater.checkout import DECKS, default_program
from shearwater.command_line import Parser, require_program
from shearwater.errors import ShearwaterError
from shearwater.permutation import PERMUTATIONS, chance_of_farthest, holm, kolmogorov_smirnov, standard_errors_apart
from shearwater.run import BURST_AGE, Run
from shearwater.tensors import von_mises_strain

# study: name of the case and of its folder, seeds on each side, deck, words
STUDIES = {
    "exact": [
        ("wang2024", 96, "wang2024.cfg", []),
        ("table1", 24, "table1.cfg", []),
        ("limit-ln0.8", 24, "wang2024.cfg", [f"--softening.limit={-math.log(0.8)}"]),
        ("350K-1e-4", 24, "wang2024.cfg", ["--loading.temperature=350", "--loading.strain_rate=1e-4"]),
        ("500K-1e2", 24, "wang2024.cfg", ["--loading.temperature=500", "--loading.strain_rate=1e2"]),
        ("300K-1e2", 24, "wang2024.cfg", ["--loading.temperature=300", "--loading.strain_rate=1e2"]),
        ("increment", 24, "wang2024.cfg", ["--loading.clock=increment"]),
        ("50K", 24, "wang2024.cfg", ["--loading.temperature=50"]),
    ],
    "sublattice": [("wang2024", 24, "wang2024.cfg", []), ("table1", 24, "table1.cfg", [])],
}
SIZES = {"exact": "64x64", "sublattice": "128x128"}
WITHIN = {"exact": 0.0, "sublattice": 0.01}  # the sublattice engine is not exact; an error of 1 % is what it may have
# No seed is used twice. It fixes the modes that every voxel has at first, so the same seeds on both sides would make pairs of similar
# runs, and the tests know of no pairs; in two cases, they would make one unlucky draw count twice (results of such runs correlate by up to 0.7).
# Case 1 has seeds from 1001 (a) and 2001 (b), case 2 from 3001 and 4001, and so on, fixed here before any run: add cases at the end only.
SEEDS_AT_MOST = 1000

QUANTITIES = ["peak_stress_GPa", "yield_stress_GPa", "flow_stress_GPa", "events", "athermal_share", "reversals", "localization_index"]
EVENT_QUANTITIES = ["waiting_time_s", "event_strain", "avalanche_size"]
FIRST_EVENTS = 500
STANDARD_ERRORS = 3
FAMILY_P = 0.01


def first_seed(study, case, side):
    return 1 + SEEDS_AT_MOST * (1 + 2 * STUDIES[study].index(case) + "ab".index(side))


def parse():
    parser = Parser(description=__doc__)
    parser.add_argument("--a", required=True, type=shlex.split, help="words for the program on one side")
    parser.add_argument("--b", required=True, type=shlex.split, help="words for the program on the other side")
    parser.add_argument("--study", default="exact", choices=STUDIES)
    parser.add_argument("--only", help="name of the one case to run")
    parser.add_argument("--seeds", type=int, help=f"seeds on each side, 2 .. {SEEDS_AT_MOST} (default: what the case says)")
    parser.add_argument("--size", help="lattice.size (default: what the study says)")
    parser.add_argument("--within", type=float, help="relative difference of means that does not matter (default: what the study says)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--into", help="folder to keep the output in")
    parser.add_argument("--program", default=default_program())
    arguments = parser.parse_args()
    if arguments.seeds is not None and not 2 <= arguments.seeds <= SEEDS_AT_MOST:
        parser.error(f"--seeds={arguments.seeds}: must be 2 .. {SEEDS_AT_MOST}, or there is no spread, or both sides share seeds")
    require_program(parser, arguments.program)
    if arguments.jobs < 1:
        parser.error(f"--jobs={arguments.jobs}: must be at least 1")
    arguments.size = arguments.size or SIZES[arguments.study]
    arguments.within = WITHIN[arguments.study] if arguments.within is None else arguments.within
    arguments.cases = [case for case in STUDIES[arguments.study] if arguments.only in (None, case[0])]
    if not arguments.cases:
        parser.error(f"--only={arguments.only}: the study has no such case; it has {', '.join(case[0] for case in STUDIES[arguments.study])}")
    return arguments


def claim(folder, arguments):
    """Notes in the folder what its runs depend on, or makes sure that runs already there depend on the same."""
    files = [pathlib.Path(arguments.program), *sorted(DECKS.glob("*.cfg"))]
    settings = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    settings |= {"a": arguments.a, "b": arguments.b, "size": arguments.size, "study": arguments.study}
    note = folder / "settings.json"
    if not note.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise ShearwaterError(f"{folder} holds something else than a study; name another folder")
        folder.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps(settings, indent=2))
    there = json.loads(note.read_text())
    differing = [name for name in settings if there.get(name) != settings[name]]
    if differing:
        raise ShearwaterError(f"{folder} holds runs that differ in {', '.join(differing)}; name another folder")


def run(arguments, case, side, seed, output):
    """One run of the program, unless its output is there from before."""
    if output.exists():
        return
    output.parent.mkdir(exist_ok=True)
    partial = output.with_name(f"{output.name}.partial")  # so that a folder of the final name is always complete
    shutil.rmtree(partial, ignore_errors=True)
    _, _, deck, words = case
    command = [arguments.program, DECKS / deck, f"--lattice.size={arguments.size}", f"--seed={seed}", "--output.event_log=true",
               f"--output={partial}", *words, *getattr(arguments, side)]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        raise ShearwaterError(f"failed: {shlex.join(map(str, command))}\n{process.stdout}{process.stderr}")
    partial.rename(output)


def of_events(run):
    """Waiting times between the first events [s] and their von Mises strains, sqrt(e:e / 2); sizes of all avalanches [events]."""
    waiting, strain = run.waiting_times_s, run.events["strain"]
    first = first_events_of_avalanches(waiting, BURST_AGE * run.relaxation_time_s)
    return {"waiting_time_s": waiting[: FIRST_EVENTS - 1], "event_strain": von_mises_strain(strain[:FIRST_EVENTS]),
            "avalanche_size": numpy.diff([*first, len(strain)])}


def observe(output):
    """All quantities of one run: numbers, and arrays over events or avalanches."""
    run = Run(output)
    summary = dict(run.summary) | {"athermal_share": run.athermal_share}
    absent = [name for name in QUANTITIES if name not in summary]
    if absent:
        raise ShearwaterError(f"{output}: the summary has no {' or '.join(absent)}; leave output.observables at its default")
    missing = [name for name in QUANTITIES if summary[name] is None]
    if missing or summary["events"] < 2:
        raise ShearwaterError(f"{output}: too short a run: {summary['events']} events, no {' or '.join(missing)}")
    return {name: summary[name] for name in QUANTITIES} | of_events(run)


def observe_side(arguments, folder, pool, case, side):
    """Futures of what the runs of one side show, in the order of seeds."""
    name, seeds = case[0], arguments.seeds or case[1]

    def run_and_observe(seed):
        output = folder / name / f"{side}-{seed}"
        run(arguments, case, side, seed, output)
        return observe(output)

    first = first_seed(arguments.study, case, side)
    return [pool.submit(run_and_observe, seed) for seed in range(first, first + seeds)]


def compare_quantity(name, a, b):
    """What two lists of observed runs say about one quantity."""
    values = [[run[name] for run in side] for side in (a, b)]
    distance, p = kolmogorov_smirnov(*([numpy.atleast_1d(value) for value in side] for side in values))
    row = {"quantity": name, "distance": distance, "p": p}
    if name in QUANTITIES:
        for side, of_side in zip("ab", map(average, values)):
            row[f"mean_{side}"], row[f"error_{side}"] = of_side.mean, of_side.error
        row["standard_errors"] = standard_errors_apart(*values)
        row["values_a"], row["values_b"] = values
    return row


def print_case(name, rows, runs, seconds):
    print(f"\n{name}: {runs} + {runs} runs, {seconds:.0f} s\n")
    print(f"| {'quantity':18} | {'a':>21} | {'b':>21} | std. errors | distance |       p |")
    print(f"|{'-' * 20}|{'-' * 23}|{'-' * 23}|{'-' * 13}|{'-' * 10}|{'-' * 9}|")
    for row in rows:
        cells = [" " * 21, " " * 21, " " * 11]
        if "standard_errors" in row:
            cells = [f"{row[f'mean_{side}']:>10.5g} ± {row[f'error_{side}']:<8.2g}" for side in "ab"] + [f"{row['standard_errors']:+11.2f}"]
        print(f"| {row['quantity']:18} | {' | '.join(cells)} | {row['distance']:8.4f} | {row['p']:7.5f} |", flush=True)


def print_side_by_side(a, b):
    """Shares of waiting times in decades, and of avalanches in sizes that double."""
    bins = {"waiting_time_s": [0.0, *(10.0**exponent for exponent in range(-12, 2, 2)), math.inf],
            "avalanche_size": [1, 2, 3, 5, 9, 17, 33, 65, math.inf]}
    for name, edges in bins.items():
        shares = []
        for side in (a, b):
            values = numpy.concatenate([run[name] for run in side])
            shares.append(numpy.histogram(values, edges)[0] / len(values))
        print(f"\n{name:16} from " + " ".join(f"{edge:8.3g}" for edge in edges[:-1]))
        for side, share in zip("ab", shares):
            print(f"{side:>16} [%]  " + " ".join(f"{100 * part:8.3f}" for part in share), flush=True)


def is_apart(row, within):
    """Whether two means differ by more than chance and tolerance allow."""
    difference = abs(row["mean_b"] - row["mean_a"])
    return abs(row["standard_errors"]) > STANDARD_ERRORS and difference > within * abs(row["mean_a"])


def compare_case(arguments, folder, pool, case):
    start = time.monotonic()
    futures = [observe_side(arguments, folder, pool, case, side) for side in "ab"]
    a, b = ([future.result() for future in side] for side in futures)
    rows = [compare_quantity(name, a, b) for name in QUANTITIES + EVENT_QUANTITIES]
    print_case(case[0], rows, len(a), time.monotonic() - start)
    print_side_by_side(a, b)
    return [{"case": case[0]} | row for row in rows]


def chance_of(farthest, means):
    cases = {row["case"]: ([], []) for row in means}
    for row in means:
        for values, side in zip(cases[row["case"]], "ab"):
            values.append(row[f"values_{side}"])
    return chance_of_farthest(cases.values(), abs(farthest["standard_errors"]))


def judge(rows, within):
    """Verdict over all cases, as words that are printed and numbers that are kept. Adds each test's adjusted p-value to its row."""
    for row, adjusted in zip(rows, holm([row["p"] for row in rows])):
        row["adjusted_p"] = float(adjusted)
    means = [row for row in rows if "standard_errors" in row]
    farthest = max(means, key=lambda row: abs(row["standard_errors"]))
    least = min(rows, key=lambda row: row["p"])
    chance = chance_of(farthest, means)
    beyond = sum(is_apart(row, within) for row in means)
    agree = beyond == 0 and least["adjusted_p"] > FAMILY_P
    print(f"\n{len(means)} means: {beyond} farther apart than {STANDARD_ERRORS} standard errors and {within:.0%}; the farthest is {farthest['quantity']} of"
          f" {farthest['case']}, {farthest['standard_errors']:+.2f}; equal settings would come as far apart in {chance:.2%} of studies")
    print(f"{len(rows)} tests of {PERMUTATIONS} permutations: the smallest p is {least['p']:.5f}, {least['quantity']} of {least['case']};"
          f" corrected for all tests {least['adjusted_p']:.4f}, limit {FAMILY_P}")
    print("a and b agree" if agree else "a and b DIFFER")
    return {"agree": agree, "means_beyond": beyond, "largest_standard_errors": farthest["standard_errors"], "largest_by_chance": chance,
            "smallest_p": least["p"],
            "family_p": least["adjusted_p"], "permutations": PERMUTATIONS}


def compare(arguments, folder):
    start = time.monotonic()
    claim(folder, arguments)
    print(f"a: {shlex.join(arguments.a)}\nb: {shlex.join(arguments.b)}\n{arguments.size} voxels", flush=True)
    pool = concurrent.futures.ThreadPoolExecutor(arguments.jobs)
    try:
        rows = [row for case in arguments.cases for row in compare_case(arguments, folder, pool, case)]
    finally:
        pool.shutdown(cancel_futures=True)  # after an error, what has not begun need not run
    results = judge(rows, arguments.within) | {"a": arguments.a, "b": arguments.b, "size": arguments.size, "seconds": time.monotonic() - start, "tests": rows}
    (folder / "results.json").write_text(json.dumps(results, indent=1))
    return results["agree"]


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as scratch:
        try:
            agree = compare(arguments, pathlib.Path(arguments.into or f"{scratch}/study"))
        except ShearwaterError as error:
            sys.exit(f"compare: {error}")
    return 0 if agree else 1
