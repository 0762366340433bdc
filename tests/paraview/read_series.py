"""What ParaView's "XDMF Reader" or "PVD Reader" shows of a series, for tests/paraview/run. Not a test of its own; ParaView runs it:

  pvbatch read_series.py SERIES FOLDER

Writes to FOLDER, for every time step, step_N.json (time, cells, bounds, kind of the mesh) and step_N.npz: the centres of the cells and every
array of cells, each component by itself under the name that a user reads, e.g. stress_XY.
"""

import json
import pathlib
import sys

import numpy
from paraview import servermanager, simple
from paraview.vtk.util.numpy_support import vtk_to_numpy


def names_and_values(array, values):
    """Every component by the array's name and the one that ParaView gives it."""
    count = array.GetNumberOfComponents()
    if count == 1:
        return {array.GetName(): values}
    return {f"{array.GetName()}_{array.GetComponentName(component)}": values[:, component] for component in range(count)}


def read_step(reader, time):
    centers = simple.CellCenters(Input=reader)
    centers.UpdatePipeline(time=time)
    information = reader.GetDataInformation()
    facts = {"time": time, "cells": information.GetNumberOfCells(), "bounds": list(information.GetBounds()),
             "kind": information.GetDataSetTypeAsString()}
    points = servermanager.Fetch(centers)
    arrays = {"centers": vtk_to_numpy(points.GetPoints().GetData())}
    for array in reader.CellData:
        arrays |= names_and_values(array, vtk_to_numpy(points.GetPointData().GetArray(array.GetName())))
    return facts, arrays


def main():
    series, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    reader = simple.PVDReader(FileName=series) if series.endswith(".pvd") else simple.XDMFReader(FileNames=[series])
    reader.UpdatePipelineInformation()
    for number, time in enumerate(reader.TimestepValues):
        facts, arrays = read_step(reader, time)
        (folder / f"step_{number}.json").write_text(json.dumps(facts))
        numpy.savez(folder / f"step_{number}.npz", **arrays)


main()
