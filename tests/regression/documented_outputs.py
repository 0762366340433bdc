#!/usr/bin/python3
"""The page of the manual on outputs names what runs write, and nothing else: documented_outputs.py PROGRAM [MPIEXEC...]

Columns, entries, datasets and attributes of a run of the exact engine and one of the sublattice engine are compared with the first columns of the
tables of docs/outputs.md, section by section.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import h5py

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "outputs.md"
DECK = "[lattice]\nsize = 32x32\n[elasticity]\nelements_per_voxel = 1\n[loading]\nmax_strain = 0.03\n[output]\nevent_log = true\n"


def documented():
    """Names in the first columns of the tables, by the heading of the second level that they stand under."""
    names, heading = {}, ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| `") and heading:
            names.setdefault(heading, set()).update(re.findall(r"`([^`]+)`", line.split("|")[1]))
    return names


def header(path):
    """Columns of a table."""
    return set(path.read_text(encoding="utf-8").splitlines()[0].split(","))


def datasets(path):
    """Datasets of an HDF5 file, and its own attributes."""
    names, attributes = set(), set()
    with h5py.File(path) as file:
        file.visititems(lambda name, item: names.add(name) if isinstance(item, h5py.Dataset) else None)
        attributes.update(file.attrs)
    return names, attributes


def written(folder):
    """Names of everything in an output folder, by the same headings."""
    fields, attributes = datasets(folder / "snapshots" / "snapshot_000001.h5")
    events, _ = datasets(folder / "events" / "events_000001.h5")
    return {"history.csv": header(folder / "history.csv"), "timing.csv": header(folder / "timing.csv"), "Snapshots": fields | attributes,
            "Event log": events, "summary.json": set(json.loads((folder / "summary.json").read_text(encoding="utf-8")))}


def everything(program):
    """Settings by which a run has every observable and every field that a deck can choose."""
    deck = subprocess.run([program, "--dump-deck"], check=True, capture_output=True, text=True).stdout
    settings = []
    for key in ("observables", "fields"):
        choices = re.search(r"some of ([a-z_, 0-9]+), separated by commas[^\n]*\n+" + key + " =", deck).group(1)
        settings.append(f"--output.{key}={choices.replace(' ', '')}")
    return settings


def main():
    program, page, problems = sys.argv[1], documented(), []
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        deck = pathlib.Path(scratch) / "deck.cfg"
        deck.write_text(DECK)
        for engine in ("exact", "sublattice"):
            folder = pathlib.Path(scratch) / engine
            subprocess.run([program, str(deck), f"--kmc.engine={engine}", f"--output={folder}", *everything(program)], check=True, stdout=subprocess.DEVNULL)
            for heading, names in written(folder).items():
                found.setdefault(heading, set()).update(names)
    for heading, names in found.items():
        for name in sorted(names - page.get(heading, set())):
            problems.append(f"docs/outputs.md, {heading}: {name} is written, but not described")
        for name in sorted(page.get(heading, set()) - names):
            problems.append(f"docs/outputs.md, {heading}: {name} is described, but not written")
    print("\n".join(problems) if problems else "docs/outputs.md names what runs write")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
