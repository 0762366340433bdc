"""Where the program and its decks are."""

import pathlib
import shutil

# The folder that holds python/, if this package is used from a checkout.
TOP = pathlib.Path(__file__).resolve().parent.parent.parent
DECKS = TOP / "input_decks"


def default_program():
    """The program that was built in the checkout, or else the one on the PATH."""
    built = TOP / "build" / "shearwater"
    found = None if built.is_file() else shutil.which("shearwater")
    return pathlib.Path(found or built)
