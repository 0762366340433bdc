"""Reads the tables of a run, such as history.csv."""

import csv

import numpy

from shearwater.errors import ShearwaterError
from shearwater.quantities import Quantities, unit_of_name


def read_table(path):
    """Columns by name. Columns of whole numbers are integers, all others floating-point numbers."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            names, *rows = csv.reader(file)
    except OSError as error:
        raise ShearwaterError(f"{path}: {error.strerror}") from None
    except ValueError:
        raise ShearwaterError(f"{path}: is empty") from None
    if not rows:
        raise ShearwaterError(f"{path}: no rows")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(names):
            raise ShearwaterError(f"{path}: line {number} has {len(row)} cells, the first line {len(names)}")
    columns = {name: column_of(path, name, cells) for name, cells in zip(names, zip(*rows))}
    return Quantities(columns, {name: unit_of_name(name) for name in names}, source=path)


def column_of(path, name, cells):
    try:
        return numpy.array([int(cell) for cell in cells], dtype=numpy.int64)
    except ValueError:
        pass
    try:
        return numpy.array([float(cell) for cell in cells])
    except ValueError:
        raise ShearwaterError(f"{path}: column {name} is not numeric") from None
