"""Reads the output folder of a run."""

import functools
import json
import math
import pathlib

import numpy

from shearwater.avalanches import avalanches, waiting_times
from shearwater.deck import read_deck
from shearwater.errors import ShearwaterError
from shearwater.hdf5_files import described, opened
from shearwater.quantities import Quantities, unit_of_name
from shearwater.snapshot import Snapshot
from shearwater.tables import read_table

BOLTZMANN = 8.617333262e-5  # eV/K
BURST_AGE = 10  # relaxation times


class Run:
    """One run, by its output folder. Files are read when they are first asked for."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        if not self.folder.is_dir():
            raise ShearwaterError(f"{self.folder}: no such folder")

    def __repr__(self):
        return f"Run({str(self.folder)!r})"

    @functools.cached_property
    def history(self):
        """Columns of history.csv."""
        return read_table(self.folder / "history.csv")

    @functools.cached_property
    def timing(self):
        """Columns of timing.csv."""
        return read_table(self.folder / "timing.csv")

    @functools.cached_property
    def summary(self):
        """Entries of summary.json, None for what the run did not reach."""
        values = json.loads(self._text("summary.json", "has the run ended?"))
        is_number = {name: isinstance(value, (int, float, type(None))) and not isinstance(value, bool) for name, value in values.items()}
        return Quantities(values, {name: unit_of_name(name) if is_number[name] else None for name in values}, source=self.folder / "summary.json")

    @functools.cached_property
    def deck(self):
        """Values of deck.resolved.cfg by key, run.deck["stz.volume"]."""
        return read_deck(self._text("deck.resolved.cfg", "is this the output folder of a run?"), self.folder / "deck.resolved.cfg")

    @property
    def held(self):
        """What a run whose load is held holds, "strain" or "stress"; None for a ramp."""
        return {"relax": "strain", "creep": "stress"}.get(self.deck["loading.protocol"])

    @functools.cached_property
    def events(self):
        """All events in their order."""
        paths = sorted((self.folder / "events").glob("*.h5"))
        if not paths:
            raise ShearwaterError(f"{self.folder / 'events'}: no events; runs list them with --output.event_log=true")
        parts = {}
        for path in paths:
            with opened(path) as file:
                units, descriptions = described(file)
                for name, dataset in file.items():
                    parts.setdefault(name, []).append(dataset[...])
        return Quantities({name: numpy.concatenate(arrays) for name, arrays in parts.items()}, units, descriptions, self.folder / "events")

    @functools.cached_property
    def snapshots(self):
        """All snapshots in their order."""
        return [Snapshot(path) for path in sorted((self.folder / "snapshots").glob("*.h5"))]

    @property
    def athermal_share(self):
        """Share of the events that happened because stress alone had removed their barrier; 0 without events."""
        return self.summary["athermal_events"] / max(self.summary["events"], 1)

    @property
    def relaxation_time_s(self):
        """Time in which temporary softening decays, exp(Q_act / k_B T) / nu_0."""
        thermal = BOLTZMANN * self.deck["loading.temperature"]
        return math.exp(self.deck["softening.relaxation_barrier"] / thermal) / self.deck["stz.attempt_frequency"]

    @property
    def waiting_times_s(self):
        """Times between one event and the next."""
        return waiting_times(self.events)

    def avalanches(self, gap_s=None):
        """Groups of events less than `gap_s` apart, by default 10 relaxation times."""
        return avalanches(self, BURST_AGE * self.relaxation_time_s if gap_s is None else gap_s)

    def _text(self, name, question):
        try:
            return (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ShearwaterError(f"{self.folder / name}: no such file; {question}") from None
