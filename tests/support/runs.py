"""Runs the program and reads what it wrote, for the tests in tests/regression and tests/python.

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
FULL = "--full" in sys.argv[2:]  # the long form of a test that has one
MPIEXEC = [word for word in sys.argv[2:] if word != "--full"]
# Settings of Open MPI, which other libraries ignore.
# Where a rank ends with a status other than 0, mpiexec waits two seconds of its own before it ends; tests that limit the time of the program go without.
ENDING_AT_ONCE = {"OMPI_MCA_odls_base_sigkill_timeout": "0"}
# A single rank talks only to itself and has no files for memory that ranks share.
WITHOUT_SHARED_MEMORY = {"OMPI_MCA_btl": "self"}


class Run:
    """One finished run of the program: its output folder and, if it is known, its status and messages."""

    def __init__(self, folder, process=None):
        self.folder = folder
        if process is not None:
            self.status = process.returncode
            self.stdout = process.stdout
            self.stderr = process.stderr

    def events(self):
        """All events as a dictionary of arrays, in their order."""
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
    """Runs a deck into `folder`; with `check`, a failure ends the test with the program's messages."""
    command = [*MPIEXEC, "-n", str(ranks), PROGRAM, str(deck), f"--output={folder}", *words]
    process = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if check and process.returncode != 0:
        sys.exit(f"failed: {' '.join(command)}\n{process.stdout}{process.stderr}")
    return Run(pathlib.Path(folder), process)


class Verdict:
    """Counts what held and what did not, and says so."""

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
