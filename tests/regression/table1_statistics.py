"""Statistics over 12 seeds of the parameters of Table 1 agree with those of an independent program (tests/data/README.md)."""

import math
import statistics

from runs import DECKS, Verdict, run, temporary_folder

SEEDS = range(1, 13)
# mean and standard deviation over 12 seeds
REFERENCE = {
    "peak_stress_GPa": (5.058, 0.038),
    "yield_stress_GPa": (4.661, 0.077),
    "flow_stress_GPa": (4.950, 0.054),
    "localization_index": (0.0519, 0.0006),
    "events": (1887, 69),
    "athermal_share": (0.422, 0.013),
}


def summary_of(seed, folder):
    words = ["--lattice.size=64x64", f"--softening.limit={-math.log(0.8)}", "--loading.clock=increment", "--loading.strain_increment=1e-4"]
    summary = run(DECKS / "table1.cfg", f"{folder}/{seed}", f"--seed={seed}", *words).summary()
    summary["athermal_share"] = summary["athermal_events"] / summary["events"]
    return summary


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        summaries = [summary_of(seed, folder) for seed in SEEDS]
    for name, (mean, deviation) in REFERENCE.items():
        values = [summary[name] for summary in summaries]
        ours, spread = statistics.mean(values), statistics.stdev(values)
        error = math.sqrt((deviation**2 + spread**2) / len(SEEDS))
        verdict.expect(abs(ours - mean) <= 3 * error,
                       f"{name}: {ours:.4g} ± {spread:.2g}, reference {mean:.4g} ± {deviation:.2g}: {(ours - mean) / error:+.2f} standard errors")
    verdict.exit()


main()
