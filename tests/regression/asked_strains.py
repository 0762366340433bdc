"""Rows of the history and snapshots are those of exactly the strain asked for: held against the event log, replayed up to that strain."""

import math

import h5py
import numpy

from runs import DECKS, Verdict, run, temporary_folder

SIZE = 64
STRAINS = (0.0201, 0.02515, 0.0303, 0.034567)
INTERVAL = 3e-4
RATE = 1e-4
BOLTZMANN = 8.617333262e-5
# Of wang2024.cfg.
PERMANENT, TEMPORARY, LIMIT = 26.0, 78.0, -math.log(0.6)
RELAXATION_TIME = math.exp(0.37 / (BOLTZMANN * 300.0)) / 1e13

CASES = {
    "exact": [],
    "reference": [],
    "sublattice": [],
    "exact, increment": ["--loading.clock=increment"],
    "exact, bernoulli": ["--loading.clock=bernoulli", "--loading.strain_increment=2e-5"],
    "reference, published": ["--loading.clock=published", "--kmc.athermal=simultaneous"],
}


def replayed(events, count, time):
    """Plastic strain, generation and softening after the first events of the log, at a time."""
    strain, generation = numpy.zeros((SIZE * SIZE, 3)), numpy.zeros(SIZE * SIZE, dtype=int)
    permanent, temporary, last = (numpy.zeros(SIZE * SIZE) for _ in range(3))
    for i in range(count):
        voxel, (xx, yy, xy) = events["voxel"][i], events["strain"][i]
        squared = 0.5 * (xx * xx + yy * yy + 2.0 * xy * xy)
        strain[voxel] += (xx, yy, xy)
        generation[voxel] += 1
        permanent[voxel] = min(permanent[voxel] + PERMANENT * squared, LIMIT)
        temporary[voxel] = TEMPORARY * squared
        last[voxel] = (time - events["time_high"][i]) - events["time_low"][i]
    return strain, generation, permanent + temporary * numpy.exp(-last / RELAXATION_TIME)


def check_snapshot(verdict, name, path, asked, result, happened_later):
    with h5py.File(path) as file:
        at = dict(file.attrs)
        fields = {field: file[f"fields/{field}"][...] for field in file["fields"]}
    verdict.expect(at["strain"] == asked, f"{name}: {path.name} is of strain {at['strain']}, asked for {asked}")
    verdict.expect(not happened_later(int(at["events"]), at["time"]), f"{name}: {at['events']} events are all up to {at['time']:.6f} s")
    strain, generation, softening = replayed(result.events(), int(at["events"]), at["time"])
    shape = (SIZE, SIZE)
    off = {
        "plastic_strain": abs(fields["plastic_strain"] - strain.reshape(*shape, 3)).max(),
        "generation": abs(fields["generation"] - generation.reshape(shape)).max(),
        "softening": abs(fields["softening"] - softening.reshape(shape)).max(),
        "von_mises_strain": abs(fields["von_mises_strain"] - numpy.sqrt(0.5 * (strain**2 @ [1, 1, 2])).reshape(shape)).max(),
    }
    verdict.expect(all(value < 1e-12 for value in off.values()), f"{name}: fields are those of the events up to then, off by {off}")
    # The mean stress along the load belongs to that strain: it rises along the elastic line between events.
    slope, plastic = result.summary()["elastic_slope_GPa"], (asked - fields["stress"][..., 1].mean() / result.summary()["elastic_slope_GPa"])
    history = result.history()
    before = numpy.searchsorted(history["strain"], asked * (1 + 1e-9)) - 1
    same = history["events"][before] == at["events"]
    verdict.expect(not same or abs(plastic - history["plastic_strain"][before]) < 1e-9,
                   f"{name}: mean stress {slope * (asked - plastic):.6f} GPa, plastic strain {plastic:.9f}")


def later(events, is_stepping):
    """happened_later(count, time): whether the number of events up to a time is another one."""
    if is_stepping:
        return lambda count, time: False
    return lambda count, time: count != int(((events["time_high"] - time) + events["time_low"] <= 0.0).sum())


def check_rows(verdict, name, result, events, is_stepping):
    history = result.history()
    rows = history["strain"][:-1]
    asked = INTERVAL * numpy.arange(len(rows))
    verdict.expect(len(rows) > 50 and abs(rows - asked).max() < 1e-14, f"{name}: {len(rows)} rows, each at a multiple of {INTERVAL}")
    if is_stepping:
        return
    times = events["time_high"] + events["time_low"]
    counted = [int((times <= time * (1 + 1e-15)).sum()) for time in history["time_s"][:-1]]
    verdict.expect(counted == [int(count) for count in history["events"][:-1]], f"{name}: events in rows are those up to their times")
    athermal = numpy.concatenate([[0], numpy.cumsum(events["athermal"])])
    verdict.expect(all(athermal[int(count)] == value for count, value in zip(history["events"], history["athermal_events"])), f"{name}: and athermal ones")


def check_case(verdict, name, words):
    engine = name.split(",")[0]
    is_stepping = "increment" in name or "bernoulli" in name
    with temporary_folder() as folder:
        result = run(DECKS / "wang2024.cfg", f"{folder}/out", f"--lattice.size={SIZE}x{SIZE}", f"--kmc.engine={engine}", "--elasticity.elements_per_voxel=1",
                     "--output.event_log=true", f"--output.history_interval={INTERVAL}", f"--output.snapshot_strains={','.join(map(str, STRAINS))}",
                     f"--loading.max_strain={STRAINS[-1]}", "--loading.stop_plastic_strain=0", *words, ranks=2)
        events = result.events()
        snapshots = result.snapshots()
        verdict.expect(len(snapshots) == len(STRAINS) and "is the snapshot of the end of the run as well" in result.stdout,
                       f"{name}: {len(snapshots)} snapshots; the one at the end of the ramp is said to be the last one")
        summary = result.summary()
        verdict.expect(summary["strain"] == STRAINS[-1] and summary["stopped_by"] == "max_strain", f"{name}: ends at strain {summary['strain']}")
        for path, asked in zip(snapshots, STRAINS):
            check_snapshot(verdict, name, path, asked, result, later(events, is_stepping))
        check_rows(verdict, name, result, events, is_stepping)


def check_falling_together(verdict):
    """Snapshots asked for at strains that are the same within rounding are one, which is said; rows after every step are not doubled by snapshots."""
    for engine in ("exact", "sublattice"):
        with temporary_folder() as folder:
            result = run(DECKS / "wang2024.cfg", f"{folder}/out", "--lattice.size=64x64", "--elasticity.elements_per_voxel=1", f"--kmc.engine={engine}",
                         "--output.snapshot_strains=0.02,0.020000000000000004,0.03", "--output.history_interval=0", "--loading.max_strain=0.032")
            strains = []
            for path in result.snapshots():
                with h5py.File(path) as file:
                    strains.append(float(file.attrs["strain"]))
            verdict.expect(strains == [0.02, 0.03, 0.032] and "2 strains coincide at 0.02" in result.stdout, f"{engine}: snapshots at {strains}")
            steps = result.history()["step"]
            verdict.expect((numpy.diff(steps) > 0).all(), f"{engine}: {len(steps)} rows, one for each step")


def check_events(verdict):
    """What is asked for on the way changes no event."""
    for engine in ("exact", "sublattice"):
        prints = set()
        for words in ([], ["--output.snapshot_strains=0.011,0.0222,0.03333", "--output.history_interval=1.7e-5"]):
            with temporary_folder() as folder:
                result = run(DECKS / "wang2024.cfg", f"{folder}/out", "--lattice.size=128x128", "--kmc.max_events=3000", f"--kmc.engine={engine}", *words)
                prints.add(result.summary()["events_xxh3"])
        verdict.expect(len(prints) == 1, f"{engine}: the same events with and without snapshots on the way")


def main():
    verdict = Verdict()
    for name, words in CASES.items():
        check_case(verdict, name, words)
    check_falling_together(verdict)
    check_events(verdict)
    verdict.exit()


main()
