"""Reads a snapshot: fields over the cell at one moment."""

import collections.abc
import functools
import pathlib

import numpy

from shearwater.deck import lattice_size, read_deck
from shearwater.errors import ShearwaterError, UnknownName
from shearwater.hdf5_files import attributes_of, described, opened
from shearwater.tensors import component_names

EXTREME_STRAIN = 0.7  # von Mises strain above which a voxel counts as an extreme site


def strain_statistics(von_mises):
    """Statistics of the von Mises strains of all voxels, under the names that summary.json has.

    localization_index is the standard deviation over the voxels, von_mises_p99_9 the smallest strain that at most 0.1 % of the voxels exceed.
    """
    strains = numpy.sort(numpy.ravel(von_mises))
    return {
        "localization_index": float(strains.std()),
        "extreme_sites": int(numpy.count_nonzero(strains > EXTREME_STRAIN)),
        "von_mises_p99_9": float(strains[len(strains) - 1 - len(strains) // 1000]),
        "von_mises_mean": float(strains.mean()),
        "transformed_fraction": numpy.count_nonzero(strains) / len(strains),
    }


class Snapshot(collections.abc.Mapping):
    """Fields by name, snapshot["stress"]; each is read from the file when it is asked for.

    Axes are those of the file: y, x in 2D and z, y, x in 3D, then the component of a tensor.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        with opened(self.path) as file:
            self.attributes = attributes_of(file)
            self.units, self.descriptions = described(file["fields"])
            self._shapes = {name: dataset.shape for name, dataset in file["fields"].items()}
        for name in ("deck", "strain", "time", "voxel_size_nm"):
            if name not in self.attributes:
                raise ShearwaterError(f"{self.path}: is no snapshot: it has no attribute {name}")

    def __getitem__(self, name):
        if name not in self._shapes:
            raise UnknownName(self.path, name, self)
        with opened(self.path) as file:
            return file["fields"][name][...]

    def __iter__(self):
        return iter(self._shapes)

    def __len__(self):
        return len(self._shapes)

    def __repr__(self):
        return f"{self.path}: strain {self.strain:g}, {'x'.join(map(str, self.size))} voxels, {', '.join(self)}"

    @property
    def strain(self):
        """Applied strain [-]."""
        return float(self.attributes["strain"])

    @property
    def time_s(self):
        return float(self.attributes["time"])

    @property
    def voxel_size_nm(self):
        """Edge of a voxel [nm] along each axis of the cell, x first."""
        return tuple(float(edge) for edge in numpy.broadcast_to(self.attributes["voxel_size_nm"], len(self.size)))

    @property
    def size(self):
        """Voxels along each axis of the cell, x first."""
        return lattice_size(self.deck)

    @functools.cached_property
    def deck(self):
        """The deck of the run."""
        return read_deck(self.attributes["deck"], self.path)

    def components(self, name):
        """Names of the components of a tensor, in the order of the last axis; none for a field of numbers."""
        shape = self._shapes[name]
        return component_names(shape[-1]) if len(shape) > len(self.size) else ()

    def component(self, name, component):
        """One component of a tensor, for example snapshot.component("stress", "xy")."""
        return self[name][..., self.components(name).index(component)]

    def strain_statistics(self):
        """See the function of this name."""
        return strain_statistics(self["von_mises_strain"])
