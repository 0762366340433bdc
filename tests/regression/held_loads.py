"""Loads that are held: what is prescribed stays as it is, on any number of ranks, and the engines agree."""

import re

import h5py
import numpy

import shearwater
from shearwater.vti import export

from runs import DECKS, FULL, Verdict, run, temporary_folder

DECK = DECKS / "wang2024.cfg"
RANKS = [1, 2, 3, 4, 8]
SEEDS = 48 if FULL else 24
END = 1e4  # [s]
LIMITS = ["--loading.stop_plastic_strain=0", f"--loading.max_time={END}"]
LOADS = {"relax": ["--loading.protocol=relax", "--loading.strain=0.035"], "creep": ["--loading.protocol=creep", "--loading.stress=1.9"]}

FEW = 40  # events, which come before the time is up
VARIANTS = {
    "2D": ["--lattice.size=40x32"],
    "3D": ["--lattice.size=12x10x8"],
    "2D, sublattice": ["--lattice.size=64x64", "--kmc.engine=sublattice"],
    "2D, different moduli": ["--lattice.size=16x16", "--elasticity.update=solve", "--elasticity.modulus_std=0.1", "--elasticity.rtol=1e-12", f"--kmc.max_events={FEW}"],
}
YOUNG, POISSON = 57.0923, 0.421965  # of the deck, in plane strain
TIMES = [1e-9, 1e-6, 1e-3, 1, 100, 1e3]
SNAPSHOTS = f"--output.snapshot_times={','.join(map(str, TIMES))}"


def means(path):
    """Tensor components of stress [GPa] and plastic strain, means over the voxels of the fields of a snapshot."""
    with h5py.File(path) as file:
        fields = (file[f"fields/{name}"][...] for name in ("stress", "plastic_strain"))
        return [field.reshape(-1, field.shape[-1]).mean(axis=0) for field in fields]


def mean_stress(path):
    return means(path)[0]


def check_end(verdict, title, result, most):
    """A run ends when the time is up, and not before, or at the event that is the last of `most`. Until then it writes the snapshots that are asked for."""
    times, summary = result.events()["time_high"], result.summary()
    end, reason = (times[most - 1], "max_events") if most else (END, "max_time")
    verdict.expect(summary["stopped_by"] == reason and len(times) == summary["events"] == (most or len(times)), f"{title}: stopped by {summary['stopped_by']} after {len(times)} events")
    snapshots = [snapshot.time_s for snapshot in shearwater.Run(result.folder).snapshots]
    asked = [time for time in TIMES if time < end]
    verdict.expect(times[-1] <= end and snapshots == [*asked, end], f"{title}: the last event is at {times[-1]:.6g} s, snapshots are at {snapshots} s")


def check_means(verdict, folder):
    """The prescribed mean is the same in every row and snapshot; strains are what the fields say by Hooke's law."""
    for name, words in LOADS.items():
        for variant, more in VARIANTS.items():
            result = run(DECK, f"{folder}/{name}_{variant.replace(' ', '_')}", *words, *LIMITS, *more, "--elasticity.elements_per_voxel=2", SNAPSHOTS,
                         "--output.event_log=true")
            history, fields = result.history(), [means(path) for path in result.snapshots()]
            stresses = numpy.array([stress for stress, _ in fields])
            title = f"{name}, {variant}"
            check_end(verdict, title, result, FEW if "moduli" in variant else None)
            others = abs(numpy.delete(stresses, 1, axis=1)).max()
            verdict.expect(others < 1e-9, f"{title}: other mean stresses are below {others:.1e} GPa")
            verdict.expect(result.summary()["peak_stress_GPa"] >= history["stress_GPa"].max() * (1 - 1e-11), f"{title}: the peak is not below any row")
            if name == "creep":
                off = abs(stresses[:, 1] - 1.9).max()
                verdict.expect(off < 1e-9, f"{title}: the mean of the field of stresses is held within {off:.1e} GPa")
            else:
                off, fall = abs(stresses[-1, 1] - history["stress_GPa"][-1]), stresses[0, 1] - stresses[-1, 1]
                verdict.expect(off < 1e-9 and fall > 1e-3, f"{title}: the mean stress of the field falls by {fall:.3f} GPa, and is that of the history within {off:.1e}")
            if "moduli" in variant:
                continue
            compliance = (1 - POISSON**2 if stresses.shape[1] == 3 else 1.0) / YOUNG
            strain = fields[-1][0][1] * compliance + fields[-1][1][1]
            off = abs(strain - history["strain"][-1])
            verdict.expect(off < 1e-9, f"{title}: the strain {strain:.6f} of the fields is that of the history within {off:.1e}")
            if name == "relax":
                off = max(abs(stress[1] * compliance + plastic[1] - 0.035) for stress, plastic in fields)
                verdict.expect(off < 1e-12, f"{title}: and is held in all snapshots within {off:.1e}")


def check_package(verdict, folder):
    """The Python package orders and draws by time what has no strain that grows, and knows the direction of the load."""
    words = [*LIMITS, "--lattice.size=32x32", "--elasticity.elements_per_voxel=1", "--output.event_log=true", SNAPSHOTS]
    relax = shearwater.Run(run(DECK, f"{folder}/package_relax", *LOADS["relax"], *words).folder)
    series = export(relax)[-1].read_text()
    times = [snapshot.time_s for snapshot in relax.snapshots]
    written = [float(time) for time in re.findall(r'timestep="([^"]+)"', series)]
    verdict.expect(relax.held == "strain" and written == times, f"the series for ParaView is ordered by time: {written}")
    try:
        shearwater.Ensemble([relax.folder]).history("stress_GPa")
        verdict.expect(False, "averages along a strain that is held are refused")
    except shearwater.ShearwaterError as error:
        verdict.expect("strain is held" in str(error), f"averages along a strain that is held are refused: {error}")
    creep = shearwater.Run(run(DECK, f"{folder}/package_creep", "--loading.protocol=creep", "--loading.stress=-2", *words).folder)
    added, plastic = creep.avalanches()["plastic_strain"].sum(), creep.history["plastic_strain"][-1]
    verdict.expect(plastic > 0 and abs(added - plastic) < 1e-9, f"avalanches under compression add up to the plastic strain, {added:.6f} of {plastic:.6f}")


def check_length(verdict, folder):
    """How long the load is to be held does not change the intervals of the sublattice engine, nor the first events of the exact one."""
    for engine in ("exact", "sublattice"):
        runs = [run(DECK, f"{folder}/length_{engine}_{time}", *LOADS["creep"], f"--loading.max_time={time}", "--lattice.size=64x64", f"--kmc.engine={engine}",
                    "--elasticity.elements_per_voxel=1", "--kmc.max_events=600").summary() for time in ("1e6", "1e14")]
        cost = [summary["refreshed_voxels"] / summary["events"] for summary in runs]
        cycles = [summary.get("cycles", 1) for summary in runs]
        verdict.expect(max(cost) < 2 * min(cost) and max(cycles) < 1.2 * min(cycles), f"{engine}: held for 1e6 s and 1e14 s {cost[0]:.0f} and {cost[1]:.0f} voxels are "
                       f"refreshed per event, in {cycles} cycles")


def check_signs(verdict, folder):
    """A negative load is held as it is, and reported in its own direction."""
    for name, word, key in (("relax", "--loading.strain=-0.03", "strain"), ("creep", "--loading.stress=-2", "stress_GPa")):
        result = run(DECK, f"{folder}/{name}_negative", f"--loading.protocol={name}", word, *LIMITS, "--lattice.size=32x32", "--elasticity.elements_per_voxel=1")
        history, mean = result.history(), mean_stress(result.snapshots()[-1])[1]
        held = 0.03 if name == "relax" else 2.0
        verdict.expect((history[key] == held).all() and mean < 0 and abs(mean + history["stress_GPa"][-1]) < 1e-9 and history["plastic_strain"][-1] > 0,
                       f"{name} under compression: mean stress {mean:.4f} GPa, {key} {history[key][-1]} and plastic strain {history['plastic_strain'][-1]:.5f} reported")


def check_ranks(verdict, folder):
    for name, words in LOADS.items():
        for engine, size in (("exact", "50x34"), ("exact", "24x16x16"), ("reference", "50x34"), ("sublattice", "136x144")):
            runs = [run(DECK, f"{folder}/{name}_{engine}_{size}_{ranks}", *words, *LIMITS, f"--kmc.engine={engine}", f"--lattice.size={size}",
                        "--elasticity.elements_per_voxel=1", "--kmc.max_events=1000", "--output.event_log=true", ranks=ranks) for ranks in RANKS]
            logs = {(result.event_bytes(), (result.folder / "history.csv").read_bytes(), result.field_bytes()) for result in runs}
            verdict.expect(len(logs) == 1, f"{name}, {engine}, {size}: {runs[0].summary()['events']} events, the history and the last snapshot are the same on {RANKS} ranks")


def ends_of(folder, engine, size, words):
    """Strain, stress and events at the end of runs of small cells, over seeds."""
    summaries = [run(DECK, f"{folder}/{engine}_{size}_{seed}", *words, *LIMITS, f"--kmc.engine={engine}", f"--lattice.size={size}",
                     "--elasticity.elements_per_voxel=1", f"--seed={seed}").summary() for seed in range(1, SEEDS + 1)]
    return {key: numpy.array([summary[key] for summary in summaries]) for key in ("strain", "flow_stress_GPa", "plastic_strain", "events")}


def check_engines(verdict, folder):
    """Means over seeds of what engines have come to."""
    for name, words in LOADS.items():
        # A block of the sublattice engine has 32 voxels; the reference engine is slow.
        for engine, size in (("reference", "24x24"), ("sublattice", "64x64")):
            ours, theirs = (ends_of(f"{folder}/{name}", one, size, words) for one in ("exact", engine))
            for key in ours:
                if ours[key].std() == 0:
                    continue  # it is held
                error = numpy.hypot(ours[key].std(ddof=1), theirs[key].std(ddof=1)) / numpy.sqrt(SEEDS)
                difference = theirs[key].mean() - ours[key].mean()
                verdict.expect(abs(difference) <= 3 * error, f"{name}: {key} of {engine} {theirs[key].mean():.5g}, of exact {ours[key].mean():.5g}, over {SEEDS} "
                               f"seeds: {difference / error:+.2f} standard errors")


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        check_means(verdict, folder)
        check_signs(verdict, folder)
        check_length(verdict, folder)
        check_package(verdict, folder)
        check_ranks(verdict, folder)
        check_engines(verdict, folder)
    verdict.exit()


main()
