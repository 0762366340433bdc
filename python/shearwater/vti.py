"""Writes snapshots as VTK image data, which ParaView and OVITO both read.

OVITO reads only what is written here: one piece, little endian, no compression, values in the element itself, as one base64 text of their number of
bytes (64 bits) and themselves, and data of cells. A series for ParaView (PVD) names the files and the time of each.
"""

import base64
import pathlib
import struct
from xml.sax.saxutils import quoteattr

import numpy

from shearwater.errors import ShearwaterError

# VTK orders the components of symmetric tensors like this, and so do its filters; the HDF5 files have yz xz xy.
VTK_ORDER = ("xx", "yy", "zz", "xy", "yz", "xz")
TYPES = {"f": ("Float64", "<f8"), "i": ("Int64", "<i8")}
PART = 3 * 2**20  # bytes that are encoded at a time; base64 has no gaps between multiples of three
HEADER = struct.Struct("<Q")


def base64_parts(values):
    """The bytes of an array behind their number, in parts, so that a large field is not in memory as text."""
    data = memoryview(values).cast("B")
    first = PART - HEADER.size
    yield base64.b64encode(HEADER.pack(len(data)) + data[:first].tobytes())
    for begin in range(first, len(data), PART):
        yield base64.b64encode(data[begin : begin + PART])


def write_array(file, name, values, components=()):
    """One DataArray. Values have one axis, or two if there are components."""
    kind, layout = TYPES[values.dtype.kind]
    names = "".join(f' ComponentName{place}="{component}"' for place, component in enumerate(components))
    tuples = "" if components else f' NumberOfTuples="{len(values)}"'
    text = f'<DataArray type="{kind}" Name={quoteattr(name)} NumberOfComponents="{len(components) or 1}"{names}{tuples} format="binary">'
    file.write(text.encode())
    for part in base64_parts(numpy.ascontiguousarray(values, dtype=layout)):
        file.write(part)
    file.write(b"</DataArray>\n")


def write_field(file, snapshot, name):
    """A field with x running fastest, as in the HDF5 files; each component has its name."""
    values, components = snapshot[name], snapshot.components(name)
    if not components:
        write_array(file, name, values.reshape(-1))
        return
    order = [component for component in VTK_ORDER if component in components]
    write_array(file, name, values.reshape(-1, len(components))[:, [components.index(component) for component in order]], order)


def write_vti(path, snapshot):
    """One snapshot. A 2D cell is one layer of voxels in the x-y plane; lengths are in nm. Applied strain and time [s] are there, too."""
    size = (*snapshot.size, 1)[:3]
    edges = (*snapshot.voxel_size_nm, snapshot.voxel_size_nm[0])[:3]
    extent = " ".join(f"0 {length}" for length in size)
    spacing = " ".join(repr(edge) for edge in edges)
    with path.open("wb") as file:
        file.write(b'<?xml version="1.0"?>\n<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n')
        file.write(f'<ImageData WholeExtent="{extent}" Origin="0 0 0" Spacing="{spacing}">\n<FieldData>\n'.encode())
        for name, value in (("strain", snapshot.strain), ("time_s", snapshot.time_s)):
            write_array(file, name, numpy.array([value]))
        file.write(f'</FieldData>\n<Piece Extent="{extent}">\n<CellData>\n'.encode())
        for name in snapshot:
            write_field(file, snapshot, name)
        file.write(b"</CellData>\n</Piece>\n</ImageData>\n</VTKFile>\n")


def write_pvd(path, files, times):
    """A series of files, which are named relative to it."""
    lines = [f'<DataSet timestep="{time!r}" part="0" file={quoteattr(file.relative_to(path.parent).as_posix())}/>' for file, time in zip(files, times)]
    text = ['<?xml version="1.0"?>', '<VTKFile type="Collection" version="1.0" byte_order="LittleEndian">', "<Collection>", *lines, "</Collection>", "</VTKFile>"]
    path.write_text("\n".join(text) + "\n")


def times_of(snapshots, which):
    """What orders the snapshots of a series: their strain, their time [s] or their number from 0."""
    times = {"strain": [each.strain for each in snapshots], "time": [each.time_s for each in snapshots], "number": list(range(len(snapshots)))}[which]
    if any(after <= before for before, after in zip(times, times[1:])):
        raise ShearwaterError(f"{snapshots[0].path.parent}: the {which} does not grow from snapshot to snapshot; order them by another of strain, time, number")
    return times


def export(run, order=None):
    """Writes vti/NAME.vti for each snapshot and snapshots.pvd to the folder of the run; returns all paths, the series last.

    @param order  what the time of a step is, as in times_of; by default what snapshots.xdmf has: the strain, or the time of a load that is held
    """
    snapshots = run.snapshots
    if not snapshots:
        raise ShearwaterError(f"{run.folder / 'snapshots'}: no snapshots (*.h5)")
    times = times_of(snapshots, order or ("time" if run.held else "strain"))
    folder = pathlib.Path(run.folder) / "vti"
    folder.mkdir(exist_ok=True)
    files = [folder / f"{snapshot.path.stem}.vti" for snapshot in snapshots]
    for snapshot, file in zip(snapshots, files):
        write_vti(file, snapshot)
    series = run.folder / "snapshots.pvd"
    write_pvd(series, files, times)
    return [*files, series]
