"""What the HDF5 files of a run have in common: datasets with the attributes `unit` and `description`."""

import contextlib

import h5py

from shearwater.errors import ShearwaterError


@contextlib.contextmanager
def opened(path):
    """The open file; whatever cannot be read in it is reported with the name of the file."""
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError) as error:
        raise ShearwaterError(f"{path}: cannot be read: {error}") from None


def text_of(value):
    """Attributes hold text as bytes."""
    return value.decode() if isinstance(value, bytes) else value


def attributes_of(item):
    return {name: text_of(value) for name, value in item.attrs.items()}


def described(group):
    """Units and descriptions of the datasets of a group, by name."""
    attributes = {name: attributes_of(dataset) for name, dataset in group.items()}
    return tuple({name: each.get(what, default) for name, each in attributes.items()} for what, default in (("unit", None), ("description", "")))
