"""Starts the commands of python/shearwater from this checkout, with nothing installed. For the commands in this folder.

Each of them is started anew with the package on PYTHONPATH, so that no script edits sys.path. The checkout comes first there: a command and the
package that it uses are always of one version, whatever else is installed.
"""

import os
import pathlib
import sys

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "python"


def launch(name):
    """Replaces this process by `python3 -m shearwater NAME` with the words of the command line. -P keeps the folder it is called in off the path."""
    path = os.pathsep.join(filter(None, [str(PACKAGE), os.environ.get("PYTHONPATH")]))
    os.execve(sys.executable, [sys.executable, "-P", "-m", "shearwater", name, *sys.argv[1:]], os.environ | {"PYTHONPATH": path})
