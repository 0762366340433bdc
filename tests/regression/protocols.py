"""Loadings do what they say: slopes, signs and mean stresses, the end of the ramp, uneven moduli, and pictures of a run."""

import pathlib
import subprocess
import sys

import h5py
import numpy

from runs import DECKS, Verdict, run, temporary_folder

PLOT = pathlib.Path(__file__).resolve().parent.parent.parent / "tools" / "plot"
DECK = DECKS / "wang2024.cfg"
YOUNG, POISSON = 57.0923, 0.421965
FLAT = ["--lattice.size=40x32", "--elasticity.elements_per_voxel=1"]


def elastic_slope(protocol, plane):
    if protocol == "shear":
        return YOUNG / (1 + POISSON)
    return YOUNG / (1 - POISSON**2) if plane == "strain" else YOUNG


def mean_stress(path):
    with h5py.File(path) as file:
        stress = file["fields/stress"][...]
    return stress.reshape(-1, stress.shape[-1]).mean(axis=0)


def check_means(verdict, name, result, protocol, tolerance):
    """The driven component of the snapshot is the history's stress with the sign of the loading; the others are zero."""
    history, mean = result.history(), mean_stress(result.snapshots()[-1])
    driven = len(mean) - 1 if protocol == "shear" else 1
    expected = (-1 if protocol == "compression" else 1) * history["stress_GPa"][-1]
    verdict.expect((history["stress_GPa"][1:] > 0).all(), f"{name}: stresses of the history are positive")
    verdict.expect(abs(mean[driven] - expected) < tolerance, f"{name}: mean stress {mean[driven]:.6f} GPa, history {expected:.6f} GPa")
    others = numpy.delete(mean, driven)
    verdict.expect(abs(others).max() < tolerance, f"{name}: other mean stresses {abs(others).max():.1e} GPa")


def check_slope(verdict, name, result, expected):
    slope = result.summary()["elastic_slope_GPa"]
    verdict.expect(abs(slope / expected - 1) < 1e-9, f"{name}: elastic slope {slope:.9f} GPa, expected {expected:.9f}")


def check_flat(verdict, folder):
    for plane in ("strain", "stress"):
        for protocol in ("tension", "compression", "shear"):
            name = f"{protocol}, plane {plane}"
            result = run(DECK, f"{folder}/{protocol}_{plane}", *FLAT, f"--loading.protocol={protocol}", f"--elasticity.plane={plane}",
                         "--kmc.max_events=150")
            summary = result.summary()
            verdict.expect(summary["events"] >= 150 and summary["strain"] > 0, f"{name}: {summary['events']} events up to strain {summary['strain']:.4f}")
            check_slope(verdict, name, result, elastic_slope(protocol, plane))
            check_means(verdict, name, result, protocol, 1e-9)


def check_solid(verdict, folder):
    results = [run(DECK, f"{folder}/solid_{ranks}", "--lattice.size=16x12x8", "--kmc.max_events=150", ranks=ranks) for ranks in (1, 2, 3)]
    check_slope(verdict, "3D tension", results[0], YOUNG)
    check_means(verdict, "3D tension", results[0], "tension", 1e-9)
    prints = [result.summary()["events_xxh3"] for result in results]
    verdict.expect(prints[0] and len(set(prints)) == 1, f"3D events on 1, 2 and 3 ranks: {prints}")


def check_uneven_moduli(verdict, folder):
    words = [*FLAT[:1], "--elasticity.elements_per_voxel=2", "--elasticity.update=solve", "--elasticity.modulus_std=0.1",
             "--elasticity.modulus_correlation=3", "--kmc.max_events=100", "--output.event_log=true"]
    one, two = (run(DECK, f"{folder}/uneven_{ranks}", *words, ranks=ranks) for ranks in (1, 2))
    same = all(numpy.array_equal(one.events()[name], two.events()[name]) for name in ("voxel", "mode"))
    verdict.expect(same and len(one.events()["voxel"]) >= 100, "different moduli: the same voxels and modes on 1 and 2 ranks")
    for ranks, result in ((1, one), (2, two)):
        check_means(verdict, f"different moduli, {ranks} ranks", result, "tension", 1e-6)


def check_end(verdict, folder, clock, max_strain):
    """The ramp ends at max_strain itself, with one row and one snapshot for it."""
    name = f"{clock} to strain {max_strain}"
    early = 0.004
    result = run(DECK, f"{folder}/{clock}_{max_strain}", *FLAT, f"--loading.clock={clock}", f"--loading.max_strain={max_strain}",
                 "--loading.stop_plastic_strain=0", f"--output.snapshot_strains={early},{max_strain}")
    history = result.history()
    last = history["strain"][-1]
    verdict.expect(result.summary()["stopped_by"] == "max_strain", f"{name}: stopped by {result.summary()['stopped_by']}")
    verdict.expect(abs(last - max_strain) <= 1e-12, f"{name}: the history ends at {last:.12g}")
    rows = list(zip(*history.values()))
    verdict.expect(len(set(rows)) == len(rows), f"{name}: no row is there twice; the last two are {rows[-2][:3]} and {rows[-1][:3]}")
    strains = []
    for path in result.snapshots():
        with h5py.File(path) as file:
            strains.append(float(file.attrs["strain"]))
    verdict.expect(len(strains) == 2 and early <= strains[0] < strains[1] and abs(strains[-1] - max_strain) <= 1e-12,
                   f"{name}: snapshots at strains {strains}")
    return result


def check_pictures(verdict, result):
    process = subprocess.run([sys.executable, str(PLOT), str(result.folder)], capture_output=True, text=True, timeout=120)
    stem = result.snapshots()[-1].stem
    names = ["stress_strain", f"von_mises_{stem}", f"stress_map_{stem}", f"generation_{stem}", "strain_distribution"]
    paths = [result.folder / "plots" / f"{name}.png" for name in names]
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    real = all(size > 5000 and path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n" for path, size in zip(paths, sizes))
    verdict.expect(process.returncode == 0 and real, f"pictures: status {process.returncode}, bytes {sizes} {process.stderr.strip()}")


def main():
    verdict = Verdict()
    with temporary_folder() as folder:
        check_flat(verdict, folder)
        check_solid(verdict, folder)
        check_uneven_moduli(verdict, folder)
        # Neither end is a multiple of the continuous clock's horizon; the second is no multiple of the increment 1e-4 either.
        for clock, max_strain in (("increment", 0.0123), ("continuous", 0.0123), ("continuous", 0.01234)):
            result = check_end(verdict, folder, clock, max_strain)
        check_pictures(verdict, result)
    verdict.exit()


main()
