"""A run that cannot go on says step and reason, ends with status 1 on every rank, and writes no field."""

import os

from runs import DECKS, Verdict, run, temporary_folder

SMALL = ["--lattice.size=32x32", "--elasticity.elements_per_voxel=2", "--kmc.max_events=20"]


def expect_failure(verdict, name, fragments, *words, ranks):
    with temporary_folder() as folder:
        result = run(DECKS / "wang2024.cfg", f"{folder}/out", *SMALL, *words, ranks=ranks, check=False)
        fields = [path for path in result.folder.rglob("*.h5*")]
        missing = [fragment for fragment in fragments if fragment not in result.stderr]
        verdict.expect(result.status != 0 and not missing and not fields,
                       f"{name} on {ranks} ranks: status {result.status}, missing {missing}, files {fields}\n        {result.stderr.strip().splitlines()[:1]}")


# None of them solves the elastic problem.
WEAK_SOLVERS = ["-ksp_atol 1e3", "-ksp_rtol 0.5", "-ksp_rtol 0.01 -ksp_norm_type none -ksp_max_it 1", "-ksp_type preonly", "-pc_type none -ksp_max_it 2"]


def check_weak_solvers(verdict):
    """Options that make PETSc's solutions wrong are found by the stress check, whose solver they do not reach, within the first ten events."""
    for options in WEAK_SOLVERS:
        for more in ([], ["--elasticity.modulus_std=0.1"]):
            with temporary_folder() as folder:
                result = run(DECKS / "wang2024.cfg", f"{folder}/out", *SMALL, "--elasticity.update=solve", "--output.history_interval=0", *more, *options.split(),
                             check=False)
                history = result.folder / "history.csv"
                events = int(result.history()["events"][-1]) if history.exists() else 0
                message = result.stderr.strip().splitlines()[:1]
                verdict.expect(result.status in (1, 2) and "error" in result.stderr and events <= 10 and not result.snapshots(),
                               f"update = solve with {' '.join([options, *more])}: status {result.status} after {events} events\n        {message}")


def check_accurate_solver(verdict):
    """Options that make the run's solver worse do not reach that of the stress check: kernel and stresses still agree with it."""
    with temporary_folder() as folder:
        summary = run(DECKS / "wang2024.cfg", f"{folder}/out", *SMALL, "-pc_type", "gamg", "-ksp_max_it", "1", "-ksp_rtol", "0.01").summary()
    verdict.expect(summary["kernel_check_GPa"] < 1e-9 and summary["stress_check_GPa"] < 1e-9, "the solver of the stress check takes no options")


def check_options_reproduced(verdict):
    """PETSc's options in force, from wherever, are in summary and resolved deck, and the deck alone gives them again."""
    os.environ["PETSC_OPTIONS"] = "-ksp_rtol 1e-9"
    with temporary_folder() as folder:
        words = ["--elasticity.update=solve", "--elasticity.petsc_options=-ksp_max_it 777", "-pc_type", "fft"]
        first = run(DECKS / "wang2024.cfg", f"{folder}/first", *SMALL, *words)
        del os.environ["PETSC_OPTIONS"]
        again = run(first.folder / "deck.resolved.cfg", f"{folder}/again")
        found = [result.summary()["petsc_options"] for result in (first, again)]
        in_force = [dict(zip(words[::2], words[1::2])) for words in (text.split() for text in found)]
        verdict.expect(in_force[0] == {"-ksp_rtol": "1e-9", "-ksp_max_it": "777", "-pc_type": "fft"} and in_force[1] == in_force[0],
                       f"options in force: {found[0]}; with the resolved deck alone: {found[1]}")
        verdict.expect(first.summary()["events_xxh3"] == again.summary()["events_xxh3"], "and the events are the same")


def main():
    verdict = Verdict()
    for ranks in (1, 2, 4):
        expect_failure(verdict, "diverging solve per event", ["step", "DIVERGED_ITS", "residual", "-ksp_max_it"], "--elasticity.update=solve",
                       "-pc_type", "gamg", "-ksp_max_it", "1", ranks=ranks)
    expect_failure(verdict, "kernel unlike PETSc", ["check_tolerance", "step 0"], "--elasticity.check_tolerance=1e-17", ranks=2)
    check_weak_solvers(verdict)
    check_accurate_solver(verdict)
    check_options_reproduced(verdict)
    verdict.exit()


main()
