"""Writes the snapshots of runs in formats of other programs.

  tools/export FOLDER ... --vti [--order strain|time|number]

--vti writes VTK image data, FOLDER/vti/*.vti, which OVITO opens as a sequence of files, and FOLDER/snapshots.pvd, the same as a series for ParaView.
A 2D cell is one layer of voxels in the x-y plane; tensors have their components' names; lengths are in nm.
"""

import pathlib
import sys

from shearwater.command_line import Parser
from shearwater.errors import ShearwaterError
from shearwater.run import Run
from shearwater.vti import export


def parse():
    parser = Parser(description=__doc__)
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=pathlib.Path, help="output folder of a run")
    parser.add_argument("--vti", action="store_true", required=True, help="as VTK image data")
    parser.add_argument("--order", choices=("strain", "time", "number"),
                        help="what the time of a step of the series is: applied strain (the default of ramps), time in s (that of loads that are held), or the number of the snapshot")
    return parser.parse_args()


def main():
    arguments = parse()
    try:
        for folder in arguments.folders:
            for path in export(Run(folder), arguments.order):
                print(path)
    except (ShearwaterError, OSError) as error:
        sys.exit(f"export: {error}")
    return 0
