#!/usr/bin/python3
"""What the sublattice engine gains and misses with kmc.events_per_window, in runs that take turns so that ratios can be trusted on a noisy machine.

  tests/benchmarks/windows.py PROGRAM [--windows 0.25,0.5,1,2,4] [--timed 1,2] [--counted 4,16] [--rounds 3] DECK [--key=value ...]

Prints a table. Measured, as medians over rounds: events/s of the exact engine on 1 rank and of the sublattice engine on each number of ranks in
--timed, as ratios to the first. Counted: concurrency, events over events of the busiest rank, summed over colours and cycles, also on numbers of ranks that
share cores (--counted, 1 round); parallelism, events over those of the longest chain that wait for each other; root mean squares of missed exponents.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile


def numbers(text):
    return [int(part) for part in text.split(",")]


def run(arguments, words, ranks, folder, window=None):
    engine = ["--kmc.engine=exact"] if window is None else ["--kmc.engine=sublattice", f"--kmc.events_per_window={window}"]
    mpiexec = pathlib.Path(arguments.program).parent / "mpiexec"
    command = [mpiexec, "-n", str(ranks), arguments.program, arguments.deck, f"--output={folder}", *engine, *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return json.loads((pathlib.Path(folder) / "summary.json").read_text())


def rate(summaries):
    return statistics.median(summary["events_per_s"] for summary in summaries)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("program")
    parser.add_argument("deck")
    parser.add_argument("--windows", default="0.25,0.5,1,2,4")
    parser.add_argument("--timed", default="1,2", type=numbers)
    parser.add_argument("--counted", default="4,16", type=numbers)
    parser.add_argument("--rounds", type=int, default=3)
    arguments, words = parser.parse_known_args()
    windows = arguments.windows.split(",")
    exact, timed, counted = [], {}, {}
    with tempfile.TemporaryDirectory() as scratch:
        for turn in range(arguments.rounds):
            exact.append(run(arguments, words, 1, f"{scratch}/exact_{turn}"))
            for window in windows:
                for ranks in arguments.timed:
                    timed.setdefault((window, ranks), []).append(run(arguments, words, ranks, f"{scratch}/{window}_{ranks}_{turn}", window))
        for window in windows:
            for ranks in arguments.counted:
                counted[window, ranks] = run(arguments, words, ranks, f"{scratch}/{window}_{ranks}", window)
    first = exact[0]
    print(f"exact: {first['events']} events, peak {first['peak_stress_GPa']:.3f} GPa, flow {first['flow_stress_GPa']:.3f} GPa, {rate(exact):.0f} events/s")
    busy = [ranks for ranks in [*arguments.timed, *arguments.counted] if ranks > 1]
    names = ["events_per_window", "events", "peak", "flow", "interval s", "missed rms", "far", "boundary", *(f"concurrency {ranks}" for ranks in busy), *(f"parallelism {ranks}" for ranks in busy),
             *(f"speed {ranks}" for ranks in arguments.timed), *(f"efficiency {ranks}" for ranks in arguments.timed[1:])]
    print("| " + " | ".join(names) + " |\n|" + "---|" * len(names))
    for window in windows:
        one = timed[window, arguments.timed[0]]
        summary = one[0]
        cells = [window, str(summary["events"]), f"{summary['peak_stress_GPa']:.3f}", f"{summary['flow_stress_GPa']:.3f}", f"{summary['window_s']:.2f}",
                 f"{summary['missed_rms']:.3f}", f"{summary['missed_far_rms']:.3f}", f"{summary['missed_boundary_rms']:.3f}"]
        for name in ("concurrency", "parallelism"):
            cells += [f"{(counted.get((window, ranks)) or timed[window, ranks][0])[name]:.2f}" for ranks in busy]
        cells += [f"{rate(timed[window, ranks]) / rate(exact):.2f}" for ranks in arguments.timed]
        cells += [f"{rate(timed[window, ranks]) / rate(one) * arguments.timed[0] / ranks:.2f}" for ranks in arguments.timed[1:]]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
