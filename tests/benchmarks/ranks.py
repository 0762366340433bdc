#!/usr/bin/python3
"""Time of one deck on several numbers of ranks, in turns so that the ratios can be trusted on a noisy machine.

  tests/benchmarks/ranks.py PROGRAM [--ranks 1,2] [--rounds 3] DECK [--key=value ...]

Prints, for each number of ranks, the median wall time of the loop over events, its ratio to that of the first, and the share of it that rank 0
spent in collectives, waiting included.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile


def run(program, ranks, deck, words, folder):
    command = [pathlib.Path(program).parent / "mpiexec", "-n", str(ranks), program, deck, f"--output={folder}", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads((pathlib.Path(folder) / "summary.json").read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("program")
    parser.add_argument("deck")
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    arguments, words = parser.parse_known_args()
    counts = [int(count) for count in arguments.ranks.split(",")]
    summaries = {count: [] for count in counts}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(arguments.rounds):
            for count in counts:
                summaries[count].append(run(arguments.program, count, arguments.deck, words, f"{scratch}/{turn}_{count}"))
    first = statistics.median(summary["wall_s"] for summary in summaries[counts[0]])
    print(f"{'ranks':>5} {'events':>9} {'wall_s':>9} {'ratio':>7} {'collectives':>12} {'share':>7}  events_xxh3")
    for count in counts:
        wall = statistics.median(summary["wall_s"] for summary in summaries[count])
        share = statistics.median(summary["communication_s"] / summary["wall_s"] for summary in summaries[count])
        last = summaries[count][-1]
        print(f"{count:5d} {last['events']:9d} {wall:9.2f} {wall / first:7.2f} {last['collectives']:12d} {100 * share:6.1f}%  {last['events_xxh3']}")


if __name__ == "__main__":
    main()
