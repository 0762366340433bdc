"""`shearwater-export --vti`: VTK reads from the files what the HDF5 files hold, by name, and they are of the kind that OVITO reads.

VTK's Python modules come with Debian's python3-vtk9 or with python3-paraview, which exclude each other. Where neither is installed, this test
installs what tests/paraview needs, as that test could not install it beside python3-vtk9. Ends with 77, which ctest reports as skipped, where it cannot.
"""

import base64
import importlib
import pathlib
import struct
import subprocess
import sys
import xml.etree.ElementTree

import h5py
import numpy
from packages import Unavailable, install_missing_packages
from runs import DECKS, Verdict, run, temporary_folder

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SKIPPED = 77
COMPONENTS = {3: ("xx", "yy", "xy"), 6: ("xx", "yy", "zz", "yz", "xz", "xy")}
VTK_ORDER = {3: ["xx", "yy", "xy"], 6: ["xx", "yy", "zz", "xy", "yz", "xz"]}  # of vtkMath::TensorFromSymmetricTensor
STRAINS = (0.02, 0.03)
WORDS = ["--elasticity.elements_per_voxel=1", f"--output.snapshot_strains={','.join(map(str, STRAINS))}"]


def vtk_modules():
    """The readers and the conversion of arrays."""
    try:
        importlib.import_module("vtkmodules")
    except ImportError:
        install_missing_packages(TOP / "tests" / "paraview" / "packages.txt")
        importlib.invalidate_caches()
    return importlib.import_module("vtkmodules.vtkIOXML"), importlib.import_module("vtkmodules.util.numpy_support")


def export(*words):
    return subprocess.run([TOP / "tools" / "export", *words], capture_output=True, text=True)


def wanted_arrays(snapshot):
    """Every field by its name, and every component of a tensor by both names, with axes z, y, x."""
    arrays = {}
    with h5py.File(snapshot) as file:
        dimensions = file["fields/generation"].ndim
        for name, dataset in file["fields"].items():
            values = dataset[...] if dimensions == 3 else dataset[...][numpy.newaxis]
            if values.ndim == 3:
                arrays[name] = values
            else:
                arrays |= {f"{name} {letters}": values[..., place] for place, letters in enumerate(COMPONENTS[values.shape[-1]])}
    return arrays


def read_with_vtk(modules, path):
    """The image, and its arrays of cells as wanted_arrays has them."""
    readers, support = modules
    reader = readers.vtkXMLImageDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    image = reader.GetOutput()
    shape = [max(points - 1, 1) for points in reversed(image.GetDimensions())]
    arrays = {}
    for number in range(image.GetCellData().GetNumberOfArrays()):
        array = image.GetCellData().GetArray(number)
        values = support.vtk_to_numpy(array)
        if values.ndim == 1:
            arrays[array.GetName()] = values.reshape(shape)
        else:
            names = [array.GetComponentName(place) for place in range(array.GetNumberOfComponents())]
            arrays |= {f"{array.GetName()} {name}": values[:, place].reshape(shape) for place, name in enumerate(names)}
    return image, arrays


def check_with_vtk(verdict, text, modules, snapshot, path, pitch):
    wanted = wanted_arrays(snapshot)
    image, shown = read_with_vtk(modules, path)
    verdict.expect(set(shown) == set(wanted), f"{text}: VTK reads {', '.join(sorted(shown))}")
    for name in sorted(set(shown) & set(wanted)):
        same = shown[name].shape == wanted[name].shape and shown[name].dtype == wanted[name].dtype and (shown[name] == wanted[name]).all()
        verdict.expect(same, f"{text}: {name}, {wanted[name].dtype}, from {wanted[name].min():.4g} to {wanted[name].max():.4g}")
    sizes = numpy.array(wanted["generation"].shape[::-1])
    bounds = numpy.array(image.GetBounds()).reshape(3, 2)
    verdict.expect((bounds[:, 0] == 0).all() and numpy.allclose(bounds[:, 1], pitch * sizes, rtol=1e-15), f"{text}: bounds {bounds.tolist()} nm")
    facts = {image.GetFieldData().GetArrayName(place): image.GetFieldData().GetArray(place).GetValue(0) for place in range(2)}
    with h5py.File(snapshot) as file:
        verdict.expect(facts == {"strain": file.attrs["strain"], "time_s": file.attrs["time"]}, f"{text}: {facts}")


def check_layout(verdict, text, path):
    """What OVITO's reader asks for: one piece, little endian, counts of 64 bits, no compression, data of cells in base64 with its number of bytes."""
    root = xml.etree.ElementTree.parse(path).getroot()
    image = root.find("ImageData")
    pieces = image.findall("Piece")
    verdict.expect(root.get("type") == "ImageData" and root.get("byte_order") == "LittleEndian" and root.get("header_type") == "UInt64"
                   and root.get("compressor") is None, f"{text}: little endian, not compressed")
    verdict.expect(len(pieces) == 1 and pieces[0].get("Extent") == image.get("WholeExtent") and [part.tag for part in pieces[0]] == ["CellData"],
                   f"{text}: one piece, with data of cells")
    extent = [int(number) for number in image.get("WholeExtent").split()]
    cells = numpy.prod([extent[place + 1] - extent[place] for place in (0, 2, 4)])
    for array in pieces[0].iter("DataArray"):
        data, components = base64.b64decode(array.text, validate=True), int(array.get("NumberOfComponents"))
        names = [array.get(f"ComponentName{place}") for place in range(components)]
        verdict.expect(array.get("format") == "binary" and array.get("type") in ("Float64", "Int64") and len(array) == 0
                       and struct.unpack("<Q", data[:8])[0] == len(data) - 8 == 8 * cells * components
                       and names == VTK_ORDER.get(components, [None]), f"{text}: {array.get('Name')}, {array.get('type')}, {names}")


def check_series(verdict, text, result, order, times):
    process = export(result.folder, "--vti", f"--order={order}")
    verdict.expect(process.returncode == 0, f"{text}: export by {order} {process.stderr}")
    sets = list(xml.etree.ElementTree.parse(result.folder / "snapshots.pvd").getroot().iter("DataSet"))
    verdict.expect([float(each.get("timestep")) for each in sets] == times, f"{text}: times by {order} {times}")
    paths = [result.folder / each.get("file") for each in sets]
    verdict.expect([path.stem for path in paths] == [path.stem for path in result.snapshots()] and all(path.is_file() for path in paths),
                   f"{text}: one file for each of {len(paths)} snapshots")
    return paths


def attributes(result, name):
    values = []
    for path in result.snapshots():
        with h5py.File(path) as file:
            values.append(float(file.attrs[name]))
    return values


def check_run(verdict, text, modules, folder, pitch, *words):
    result = run(DECKS / "wang2024.cfg", folder, f"--lattice.size={text}", f"--lattice.pitch={pitch}", *WORDS, *words, ranks=2)
    last = wanted_arrays(result.snapshots()[-1])
    verdict.expect(len({values.tobytes() for values in last.values()}) == len(last) and all(values.any() for values in last.values()),
                   f"{text}: all {len(last)} components differ, and none is zero everywhere")
    check_series(verdict, text, result, "number", [0, 1, 2])
    check_series(verdict, text, result, "time", attributes(result, "time"))
    strains = attributes(result, "strain")
    verdict.expect(strains[:2] == list(STRAINS), f"{text}: strains {strains}")
    for snapshot, path in zip(result.snapshots(), check_series(verdict, text, result, "strain", strains)):
        check_layout(verdict, f"{text}, {path.name}", path)
        check_with_vtk(verdict, f"{text}, {path.name}", modules, snapshot, path, pitch)


def check_mistakes(verdict, folder):
    (folder / "empty").mkdir()
    for words, wanted in (([folder / "none", "--vti"], "no such folder"), ([folder / "empty", "--vti"], "no snapshots"), ([folder / "empty"], "--vti"),
                          ([folder / "empty", "--vt"], "--vti")):
        process = export(*words)
        verdict.expect(process.returncode != 0 and wanted in process.stderr and "Traceback" not in process.stderr, process.stderr.splitlines()[-1])


def main():
    try:
        modules = vtk_modules()
    except Unavailable as reason:
        print(f"Skipped: {reason}")
        sys.exit(SKIPPED)
    verdict = Verdict()
    with temporary_folder() as name:
        folder = pathlib.Path(name)
        check_run(verdict, "37x22", modules, folder / "sheet", 0.5)
        check_run(verdict, "9x10x7", modules, folder / "solid", 0.7, "--loading.protocol=shear")
        check_mistakes(verdict, folder)
    verdict.exit()


main()
