"""A run that cannot go on says step and reason, ends with status 1 on every rank, and writes no field."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from runs import DECKS, Verdict, run, temporary_folder

SMALL = ["--lattice.size=32x32", "--elasticity.elements_per_voxel=2", "--kmc.max_events=20"]


def expect_failure(verdict, name, fragments, *words, ranks):
    with temporary_folder() as folder:
        result = run(DECKS / "wang2024.cfg", f"{folder}/out", *SMALL, *words, ranks=ranks, check=False)
        fields = [path for path in result.folder.rglob("*.h5*")]
        missing = [fragment for fragment in fragments if fragment not in result.stderr]
        verdict.expect(result.status != 0 and not missing and not fields,
                       f"{name} on {ranks} ranks: status {result.status}, missing {missing}, files {fields}\n        {result.stderr.strip().splitlines()[:1]}")


def main():
    verdict = Verdict()
    for ranks in (1, 2, 4):
        expect_failure(verdict, "diverging solve per event", ["step", "DIVERGED_ITS", "residual", "-ksp_max_it"], "--elasticity.update=solve",
                       "-pc_type", "gamg", "-ksp_max_it", "1", ranks=ranks)
        expect_failure(verdict, "diverging check of the kernel", ["step 0", "DIVERGED_ITS", "residual"], "-pc_type", "gamg", "-ksp_max_it", "1", ranks=ranks)
    expect_failure(verdict, "kernel unlike PETSc", ["check_tolerance", "step 0"], "--elasticity.check_tolerance=1e-17", ranks=2)
    verdict.exit()


main()
