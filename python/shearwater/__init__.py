"""Reads and draws what Shearwater writes.

    run = shearwater.Run("out")
    run.history["stress_GPa"], run.summary["peak_stress_GPa"], run.deck["stz.volume"], run.events["strain"], run.snapshots[-1]["stress"]

Everything that has a name has a unit, too: run.history.units["stress_GPa"] is "GPa". README.md has examples.
"""

from shearwater.avalanches import LogNormal, first_events_of_avalanches, fit_log_normal
from shearwater.averages import Average, average
from shearwater.ensemble import Ensemble
from shearwater.errors import ShearwaterError
from shearwater.quantities import Quantities
from shearwater.run import Run
from shearwater.snapshot import Snapshot, strain_statistics
from shearwater.tensors import component_names, equivalent_shear_stress, von_mises_strain

__version__ = "0.1.0"

__all__ = [
    "Average", "Ensemble", "LogNormal", "Quantities", "Run", "ShearwaterError", "Snapshot", "average", "component_names",
    "equivalent_shear_stress", "first_events_of_avalanches", "fit_log_normal", "strain_statistics", "von_mises_strain",
]
