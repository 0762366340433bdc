"""Adding kernel responses and solving with PETSc after every event give the same 300 events and the same stresses."""

import pathlib
import sys

import h5py
import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from runs import DECKS, Verdict, run, temporary_folder


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        words = ["--lattice.size=64x64", "--elasticity.elements_per_voxel=2", "--kmc.max_events=300", "--elasticity.rtol=1e-12",
                 "--output.event_log=true", "--seed=3"]
        kernel = run(DECKS / "wang2024.cfg", f"{folder}/kernel", *words)
        solve = run(DECKS / "wang2024.cfg", f"{folder}/solve", *words, "--elasticity.update=solve", ranks=2)
        a, b = kernel.events(), solve.events()
        for name in ("voxel", "mode", "generation", "athermal"):
            verdict.expect(len(a[name]) == 300 and (a[name] == b[name]).all(), f"300 events have the same {name}")
        with h5py.File(kernel.snapshots()[-1]) as first, h5py.File(solve.snapshots()[-1]) as second:
            difference = numpy.abs(first["fields/stress"][...] - second["fields/stress"][...]).max()
        verdict.expect(difference < 1e-8, f"stresses differ by {difference:.1e} GPa")
        verdict.expect(solve.summary()["elastic_solves"] > 300, f"PETSc solved {solve.summary()['elastic_solves']} times")
    verdict.exit()


main()
