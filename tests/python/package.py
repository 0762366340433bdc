"""What the Python package reads is what the files hold, and what it works out is what the program, closed forms and plain loops say."""

import base64
import math
import pathlib
import statistics
import struct

import h5py
import numpy
from runs import DECKS, Verdict, run, temporary_folder

import shearwater
from shearwater import vti
from shearwater.deck import read_deck
from shearwater.quantities import unit_of_name

WORDS = ["--elasticity.elements_per_voxel=1", "--output.event_log=true", "--output.snapshot_strains=0.02,0.03"]
UNITS = {"time_s": "s", "stress_GPa": "GPa", "events_per_s": "1/s", "events": "1", "missed_rms": "1", "peak_rss_MB": "MB", "plastic_strain": "1"}
DECK = '''# every random number follows from it [1], 0 .. 9223372036854775807
seed = 3
output = "run \\"#1\\" \\\\ more"   # where results go

[stz]
# what a voxel [of all] draws anew [1], all | strains
redraw = strains
# activation volume [nm^3], > 0
volume = 4.9e-1
[kmc]
audit = false
'''


def full_tensors(tensors):
    """As matrices, 3 x 3 in 3D and 2 x 2 in 2D."""
    places = {3: [(0, 0), (1, 1), (0, 1)], 6: [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]}[tensors.shape[-1]]
    size = 2 if len(places) == 3 else 3
    full = numpy.zeros((*tensors.shape[:-1], size, size))
    for component, (row, column) in enumerate(places):
        full[..., row, column] = full[..., column, row] = tensors[..., component]
    return full


def check_tensors(verdict):
    generator = numpy.random.default_rng(1)
    for components in (3, 6):
        tensors = generator.normal(size=(5, 4, components))
        full = full_tensors(tensors)
        size = full.shape[-1]
        deviator = full - numpy.trace(full, axis1=-2, axis2=-1)[..., None, None] / size * numpy.eye(size)
        norm = numpy.sqrt(numpy.einsum("...ij,...ij", deviator, deviator) / 2)
        verdict.expect(numpy.allclose(shearwater.equivalent_shear_stress(tensors), norm, rtol=1e-14, atol=0), f"{components} components: sqrt(s:s/2)")
        norm = numpy.sqrt(numpy.einsum("...ij,...ij", full, full) / 2)
        verdict.expect(numpy.allclose(shearwater.von_mises_strain(tensors), norm, rtol=1e-14, atol=0), f"{components} components: sqrt(e:e/2)")


def check_deck(verdict):
    deck = read_deck(DECK)
    wanted = {"seed": 3, "output": 'run "#1" \\ more', "stz.redraw": "strains", "stz.volume": 0.49, "kmc.audit": False}
    verdict.expect(dict(deck) == wanted, f"a deck is read: {dict(deck)}")
    verdict.expect(deck.units == {"seed": "1", "output": None, "stz.redraw": "1", "stz.volume": "nm^3", "kmc.audit": None}, f"with units {deck.units}")
    verdict.expect(deck.descriptions["stz.redraw"] == "what a voxel [of all] draws anew" and deck.label("stz.volume") == "stz.volume [nm^3]",
                   "descriptions and labels")


def check_tables(verdict, text, result, read):
    for name, column in result.history().items():
        verdict.expect(numpy.array_equal(read.history[name], column), f"{text}: history {name} [{read.history.units[name]}]")
    verdict.expect(list(read.history) == list(result.history()), f"{text}: history has all columns in their order")
    verdict.expect(dict(read.summary) == result.summary() and read.summary.units["peak_stress_GPa"] == "GPa", f"{text}: the summary is that of the file")
    words = {"lattice.size": text, "elasticity.elements_per_voxel": 1, "output.event_log": True, "stz.volume": 0.49}
    verdict.expect({key: read.deck[key] for key in words} == words and read.deck.units["elasticity.young"] == "GPa", f"{text}: the deck has what was asked for")
    units = set(read.deck.units.values())
    verdict.expect(None not in units and {"GPa", "eV", "nm", "K", "1/s", "nm^3"} < units, f"{text}: every key has a unit: {' '.join(sorted(units))}")


def check_snapshots(verdict, text, result, read):
    paths = result.snapshots()
    verdict.expect([snapshot.path for snapshot in read.snapshots] == paths and len(paths) == 3, f"{text}: {len(paths)} snapshots")
    for path, snapshot in zip(paths, read.snapshots):
        with h5py.File(path) as file:
            same = set(snapshot) == set(file["fields"]) and all(
                numpy.array_equal(snapshot[name], dataset[...]) and snapshot.units[name] == dataset.attrs["unit"].decode()
                and snapshot.descriptions[name] == dataset.attrs["description"].decode() for name, dataset in file["fields"].items())
            verdict.expect(same, f"{text}, {path.name}: fields with units and descriptions")
            verdict.expect((snapshot.strain, snapshot.time_s) == (file.attrs["strain"], file.attrs["time"]), f"{text}, {path.name}: strain and time")
    last = read.snapshots[-1]
    lengths = tuple(int(length) for length in text.split("x"))
    verdict.expect(last.size == lengths and last["generation"].shape == lengths[::-1], f"{text}: {last.size} voxels")
    verdict.expect(last.voxel_size_nm == (0.7,) * len(lengths) and last.deck["lattice.size"] == text, f"{text}: voxels of {last.voxel_size_nm} nm, the run's deck")
    verdict.expect(numpy.array_equal(last.component("stress", "xy"), last["stress"][..., -1]), f"{text}: xy is the last component")
    verdict.expect(numpy.allclose(shearwater.von_mises_strain(last["plastic_strain"]), last["von_mises_strain"], rtol=0, atol=1e-15),
                   f"{text}: von Mises strains are those of the file")
    found, written = last.strain_statistics(), result.summary()
    for name, value in found.items():
        verdict.expect(math.isclose(value, written[name], rel_tol=1e-12), f"{text}: {name} {value:.6g}, by the program {written[name]:.6g}")


def groups_by_loop(events, gap):
    """Avalanches as lists of the numbers of their events."""
    groups = []
    for number, (high, low) in enumerate(zip(events["time_high"].tolist(), events["time_low"].tolist())):
        if not groups or (high - before[0]) + (low - before[1]) > gap:
            groups.append([])
        groups[-1].append(number)
        before = high, low
    return groups


def check_avalanches(verdict, text, result, read):
    events, avalanches, history = result.events(), read.avalanches(), result.history()
    verdict.expect(set(read.events) == set(events) and all(numpy.array_equal(read.events[name], events[name]) for name in events)
                   and read.events.units["barrier"] == "eV", f"{text}: {len(events['voxel'])} events with units")
    tau = math.exp(0.37 / (8.617333262e-5 * 300)) / 1e13
    verdict.expect(math.isclose(read.relaxation_time_s, tau, rel_tol=1e-12), f"{text}: relaxation time {read.relaxation_time_s:.4g} s")
    groups = groups_by_loop(events, 10 * tau)
    verdict.expect(avalanches["events"].tolist() == [len(group) for group in groups] and avalanches["first_event"].tolist() == [group[0] for group in groups],
                   f"{text}: {len(groups)} avalanches, the largest of {max(map(len, groups))} events")
    verdict.expect(avalanches["voxels"].tolist() == [len(set(events["voxel"][group].tolist())) for group in groups], f"{text}: voxels of each")
    times = events["time_high"] + events["time_low"]
    durations = numpy.array([times[group[-1]] - times[group[0]] for group in groups])
    verdict.expect(numpy.abs(avalanches["duration_s"] - durations).max() < 1e-12 and avalanches["duration_s"].max() > 0, f"{text}: durations")
    sign = -1 if read.deck["loading.protocol"] == "compression" else 1
    missing = sign * (read.summary["elastic_slope_GPa"] * history["strain"][-1] - history["stress_GPa"][-1])
    verdict.expect(abs(avalanches["stress_drop_GPa"].sum() - abs(missing)) < 1e-9, f"{text}: stress drops add up to the {abs(missing):.6f} GPa that the curve lacks")
    one = read.avalanches(gap_s=1e9)
    verdict.expect(one["events"].tolist() == [len(times)] and abs(one["plastic_strain"][0] - abs(history["plastic_strain"][-1])) < 1e-12,
                   f"{text}: one avalanche of all events has the plastic strain of the curve")


def check_log_normal(verdict):
    fit = shearwater.fit_log_normal([1, math.e**2, -3, 0])
    verdict.expect(abs(fit.mean - 1) < 1e-15 and abs(fit.deviation - 1) < 1e-15, "logarithms 0 and 2: mean 1, deviation 1; what is not positive is left out")
    edges = numpy.exp(numpy.linspace(-8, 10, 20001))
    middle = (edges[1:] + edges[:-1]) / 2
    weights = fit.density(middle) * numpy.diff(edges)
    verdict.expect(abs(weights.sum() - 1) < 1e-5 and abs((weights * middle).sum() - math.exp(1.5)) < 1e-3, "its density has weight 1 and mean exp(3/2)")


def check_seeds(verdict, folder):
    results = [run(DECKS / "wang2024.cfg", folder / f"seed-{seed}", "--lattice.size=24x20", f"--seed={seed}", *WORDS) for seed in (1, 2, 3)]
    ensemble = shearwater.Ensemble(folder.glob("seed-*"))
    peaks = [result.summary()["peak_stress_GPa"] for result in results]
    found = ensemble.summary("peak_stress_GPa")
    verdict.expect(math.isclose(found.mean, statistics.mean(peaks)) and math.isclose(found.deviation, statistics.stdev(peaks)) and found.runs == 3
                   and found.unit == "GPa" and math.isclose(found.error, statistics.stdev(peaks) / 3**0.5), f"3 seeds: peak {found.mean:.4f} ± {found.error:.4f} GPa")
    strain, stress = ensemble.history("stress_GPa")
    tables = [dict(zip(result.history()["strain"].tolist(), result.history()["stress_GPa"].tolist())) for result in results]
    common = sorted(set.intersection(*map(set, tables)))
    by_hand = [[table[point] for table in tables] for point in common]
    places = numpy.searchsorted(strain, common)
    verdict.expect(len(common) > 300 and numpy.allclose(strain[places], common, rtol=0, atol=0)
                   and numpy.allclose(stress.mean[places], [statistics.mean(values) for values in by_hand], rtol=1e-14)
                   and numpy.allclose(stress.deviation[places], [statistics.stdev(values) for values in by_hand], rtol=1e-11),
                   f"the mean curve at the {len(common)} strains that all runs have")
    _, middle = ensemble.history("stress_GPa", at=[0.01005])
    between = statistics.mean((table[0.01] + table[0.0101]) / 2 for table in tables)
    verdict.expect(math.isclose(middle.mean[0], between, rel_tol=1e-12), "between rows it is interpolated")
    one = shearwater.average([2.0])
    verdict.expect(one.mean == 2 and math.isnan(one.deviation), "one run has no deviation")
    return ensemble


def check_encoding(verdict):
    """Parts put together are the whole, whatever their length."""
    whole, vti.PART = vti.PART, 24
    for length in (0, 1, 2, 3, 4, 7, 100):
        values = numpy.arange(length, dtype="<f8")
        wanted = base64.b64encode(struct.pack("<Q", values.nbytes) + values.tobytes())
        verdict.expect(b"".join(vti.base64_parts(values)) == wanted, f"{length} numbers in base64")
    vti.PART = whole


def check_refusals(verdict, folder, ensemble):
    def refused(action, text):
        try:
            action()
        except shearwater.ShearwaterError as error:
            verdict.expect(text in str(error), str(error))
        else:
            verdict.expect(False, f"nothing was said of {text}")

    empty = folder / "empty"
    (empty / "snapshots").mkdir(parents=True)
    (empty / "snapshots" / "snapshot_000001.h5").write_text("no HDF5")
    refused(lambda: shearwater.Run(folder / "none"), "no such folder")
    refused(lambda: shearwater.Run(empty).summary, "has the run ended?")
    refused(lambda: shearwater.Run(empty).events, "--output.event_log=true")
    refused(lambda: shearwater.Run(empty).history, "No such file")
    refused(lambda: shearwater.Run(empty).snapshots, "cannot be read")
    for text, wanted in (("", "is empty"), ("a,b\n", "no rows"), ("a,b\n1,2\n1\n", "line 3 has 1 cells"), ("a,b\n1,x\n", "column b is not numeric")):
        (empty / "history.csv").write_text(text)
        refused(lambda: shearwater.Run(empty).history, wanted)
    run_1 = ensemble.runs[0]
    for quantities in (run_1.history, run_1.summary, run_1.deck, run_1.events, run_1.snapshots[0]):
        refused(lambda quantities=quantities: quantities["pressure"], "there is no pressure; there are ")
    verdict.expect(run_1.summary.get("pressure") is None and "pressure" not in run_1.snapshots[0], "and they are mappings")
    refused(lambda: ensemble.history("stress_GPa", at=[0.5]), "is asked for")
    refused(lambda: ensemble.history("strain", against="stress_GPa"), "choose another column")
    refused(lambda: shearwater.Ensemble([]), "one run at least")
    refused(lambda: vti.times_of([ensemble.runs[0].snapshots[0]] * 2, "time"), "does not grow")


def main():
    verdict = Verdict()
    verdict.expect({name: unit_of_name(name) for name in UNITS} == UNITS, "names have units")
    check_tensors(verdict)
    check_deck(verdict)
    check_log_normal(verdict)
    check_encoding(verdict)
    with temporary_folder() as name:
        folder = pathlib.Path(name)
        for size, protocol in (("37x22", "tension"), ("24x20", "compression"), ("24x20", "shear"), ("9x8x10", "tension"), ("8x6x7", "shear")):
            output = folder / f"{size}-{protocol}"
            result = run(DECKS / "wang2024.cfg", output, f"--lattice.size={size}", f"--loading.protocol={protocol}", *WORDS)
            read = shearwater.Run(output)
            check_tables(verdict, size, result, read)
            check_snapshots(verdict, size, result, read)
            check_avalanches(verdict, size, result, read)
        ensemble = check_seeds(verdict, folder)
        check_refusals(verdict, folder, ensemble)
    verdict.exit()


main()
