"""Where PETSc decides, events depend on the number of ranks only within the solver's tolerance: the run says so, and the first 300 events are the same."""


import h5py
import numpy

from runs import DECKS, Verdict, run, temporary_folder

RANKS = (1, 2, 3, 4)
EVENTS = 300
RTOL = 1e-8  # elasticity.rtol
CASES = {
    "uniform moduli": ["--elasticity.update=solve"],
    "different moduli": ["--elasticity.update=solve", "--elasticity.modulus_std=0.1"],
    "different moduli, reference engine": ["--elasticity.update=solve", "--elasticity.modulus_std=0.1", "--kmc.engine=reference"],
    "cycles": ["--lattice.size=128x128", "--kmc.engine=sublattice", "--kmc.far_update=petsc"],
}


def check_case(verdict, name, words):
    with temporary_folder() as folder:
        runs = [run(DECKS / "wang2024.cfg", f"{folder}/{ranks}", "--lattice.size=40x48" if "128" not in "".join(words) else "--seed=1",
                    "--elasticity.elements_per_voxel=1", f"--kmc.max_events={EVENTS}", "--output.event_log=true", *words, ranks=ranks) for ranks in RANKS]
        verdict.expect(all("events depend on the number of ranks" in result.stdout for result in runs), f"{name}: the run says that events depend on ranks")
        lists = [result.events() for result in runs]
        same = all((events[key][:EVENTS] == lists[0][key][:EVENTS]).all() for events in lists for key in ("voxel", "mode"))
        verdict.expect(same and min(len(events["voxel"]) for events in lists) >= EVENTS, f"{name}: voxel and mode of {EVENTS} events are the same on {RANKS} ranks")
        fields = []
        for result in runs:
            with h5py.File(result.snapshots()[-1]) as file:
                fields.append(file["fields/stress"][...])
        off = max(numpy.abs(field - fields[0]).max() for field in fields) / numpy.abs(fields[0]).max()
        verdict.expect(off < 100 * RTOL, f"{name}: stresses differ by {off:.1e} of the largest")


def check_silence(verdict):
    with temporary_folder() as folder:
        text = run(DECKS / "wang2024.cfg", f"{folder}/out", "--lattice.size=32x32", "--kmc.max_events=10").stdout
    verdict.expect("depend on the number of ranks" not in text, "a run by the kernel says nothing of the kind")


def main():
    verdict = Verdict()
    for name, words in CASES.items():
        check_case(verdict, name, words)
    check_silence(verdict)
    verdict.exit()


main()
