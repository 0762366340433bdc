"""Observables and fields that a deck chooses: held against the other outputs of the run, replayed event by event, and on several numbers of ranks."""

import math
import subprocess
import sys

import h5py
import numpy

from runs import DECKS, Verdict, run, temporary_folder

SIZE = 48
TOOLS = DECKS.parent / "tools"
BOLTZMANN = 8.617333262e-5
# Of wang2024.cfg.
PERMANENT, TEMPORARY, LIMIT = 26.0, 78.0, -math.log(0.6)
RELAXATION_TIME = math.exp(0.37 / (BOLTZMANN * 300.0)) / 1e13
OBSERVABLE = "--output.observables=localization,barrier_shift"


def start(folder, *words, ranks=1, size=f"{SIZE}x{SIZE}"):
    return run(DECKS / "wang2024.cfg", folder, f"--lattice.size={size}", "--elasticity.elements_per_voxel=1", "--output.event_log=true", OBSERVABLE,
               *words, ranks=ranks)


def undirected_shift(events, time):
    """Mean of 1 - exp(-eta) over all voxels at a time, where softening does not depend on the direction."""
    permanent, temporary, last = (numpy.zeros(SIZE * SIZE) for _ in range(3))
    for i in range(len(events["voxel"])):
        if (events["time_high"][i] - time) + events["time_low"][i] > 0.0:
            break
        voxel, (xx, yy, xy) = events["voxel"][i], events["strain"][i]
        squared = 0.5 * (xx * xx + yy * yy + 2.0 * xy * xy)
        permanent[voxel] = min(permanent[voxel] + PERMANENT * squared, LIMIT)
        temporary[voxel] = TEMPORARY * squared
        last[voxel] = (time - events["time_high"][i]) - events["time_low"][i]
    return (1.0 - numpy.exp(-(permanent + temporary * numpy.exp(-last / RELAXATION_TIME)))).mean()


def check_rows_against_events(verdict, scratch):
    """Every row is that of the events up to its time, also of rows that lie within a cycle."""
    for engine in ("exact", "sublattice"):
        result = start(f"{scratch}/{engine}", f"--kmc.engine={engine}", "--softening.directional=false", "--output.history_interval=3e-4",
                       "--loading.max_strain=0.033", "--loading.stop_plastic_strain=0")
        history, events = result.history(), result.events()
        expected = numpy.array([undirected_shift(events, time) for time in history["time_s"]])
        off = abs(history["barrier_shift"] - expected).max()
        verdict.expect(off < 1e-10 and expected[-1] > 1e-3,
                       f"{engine}: barrier_shift of {len(expected)} rows is that of the events up to them, within {off:.1e} of up to {expected[-1]:.4f}")


def check_end_against_fields(verdict, scratch):
    """Without a direction the shift follows from the field of softening alone."""
    result = start(f"{scratch}/undirected", "--softening.directional=false", "--kmc.max_events=400")
    with h5py.File(result.snapshots()[-1]) as file:
        softening, generation = file["fields/softening"][...], file["fields/generation"][...]
    shift = numpy.where(generation > 0, 1.0 - numpy.exp(-softening), 0.0)
    summary = result.summary()
    off = abs(summary["barrier_shift"] - shift.mean())
    verdict.expect(off < 1e-14, f"barrier_shift is the mean of 1 - exp(-eta): {shift.mean():.6f}, off by {off:.1e}")
    off = abs(summary["barrier_shift_transformed"] - shift[generation > 0].mean())
    verdict.expect(off < 1e-14, f"barrier_shift_transformed is the same of voxels that have transformed: off by {off:.1e}")


def check_directions(verdict, scratch):
    """With a direction: modes are at random angles to the last event, so that the mean is that over the angle, within the scatter of so many modes."""
    result = start(f"{scratch}/directed", "--loading.stop_plastic_strain=0.02")
    with h5py.File(result.snapshots()[-1]) as file:
        softening, generation = file["fields/softening"][...], file["fields/generation"][...]
    eta = softening[generation > 0]
    alignment = (0.5 * (1.0 + numpy.cos(2.0 * math.pi * (numpy.arange(4096) + 0.5) / 4096))) ** 2
    by_voxel = 1.0 - numpy.exp(-eta[:, None] * alignment[None, :])
    expected, variance = by_voxel.mean(), by_voxel.var(axis=1).sum() / 20.0 / len(eta) ** 2
    found = result.summary()["barrier_shift_transformed"]
    z = (found - expected) / math.sqrt(variance)
    verdict.expect(abs(z) < 4.0, f"barrier_shift_transformed of {len(eta)} voxels: {found:.5f}, mean over angles {expected:.5f}, {z:+.2f} standard errors")


def check_ranks(verdict, scratch):
    for engine in ("exact", "sublattice"):
        texts = {}
        for ranks in (1, 2, 3):
            result = start(f"{scratch}/ranks_{engine}_{ranks}", f"--kmc.engine={engine}", "--kmc.max_events=300", "--output.fields=softening,lowest_barrier",
                           ranks=ranks, size="75x131")
            texts[ranks] = ((result.folder / "history.csv").read_bytes(), result.field_bytes(), result.summary()["barrier_shift"])
        verdict.expect(len(set(texts.values())) == 1, f"{engine}: the history, its barrier_shift and the fields are the same on 1, 2 and 3 ranks, byte for byte")


def check_lowest_barrier(verdict, scratch):
    """Just before an event the lowest barrier of its voxel is no higher than that of the mode that transforms; for most events it is that one."""
    rate = 1e-4
    first = start(f"{scratch}/first", "--kmc.max_events=120")
    events = first.events()
    times = events["time_high"] + events["time_low"]
    # Thermal events that come so long after the one before that a strain lies between them.
    alone = [i for i in range(1, len(times)) if events["athermal"][i] == 0 and times[i] - times[i - 1] > 0.5][:12]
    strains = [rate * times[i] * (1.0 - 1e-8) for i in alone]
    again = start(f"{scratch}/again", "--kmc.max_events=120", f"--output.snapshot_strains={','.join(repr(s) for s in strains)}",
                  "--output.fields=generation,lowest_barrier")
    lowest_is_taken = 0
    for index, path in zip(alone, again.snapshots()):
        with h5py.File(path) as file:
            field, names, count = file["fields/lowest_barrier"][...].ravel(), sorted(file["fields"]), file.attrs["events"]
            unit = file["fields/lowest_barrier"].attrs["unit"].decode()
        barrier, lowest = events["barrier"][index], field[events["voxel"][index]]
        holds = names == ["generation", "lowest_barrier"] and unit == "eV" and count == index and lowest <= barrier + 1e-6 and field.min() > 0.0
        verdict.expect(holds, f"before event {index} (lowest of all {field.min():.4f} {unit}): lowest barrier {lowest:.9f} eV, that of the event {barrier:.9f} eV")
        lowest_is_taken += abs(lowest - barrier) < 1e-6
    verdict.expect(len(alone) >= 8 and lowest_is_taken >= len(alone) // 2, f"{lowest_is_taken} of {len(alone)} events take the lowest barrier of their voxel")
    xdmf = (again.folder / "snapshots.xdmf").read_text()
    verdict.expect(":/fields/lowest_barrier" in xdmf and ":/fields/stress" not in xdmf, "the series for ParaView lists the fields that are there")


def check_three_dimensions(verdict, scratch):
    """The same sums and fields in 3D, with barriers that are drawn anew."""
    result = run(DECKS / "wang2024.cfg", f"{scratch}/solid", "--lattice.size=14x16x12", "--elasticity.elements_per_voxel=1", "--stz.redraw=all",
                 "--softening.directional=false", "--kmc.max_events=150", OBSERVABLE, "--output.fields=softening,generation,lowest_barrier", ranks=2)
    with h5py.File(result.snapshots()[-1]) as file:
        softening, generation, lowest = (file[f"fields/{name}"][...] for name in ("softening", "generation", "lowest_barrier"))
    shift = numpy.where(generation > 0, 1.0 - numpy.exp(-softening), 0.0).mean()
    off = abs(result.summary()["barrier_shift"] - shift)
    verdict.expect(off < 1e-14 and shift > 1e-4, f"3D: barrier_shift is the mean of 1 - exp(-eta): {shift:.6f}, off by {off:.1e}")
    verdict.expect(lowest.shape == (12, 16, 14) and numpy.isfinite(lowest).all() and lowest.min() > 0.0,
                   f"3D: barriers lie between {lowest.min():.3f} and {lowest.max():.3f} eV")


def check_early_end(verdict, scratch):
    """A run that ends during its preparations has the header that it would have had."""
    for engine in ("exact", "sublattice"):
        headers = []
        for name, words in (("early", ["--walltime=1e-6"]), ("whole", ["--kmc.max_events=1"])):
            result = run(DECKS / "wang2024.cfg", f"{scratch}/{name}_{engine}", f"--kmc.engine={engine}", "--lattice.size=66x66", OBSERVABLE, *words)
            headers.append((result.folder / "history.csv").read_text().splitlines()[0])
        verdict.expect(headers[0] == headers[1], f"{engine}: a run that ends before its first step has the header of a whole one")


def check_pictures(verdict, scratch):
    """Runs without the fields that maps are drawn from have the other pictures."""
    result = run(DECKS / "wang2024.cfg", f"{scratch}/few", "--lattice.size=16x16", "--kmc.max_events=20", "--output.fields=softening")
    plot = subprocess.run([sys.executable, TOOLS / "plot", result.folder], capture_output=True, text=True)
    verdict.expect(plot.returncode == 0 and "no maps, as the snapshots have no von_mises_strain" in plot.stdout
                   and (result.folder / "plots" / "stress_strain.png").exists(), f"tools/plot draws the curve and says why it draws no maps: {plot.stdout.strip()[:160]}{plot.stderr[-200:]}")


def check_choice(verdict, scratch):
    none = run(DECKS / "wang2024.cfg", f"{scratch}/none", "--lattice.size=16x16", "--kmc.max_events=3", "--output.observables=none")
    summary = none.summary()
    verdict.expect("localization_index" not in summary and "peak_stress_GPa" in summary and "events_xxh3" in summary,
                   "observables = none: the curve and the events are there, and nothing else")
    for word, wanted in (("--output.observables=barier_shift", "did you mean barrier_shift"), ("--output.observables=localization,localization", "twice"),
                         ("--output.fields=none", "none"), ("--output.fields=stress,,softening", "nothing between two commas")):
        result = run(DECKS / "wang2024.cfg", f"{scratch}/bad", word, check=False)
        verdict.expect(result.status == 2 and wanted in result.stderr and not (result.folder).exists(), f"{word} is refused: {result.stderr.strip()[:150]}")


def main():
    verdict = Verdict()
    for check in (check_rows_against_events, check_end_against_fields, check_directions, check_ranks, check_lowest_barrier, check_three_dimensions, check_early_end, check_pictures,
                  check_choice):
        with temporary_folder() as scratch:
            check(verdict, scratch)
    verdict.exit()


if __name__ == "__main__":
    main()
