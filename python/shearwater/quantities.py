"""Quantities by name, each with its unit."""

import collections.abc
import re

import numpy

from shearwater.errors import UnknownName

# Names end with their unit, as in stress_GPa and events_per_s; names without one are numbers.
UNITS = ("s", "GPa", "eV", "nm", "K", "MB")
UNIT_AT_END = re.compile(rf"_(per_)?({'|'.join(UNITS)})$")


def unit_of_name(name):
    """The unit that a column of a table or an entry of the summary has in its name; "1" if there is none."""
    found = UNIT_AT_END.search(name)
    if not found:
        return "1"
    return f"1/{found[2]}" if found[1] else found[2]


class Quantities(collections.abc.Mapping):
    """Arrays or single values by the names that the files give them.

    `units` and `descriptions` have the same names; a unit is "1" for a number without one and None for what is no number, and a description is
    empty where the file has none. `source` is what messages call them, such as a file.
    """

    def __init__(self, values, units, descriptions=None, source=""):
        self._values = dict(values)
        self.source = str(source)
        self.units = dict(units)
        self.descriptions = {name: "" for name in self._values} | dict(descriptions or {})

    def __getitem__(self, name):
        if name not in self._values:
            raise UnknownName(self.source, name, self)
        return self._values[name]

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def label(self, name):
        """Name and unit as an axis of a plot has them, "stress [GPa]" for stress_GPa."""
        unit = self.units[name]
        words = UNIT_AT_END.sub("", name).replace("_", " ")
        return words if unit in (None, "1") else f"{words} [{unit}]"

    def __repr__(self):
        lines = []
        for name, value in self.items():
            what = f"array {'x'.join(map(str, value.shape))}" if isinstance(value, numpy.ndarray) else repr(value)
            lines.append(f"{name} [{self.units[name] or '-'}]  {what}  {self.descriptions[name]}".rstrip())
        return "\n".join(lines)
