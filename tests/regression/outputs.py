"""What a run writes is complete, readable by another program, consistent with itself, and enough to repeat the run."""

import pathlib
import xml.etree.ElementTree

import h5py
import numpy

from runs import DECKS, Verdict, run, temporary_folder

FIELDS = {"plastic_strain": 3, "stress": 3, "von_mises_strain": 1, "generation": 1, "softening": 1}
NY, NX = 40, 56


def check_snapshot(verdict, path):
    with h5py.File(path) as file:
        for name, components in FIELDS.items():
            data = file["fields"][name]
            shape = (NY, NX) if components == 1 else (NY, NX, components)
            described = all(len(data.attrs[key].decode() if isinstance(data.attrs[key], bytes) else data.attrs[key]) > 0
                            for key in ("unit", "description"))
            verdict.expect(data.shape == shape and described and numpy.isfinite(data[...]).all(), f"{path.name}: {name} {data.shape}, unit, description")
        for key in ("deck", "seed", "git_hash", "version", "mpi", "petsc", "hdf5", "ranks", "time", "strain"):
            verdict.expect(key in file.attrs, f"{path.name}: attribute {key}")
        strain = file["fields/plastic_strain"][...]
        von_mises = numpy.sqrt(((strain[..., 0] - strain[..., 1]) / 2) ** 2 + strain[..., 2] ** 2)
        verdict.expect(numpy.allclose(von_mises, file["fields/von_mises_strain"][...], atol=1e-15), f"{path.name}: von Mises strain follows from the tensor")
        verdict.expect(numpy.abs(strain[..., 0] + strain[..., 1]).max() < 1e-14, f"{path.name}: plastic strain is traceless")


def check_against_events(verdict, result):
    """Fields at the end are what the listed events add up to, and mean stresses are those of the curve."""
    events = result.events()
    with h5py.File(result.snapshots()[-1]) as file:
        strain = file["fields/plastic_strain"][...].reshape(-1, 3)
        generation = file["fields/generation"][...].reshape(-1)
        stress = file["fields/stress"][...].reshape(-1, 3)
    total = numpy.zeros_like(strain)
    numpy.add.at(total, events["voxel"], events["strain"])
    verdict.expect(numpy.allclose(total, strain, atol=1e-13), "plastic strain is the sum of the events' strains")
    verdict.expect((numpy.bincount(events["voxel"], minlength=NX * NY) == generation).all(), "generation counts the events of a voxel")
    last = {name: column[-1] for name, column in result.history().items()}
    mean = stress.mean(axis=0)
    verdict.expect(abs(mean[1] - last["stress_GPa"]) < 1e-9, "mean stress along the loading is the curve's")
    verdict.expect(abs(mean[0]) < 1e-9 and abs(mean[2]) < 1e-9, "the other mean stresses are zero")
    times = events["time_high"] + events["time_low"]
    verdict.expect((numpy.diff(times) >= 0).all() and (events["sequence"] == numpy.arange(len(times))).all(), "events are in the order of time")
    verdict.expect((events["barrier"][events["athermal"] == 1] <= 0).all() and (events["barrier"][events["athermal"] == 0] > 0).all(),
                   "athermal events have no barrier, thermal ones do")
    verdict.expect(last["events"] == len(times) and last["athermal_events"] == events["athermal"].sum(), "history and log count the same events")


def check_series(verdict, result):
    tree = xml.etree.ElementTree.parse(result.folder / "snapshots.xdmf")
    items = [item.text.strip() for item in tree.iter("DataItem") if item.get("Format") == "HDF"]
    shapes_right = True
    for item in tree.iter("DataItem"):
        if item.get("Format") != "HDF":
            continue
        file, path = item.text.strip().split(":")
        with h5py.File(result.folder / file) as data:
            shapes_right = shapes_right and data[path].shape == tuple(int(n) for n in item.get("Dimensions").split())
    verdict.expect(shapes_right and len(set(items)) == len(FIELDS) * len(result.snapshots()), "the XDMF series names every field with its shape")


def check_repeat(verdict, result, folder):
    """The deck stored in a snapshot gives the same event log, on another number of ranks."""
    with h5py.File(result.snapshots()[0]) as file:
        text = file.attrs["deck"]
    deck = pathlib.Path(folder) / "from_snapshot.cfg"
    deck.write_text(text.decode() if isinstance(text, bytes) else text)
    again = run(deck, f"{folder}/again", ranks=1)
    verdict.expect(again.event_bytes() == result.event_bytes(), "the deck stored in a snapshot reproduces the event log byte for byte")


def check_ends_of_sweeps(verdict, folder):
    """Peak and yield of the sublattice engine are those of a curve through the ends of all sweeps, drawn from the listed events."""
    voxels = 64 * 64
    result = run(DECKS / "wang2024.cfg", folder, "--lattice.size=64x64", "--elasticity.elements_per_voxel=1", "--kmc.engine=sublattice",
                 "--kmc.sweeps_per_cycle=3", "--kmc.drift_tolerance=10", "--output.history_interval=0", "--output.event_log=true",
                 "--loading.stop_plastic_strain=0.01", "--seed=3")
    summary, history, events = result.summary(), result.history(), result.events()
    times = events["time_high"] + events["time_low"]
    strains = numpy.vstack([numpy.zeros(3), numpy.cumsum(events["strain"], axis=0) / voxels])
    elastic = summary["elastic_slope_GPa"]
    # The stress is linear in the applied strain and in what events have strained: how, is told by the ends of cycles.
    rest = history["stress_GPa"] - elastic * history["strain"]
    relaxed = strains[history["events"].astype(int)]
    response, *_ = numpy.linalg.lstsq(relaxed, rest, rcond=None)
    verdict.expect(numpy.abs(relaxed @ response - rest).max() < 1e-9, "the stress at ends of cycles follows from events")
    curve = []
    for begin, end, sweeps, strain, events_then in zip(history["time_s"], history["time_s"][1:], history["sweeps"][1:], history["strain"][1:], history["events"][1:]):
        for sweep in range(1, int(sweeps)):
            time = begin + (end - begin) * sweep / sweeps
            # What happens at the very end belongs to the next sweep.
            stress = elastic * 1e-4 * time + strains[numpy.searchsorted(times, time - 1e-9)] @ response
            curve.append((1e-4 * time, stress, False))
        curve.append((strain, elastic * strain + strains[int(events_then)] @ response, True))
    peak = max(curve, key=lambda point: point[1])
    first = next(point for point in curve if point[0] - point[1] / elastic >= 0.002)
    for name, (strain, stress, is_cycle_end) in {"peak": peak, "yield": first}.items():
        found = summary[f"{name}_strain"], summary[f"{name}_stress_GPa"]
        verdict.expect(abs(found[0] - strain) < 1e-10 and abs(found[1] - stress) < 1e-8,
                       f"{name} {found[1]:.6f} GPa at {found[0]:.6f} is that of the curve, at the end of a {'cycle' if is_cycle_end else 'sweep'}")
    verdict.expect(not (peak[2] and first[2]), "one of them lies within a cycle")


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        result = run(DECKS / "wang2024.cfg", f"{folder}/first", f"--lattice.size={NX}x{NY}", "--output.event_log=true",
                     "--output.snapshot_strains=0.02,0.03", ranks=3)
        verdict.expect(len(result.snapshots()) == 3, "three snapshots")
        for path in result.snapshots():
            check_snapshot(verdict, path)
        check_against_events(verdict, result)
        check_series(verdict, result)
        check_repeat(verdict, result, folder)
        check_ends_of_sweeps(verdict, f"{folder}/sweeps")
        summary = result.summary()
        verdict.expect(summary["stopped_by"] == "stop_plastic_strain" and summary["plastic_strain"] >= 0.02, "stopped by plastic strain")
        verdict.expect(summary["kernel_check_GPa"] < 1e-9 and summary["stress_check_GPa"] < 1e-9, "kernel and stresses agree with PETSc")
        verdict.expect(summary["judged_cell"] == f"{NX}x{NY}", "PETSc checked the cell itself")
        left_over = [*result.folder.rglob("*.tmp"), *result.folder.rglob("*.lock")]
        verdict.expect(not left_over, "no temporary file and no lock is left")
        logs = [path.name for path in result.folder.glob("events/*")]
        verdict.expect(logs == ["events_000001.h5"], "events are cut into files by their number only")
    verdict.exit()


main()
