"""The event log is the same, byte for byte, on 1, 2, 3, 4 and 8 ranks: every clock and athermal rule, 2,000 events each."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from runs import DECKS, Verdict, run, temporary_folder

# Fast ramps make many voxels unstable at once, so that the two athermal rules differ.
FAST = ["--loading.strain_rate=1e8"]
SIMULTANEOUS = [*FAST, "--kmc.athermal=simultaneous"]
CASES = {
    "continuous, sequential": ["wang2024.cfg"],
    # Fresh voxels stay soft for longer, so that waiting voxels of all ages are looked at.
    "continuous, slow relaxation": ["wang2024.cfg", "--softening.relaxation_barrier=0.5"],
    "continuous, slower relaxation": ["wang2024.cfg", "--softening.relaxation_barrier=0.66"],
    "continuous, simultaneous": ["wang2024.cfg", *SIMULTANEOUS],
    "increment, sequential": ["table1.cfg", "--loading.clock=increment"],
    "increment, simultaneous": ["table1.cfg", "--loading.clock=increment", "--loading.strain_increment=2e-3", *SIMULTANEOUS],
    "bernoulli, sequential": ["wang2024.cfg", "--loading.clock=bernoulli", "--loading.strain_increment=2e-5"],
    "bernoulli, simultaneous": ["wang2024.cfg", "--loading.clock=bernoulli", *SIMULTANEOUS],
    "published": ["published.cfg"],
}
SIZES = ["64x64", "50x34"]
RANKS = [1, 2, 3, 4, 8]
EVENTS = 2000


def words_for(size, words):
    return [f"--lattice.size={size}", f"--kmc.max_events={EVENTS}", "--loading.stop_plastic_strain=0", "--loading.max_strain=1",
            "--output.event_log=true", *words]


def main():
    verdict = Verdict()
    for size in SIZES:
        for name, (deck, *words) in CASES.items():
            with temporary_folder() as folder:
                runs = {ranks: run(DECKS / deck, f"{folder}/{ranks}", *words_for(size, words), ranks=ranks) for ranks in RANKS}
                logs = {result.event_bytes() for result in runs.values()}
                curves = {(result.folder / "history.csv").read_bytes() for result in runs.values()}
                summary = runs[1].summary()
                if "simultaneous" in name:
                    sequential = [word for word in words if not word.startswith("--kmc.athermal")]
                    other = run(DECKS / deck, f"{folder}/other", *words_for(size, sequential))
                    verdict.expect(other.event_bytes() not in logs, f"{size} {name}: the athermal rule matters in this run")
            verdict.expect(summary["events"] >= EVENTS and len(logs) == 1 and len(curves) == 1,
                           f"{size} {name}: {summary['events']} events ({summary['athermal_events']} athermal), the same on {RANKS} ranks")
    verdict.exit()


main()
