"""The event log is the same, byte for byte, on 1, 2, 3, 4 and 8 ranks: every clock and athermal rule, 2,000 events each."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from runs import DECKS, Verdict, run, temporary_folder

CASES = {
    "continuous, sequential": ["wang2024.cfg"],
    "continuous, simultaneous": ["wang2024.cfg", "--kmc.athermal=simultaneous"],
    "increment, sequential": ["table1.cfg", "--loading.clock=increment"],
    "increment, simultaneous": ["table1.cfg", "--loading.clock=increment", "--kmc.athermal=simultaneous"],
    "bernoulli, sequential": ["wang2024.cfg", "--loading.clock=bernoulli", "--loading.strain_increment=2e-5"],
    "bernoulli, simultaneous": ["wang2024.cfg", "--loading.clock=bernoulli", "--loading.strain_increment=2e-5", "--kmc.athermal=simultaneous"],
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
                events = runs[1].summary()["events"]
                athermal = runs[1].summary()["athermal_events"]
            verdict.expect(events >= EVENTS and len(set(logs.values())) == 1 and len(set(curves.values())) == 1,
                           f"{size} {name}: {events} events ({athermal} athermal), the same on {RANKS} ranks")
    verdict.exit()


main()
