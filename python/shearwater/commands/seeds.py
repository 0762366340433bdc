"""Runs a deck with several seeds, and with several values of one key, and prints mean and standard deviation of the results.

  tools/seeds DECK --seeds 1-12 [--vary elasticity.elements_per_voxel=1,2,4,8] [--jobs 2] [--into FOLDER] [-- --key=value ...]

Each run is on one rank; --jobs of them run at a time. Output folders are kept when --into is given. Words after -- go to the program, in every run.
"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

from shearwater.averages import average
from shearwater.checkout import default_program
from shearwater.command_line import Parser, numbers, parse_with_words, require_program
from shearwater.run import Run

CYCLE_COLUMNS = ["cycles", "missed_rms"]  # of the sublattice engine
COLUMNS = ["peak_stress_GPa", "yield_stress_GPa", "flow_stress_GPa", "localization_index", "events", "athermal_share", "max_generation"]


def parse():
    parser = Parser(description=__doc__)
    parser.add_argument("deck")
    parser.add_argument("--seeds", default=numbers("1-12"), type=numbers, help="for example 1-12 or 1,3,5 (default: 1-12)")
    parser.add_argument("--vary", default="", help="section.key=value,value,...")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--into", help="folder to keep the output in")
    parser.add_argument("--program", default=default_program())
    arguments, arguments.words = parse_with_words(parser, "tools/seeds DECK")
    require_program(parser, arguments.program)
    return arguments


def run(arguments, folder, seed, word):
    output = folder / f"{word.replace('--', '').replace('=', '_') or 'run'}_seed_{seed}"
    command = [arguments.program, arguments.deck, f"--seed={seed}", f"--output={output}", *arguments.words, *([word] if word else [])]
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(process.stderr)
    finished = Run(output)
    return dict(finished.summary) | {"athermal_share": finished.athermal_share}


def mean_and_deviation(summaries, column):
    found = average([float("nan") if summary.get(column) is None else summary[column] for summary in summaries])
    return f"{found.mean:.4g} ± {found.deviation if found.runs > 1 else 0.0:.2g}"


def main():
    arguments = parse()
    key, _, values = arguments.vary.partition("=")
    words = [f"--{key}={value}" for value in values.split(",")] if key else [""]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(arguments.into or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        has_cycles = any("sublattice" in word for word in [*arguments.words, *words]) or "sublattice" in pathlib.Path(arguments.deck).read_text()
        columns = COLUMNS + (CYCLE_COLUMNS if has_cycles else [])
        print(" | ".join([f"{len(arguments.seeds)} seeds".ljust(40), *(column.rjust(18) for column in columns)]))
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for word in words:
                summaries = list(pool.map(lambda seed, word=word: run(arguments, folder, seed, word), arguments.seeds))
                cells = [mean_and_deviation(summaries, column).rjust(18) for column in columns]
                print(" | ".join([(word or pathlib.Path(arguments.deck).name).ljust(40), *cells]), flush=True)
    return 0
