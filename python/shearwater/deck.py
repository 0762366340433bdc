"""Reads a resolved deck, which has every key with the value that was used, its unit and its meaning."""

import re

from shearwater.quantities import Quantities

# "# Young's modulus [GPa], > 0": meaning, unit and range. The last brackets before the range are the unit.
COMMENT = re.compile(r"# (?P<description>.*) \[(?P<unit>[^\[\]]+)\], ")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def value_of(text):
    """A number, true or false where the text is one; else the text, without the quotes that it may have been written in."""
    quoted = QUOTED.match(text)
    if quoted:
        return re.sub(r"\\(.)", r"\1", quoted[1])
    text = text.split("#")[0].strip()
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def read_deck(text, source="deck"):
    """Values by key, "section.key" where there is a section. A key whose comment names no unit has the unit None."""
    values, units, descriptions = {}, {}, {}
    section, comment = "", None
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("#"):
            comment = COMMENT.match(line)
        elif line.startswith("["):
            section = line[1 : line.index("]")] + "."
        elif "=" in line:
            name, _, value = line.partition("=")
            key = section + name.strip()
            values[key] = value_of(value.strip())
            units[key], descriptions[key] = (comment["unit"], comment["description"]) if comment else (None, "")
            comment = None
    return Quantities(values, units, descriptions, source)


def lattice_size(deck):
    """Voxels along each axis of the cell, x first."""
    return tuple(int(length) for length in deck["lattice.size"].split("x"))
