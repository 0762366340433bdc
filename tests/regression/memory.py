"""The memory that --check tells is that which a run takes, within 15 %: with --full in 40 runs over engines, dimensions, elements and sizes."""

import pathlib
import re
import subprocess
import time

from runs import DECKS, FULL, MPIEXEC, PROGRAM, Verdict, temporary_folder

WITHIN = 0.15
SOLVE = "--elasticity.update=solve"
OPERATOR = "--elasticity.check=operator"
EVENTS = {"exact": 2000, "sublattice": 2000, "reference": 40}
# engine, size, elements per voxel edge, more words. Of sizes, 1021 and 509 are primes, and 61: they do not fold.
CASES = [
    ("exact", "512x512", 1, ""),
    ("sublattice", "512x512", 4, ""),
    ("exact", "64x64x32", 2, ""),
    ("exact", "128x128", 2, SOLVE),
    ("exact", "509x509", 4, OPERATOR),
]
MORE_CASES = [
    ("exact", "512x512", 4, ""),
    ("exact", "1024x1024", 4, ""),
    ("exact", "1021x1021", 1, ""),
    ("exact", "509x509", 4, ""),
    ("exact", "1021x1021", 4, ""),
    ("exact", "2048x2048", 1, ""),
    ("exact", "256x256", 2, SOLVE),
    ("exact", "256x256", 2, f"{SOLVE} --elasticity.modulus_std=0.1"),
    ("reference", "512x512", 4, ""),
    ("reference", "1024x1024", 1, ""),
    ("sublattice", "1024x1024", 4, ""),
    ("sublattice", "1021x1021", 1, ""),
    ("exact", "64x64x64", 2, ""),
    ("exact", "96x96x96", 1, ""),
    ("exact", "61x61x61", 2, ""),
    ("exact", "1021x1021", 4, OPERATOR),
    ("sublattice", "1021x1021", 2, OPERATOR),
    ("exact", "61x61x61", 2, OPERATOR),
    ("exact", "127x113x131", 1, OPERATOR),
    ("exact", "32x32x32", 2, SOLVE),
]
RANKS = (1, 2)


def estimated(words, ranks):
    """What --check tells [MB], and the seconds and memory [MB] that it takes itself on one rank."""
    begin = time.monotonic()
    command = [*MPIEXEC, "-n", str(ranks), PROGRAM, "--check", str(DECKS / "wang2024.cfg"), *words]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(re.search(r"memory: (\d+) MB", text)[1]), time.monotonic() - begin


def proportional_memory(mark):
    """Memory of all processes that have a word in their command, where what several share counts as one [MB]."""
    total = 0
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark not in (process / "cmdline").read_text() or not (process / "exe").resolve().samefile(PROGRAM):
                continue
            total += int(re.search(r"^Pss: +(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE)[1])
        except (OSError, TypeError):
            continue  # it has just ended
    return total * 1024 / 1e6


def measured(words, ranks):
    """The largest memory of a run, looked at often [MB]."""
    with temporary_folder() as folder:
        output = f"--output={folder}/out"
        command = [*MPIEXEC, "-n", str(ranks), PROGRAM, str(DECKS / "wang2024.cfg"), *words, output]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, proportional_memory(output))
            time.sleep(0.02)
        return peak if process.returncode == 0 else float("nan")


def main():
    verdict = Verdict()
    for engine, size, elements, more in CASES + (MORE_CASES if FULL else []):
        for ranks in RANKS:
            events = 8 if SOLVE in more else EVENTS[engine]
            words = [f"--kmc.engine={engine}", f"--lattice.size={size}", f"--elasticity.elements_per_voxel={elements}", f"--kmc.max_events={events}",
                     "--loading.max_strain=0.5", "--loading.stop_plastic_strain=0", *more.split()]
            told, seconds = estimated(words, ranks)
            found = measured(words, ranks)
            verdict.expect(abs(told / found - 1) <= WITHIN, f"{engine} {size}, {elements} elements {more}, {ranks} ranks: "
                           f"told {told:.0f} MB, measured {found:.0f} MB, ratio {told / found:.2f}; --check took {seconds:.1f} s")
    verdict.exit()


main()
