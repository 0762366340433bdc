"""Loads that are held: what is prescribed stays as it is, on any number of ranks, and the engines agree."""

import h5py
import numpy

from runs import DECKS, FULL, Verdict, run, temporary_folder

DECK = DECKS / "wang2024.cfg"
RANKS = [1, 2, 3, 4, 8]
SEEDS = 48 if FULL else 24
LIMITS = ["--loading.stop_plastic_strain=0", "--loading.max_time=1e4"]
LOADS = {"relax": ["--loading.protocol=relax", "--loading.strain=0.035"], "creep": ["--loading.protocol=creep", "--loading.stress=2.2"]}


def mean_stress(path):
    """Tensor components, means over the voxels of the field of a snapshot [GPa]."""
    with h5py.File(path) as file:
        stress = file["fields/stress"][...]
    return stress.reshape(-1, stress.shape[-1]).mean(axis=0)


def check_means(verdict, folder):
    """The prescribed mean is the same in every row and snapshot, in 2D and 3D."""
    for name, words in LOADS.items():
        for size in ("40x32", "12x10x8"):
            times = "--output.snapshot_times=1e-6,1e-3,1,100,1e3"
            result = run(DECK, f"{folder}/{name}_{size}", *words, *LIMITS, f"--lattice.size={size}", "--elasticity.elements_per_voxel=2", times, ranks=2)
            history, stresses = result.history(), numpy.array([mean_stress(path) for path in result.snapshots()])
            title = f"{name}, {size}"
            verdict.expect(len(stresses) == 6 and result.summary()["stopped_by"] == "max_time" and history["time_s"][-1] == 1e4, f"{title}: it ends in time")
            others = abs(numpy.delete(stresses, 1, axis=1)).max()
            verdict.expect(others < 1e-9, f"{title}: other mean stresses are below {others:.1e} GPa")
            check_held(verdict, title, name, history, stresses[:, 1])


def check_held(verdict, title, name, history, stresses):
    if name == "relax":
        off = abs(history["strain"] - 0.035).max()
        verdict.expect(off < 1e-14, f"{title}: the strain is held within {off:.1e}")
        fall = history["stress_GPa"][0] - history["stress_GPa"][-1]
        verdict.expect(fall > 0.01 and stresses[0] > stresses[-1], f"{title}: the stress falls by {fall:.3f} GPa")
        off = abs(stresses[-1] - history["stress_GPa"][-1])
        verdict.expect(off < 1e-9, f"{title}: the field has the mean stress of the history within {off:.1e} GPa")
    else:
        off = abs(stresses - 2.2).max()
        verdict.expect(off < 1e-9, f"{title}: the mean of the field of stresses is held within {off:.1e} GPa")
        verdict.expect((history["stress_GPa"] == 2.2).all(), f"{title}: and so it is in the history")
        rise = history["strain"][-1] - history["strain"][0]
        off = abs(rise - history["plastic_strain"][-1])
        verdict.expect(rise > 1e-4 and off < 1e-9, f"{title}: the strain rises by {rise:.5f}, the plastic strain by as much within {off:.1e}")


def check_ranks(verdict, folder):
    for name, words in LOADS.items():
        for engine, size in (("exact", "50x34"), ("reference", "50x34"), ("sublattice", "136x144")):
            runs = [run(DECK, f"{folder}/{name}_{engine}_{ranks}", *words, *LIMITS, f"--kmc.engine={engine}", f"--lattice.size={size}",
                        "--elasticity.elements_per_voxel=1", "--kmc.max_events=1000", "--output.event_log=true", ranks=ranks) for ranks in RANKS]
            logs = {(result.event_bytes(), (result.folder / "history.csv").read_bytes()) for result in runs}
            verdict.expect(len(logs) == 1, f"{name}, {engine}: {runs[0].summary()['events']} events and the history are the same on {RANKS} ranks")


def ends_of(folder, engine, size, words):
    """Strain, stress and events at the end of runs of small cells, over seeds."""
    summaries = [run(DECK, f"{folder}/{engine}_{size}_{seed}", *words, *LIMITS, f"--kmc.engine={engine}", f"--lattice.size={size}",
                     "--elasticity.elements_per_voxel=1", f"--seed={seed}").summary() for seed in range(1, SEEDS + 1)]
    return {key: numpy.array([summary[key] for summary in summaries]) for key in ("flow_stress_GPa", "plastic_strain", "events")}


def check_engines(verdict, folder):
    """Means over seeds of what engines have come to."""
    for name, words in LOADS.items():
        # A block of the sublattice engine has 32 voxels; the reference engine is slow.
        for engine, size in (("reference", "24x24"), ("sublattice", "64x64")):
            ours, theirs = (ends_of(f"{folder}/{name}", one, size, words) for one in ("exact", engine))
            for key in ours:
                error = numpy.hypot(ours[key].std(ddof=1), theirs[key].std(ddof=1)) / numpy.sqrt(SEEDS)
                difference = theirs[key].mean() - ours[key].mean()
                verdict.expect(abs(difference) <= 3 * error, f"{name}: {key} of {engine} {theirs[key].mean():.5g}, of exact {ours[key].mean():.5g}, over {SEEDS} "
                               f"seeds: {difference / error if error > 0 else 0:+.2f} standard errors")


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        check_means(verdict, folder)
        check_ranks(verdict, folder)
        check_engines(verdict, folder)
    verdict.exit()


main()
