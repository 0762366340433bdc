"""The event log is the same, byte for byte, on 1, 2, 3, 4 and 8 ranks: every clock and athermal rule, 2,000 events each."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from runs import DECKS, Verdict, run, temporary_folder

# Fast ramps make many voxels unstable at once, so that the two athermal rules differ.
FAST = ["--loading.strain_rate=1e8"]
SIMULTANEOUS = ["--kmc.athermal=simultaneous", *FAST]
CASES = {
    "continuous, sequential": ["wang2024.cfg"],
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


def main():
    verdict = Verdict()
    for size in SIZES:
        for name, (deck, *words) in CASES.items():
            runs = {}
            with temporary_folder() as folder:
                for ranks in RANKS:
                    runs[ranks] = run(DECKS / deck, f"{folder}/{ranks}", f"--lattice.size={size}", f"--kmc.max_events={EVENTS}",
                                      "--loading.stop_plastic_strain=0", "--output.event_log=true", *words, ranks=ranks)
                logs = {ranks: result.event_bytes() for ranks, result in runs.items()}
                curves = {ranks: (result.folder / "history.csv").read_bytes() for ranks, result in runs.items()}
                summary = runs[1].summary()
                events, athermal = summary["events"], summary["athermal_events"]
            at_once = events - summary["steps"]
            if "simultaneous" in name:
                verdict.expect(at_once > 0, f"{size} {name}: voxels do transform at once")
            verdict.expect(events >= EVENTS and len(set(logs.values())) == 1 and len(set(curves.values())) == 1,
                           f"{size} {name}: {events} events ({athermal} athermal), the same on {RANKS} ranks")
    verdict.exit()


main()
