"""Runs the program and reads its output, for the tests in tests/regression and tests/python.

Every script there is called as: script.py PROGRAM MPIEXEC [ARGUMENTS OF MPIEXEC ...] [--full]
Scripts find this module and the package of python/ by PYTHONPATH=python:tests/support, which ctest sets.
"""

import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy

DECKS = pathlib.Path(__file__).resolve().parent.parent.parent / "input_decks"
PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "shearwater"
FULL = "--full" in sys.argv[2:]  # selects the long form of a test, if it has one
MPIEXEC = [word for word in sys.argv[2:] if word != "--full"]
# Settings of Open MPI, which other MPI libraries ignore.
# If a rank exits with a status other than 0, mpiexec waits for two seconds before it exits. Tests that limit the run time disable this.
ENDING_AT_ONCE = {"OMPI_MCA_odls_base_sigkill_timeout": "0"}
# A single rank needs no communication between ranks and creates no files for shared memory.
WITHOUT_SHARED_MEMORY = {"OMPI_MCA_btl": "self"}


class Run:
    """A finished run of the program: its output folder and, if known, its exit status and messages."""

    def __init__(self, folder, process=None):
        self.folder = folder
        if process is not None:
            self.status = process.returncode
            self.stdout = process.stdout
            self.stderr = process.stderr

    def events(self):
        """All events in order, as a dictionary of arrays."""
        parts = []
        for path in sorted(self.folder.glob("events/*.h5")):
            with h5py.File(path) as file:
                parts.append({name: file[name][...] for name in file})
        return {name: numpy.concatenate([part[name] for part in parts]) for name in parts[0]}

    def event_bytes(self):
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("events/*.h5")))

    def field_bytes(self):
        """All fields of the last snapshot."""
        with h5py.File(self.snapshots()[-1]) as file:
            return b"".join(file[f"fields/{name}"][...].tobytes() for name in sorted(file["fields"]))

    def history(self):
        with open(self.folder / "history.csv") as file:
            rows = list(csv.DictReader(file))
        return {name: numpy.array([float(row[name]) for row in rows]) for name in rows[0]}

    def summary(self):
        return json.loads((self.folder / "summary.json").read_text())

    def snapshots(self):
        return sorted(self.folder.glob("snapshots/*.h5"))


def run(deck, folder, *words, ranks=1, check=True, timeout=300):
    """Runs a deck with the output folder `folder`. If `check` is set, a failure of the program ends the test with its messages."""
    command = [*MPIEXEC, "-n", str(ranks), PROGRAM, str(deck), f"--output={folder}", *words]
    process = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if check and process.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{process.stdout}{process.stderr}")
    return Run(pathlib.Path(folder), process)


class Verdict:
    """Prints the result of every check and counts those that passed and failed."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def expect(self, holds, text):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        print(("ok      " if holds else "FAILED  ") + text, flush=True)

    def exit(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def temporary_folder():
    return tempfile.TemporaryDirectory(prefix="shearwater_test_")
