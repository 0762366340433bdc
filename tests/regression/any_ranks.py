"""The event log is the same, byte for byte, on 1, 2, 3, 4 and 8 ranks: all engines, every clock and athermal rule, 2,000 events each; and
large cells of the exact engine through several solves of the whole field, 4,000 events, or 20,000 with --full after all other words. Those of
the sublattice engine are compared with their fields."""

import pathlib

from runs import DECKS, FULL, Run, Verdict, run, temporary_folder

# Fast ramps make many voxels unstable at once, so that the two athermal rules differ.
FAST = ["--loading.strain_rate=1e8"]
SIMULTANEOUS = [*FAST, "--kmc.athermal=simultaneous"]
CASES = {
    "continuous, sequential": ["wang2024.cfg"],
    # Fresh voxels stay soft for longer, so that waiting voxels of all ages are looked at.
    "continuous, slow relaxation": ["wang2024.cfg", "--softening.relaxation_barrier=0.5"],
    "continuous, slower relaxation": ["wang2024.cfg", "--softening.relaxation_barrier=0.66"],
    "continuous, simultaneous": ["wang2024.cfg", *SIMULTANEOUS],
    "increment, sequential": ["table1.cfg", "--loading.clock=increment"],
    "increment, simultaneous": ["table1.cfg", "--loading.clock=increment", "--loading.strain_increment=2e-3", *SIMULTANEOUS],
    "bernoulli, sequential": ["wang2024.cfg", "--loading.clock=bernoulli", "--loading.strain_increment=2e-5"],
    "bernoulli, simultaneous": ["wang2024.cfg", "--loading.clock=bernoulli", *SIMULTANEOUS],
    "published": ["published.cfg"],
}
ENGINES = ["exact", "reference"]
RANKS = [1, 2, 3, 4, 8]
SIZES = {"64x64": RANKS, "50x34": RANKS if FULL else [1, 3, 8]}
EVENTS = 2000
# Far fields of several levels; 250 and 170 share no edges with tiles and leaves, 384 x 48 is far along one axis only.
LARGE_SIZES = ["256x256", "250x170", "384x48"]
LARGE_EVENTS = 20000 if FULL else 4000
# What the exact engine counts does not depend on ranks either, but for refreshed_voxels: each rank looks ahead, and bounds that it
# tightened for times that others make void were computed all the same.
COUNTS = ["candidates", "rejections", "flushes"]
# The sublattice engine: three decks, and a ramp so fast that barriers vanish by events of other blocks; uneven sizes, one block on an axis, 3D.
SUBLATTICE = {
    "wang2024": ["wang2024.cfg", "--lattice.size=256x256"],
    "table1": ["table1.cfg", "--lattice.size=256x256", "--kmc.sweeps_per_cycle=3"],
    "shear, 500 K": ["wang2024.cfg", "--lattice.size=256x256", "--loading.protocol=shear", "--loading.temperature=500"],
    "fast": ["wang2024.cfg", "--lattice.size=136x144", "--softening.temporary=0", "--kmc.events_per_window=8", *FAST],
    "uneven": ["wang2024.cfg", "--lattice.size=250x170", "--kmc.events_per_window=8"],
    "one block on an axis": ["wang2024.cfg", "--lattice.size=264x48", "--kmc.sweeps_per_cycle=1"],
    "moments": ["wang2024.cfg", "--lattice.size=768x64", "--loading.temperature=400", "--kmc.events_per_window=0.7", "--kmc.drift_tolerance=10",
                "--kmc.sweeps_per_cycle=4", "--kmc.far_update=expansions"],
    "solves": ["wang2024.cfg", "--lattice.size=136x144", "--kmc.far_update=transform"],
    "solid": ["wang2024.cfg", "--lattice.size=64x40x40"],
}
SUBLATTICE_EVENTS = 20000 if FULL else 2000


def words_for(size, events, words):
    return [f"--lattice.size={size}", f"--kmc.max_events={events}", "--loading.stop_plastic_strain=0", "--loading.max_strain=1",
            "--output.event_log=true", *words]


def check_any_ranks(verdict, name, deck, words, folder, numbers=RANKS):
    """Returns the event logs, which should be one, and the summary of one rank."""
    runs = {ranks: run(DECKS / deck, f"{folder}/{ranks}", *words, ranks=ranks) for ranks in numbers}
    logs = {result.event_bytes() for result in runs.values()}
    curves = {(result.folder / "history.csv").read_bytes() for result in runs.values()}
    summary = runs[1].summary()
    verdict.expect(len(logs) == 1 and len(curves) == 1,
                   f"{name}: {summary['events']} events ({summary['athermal_events']} athermal), the same on {numbers} ranks")
    if "--kmc.engine=exact" in words:
        counts = {tuple(result.summary()[count] for count in COUNTS) for result in runs.values()}
        verdict.expect(len(counts) == 1, f"{name}: {', '.join(COUNTS)} are the same: {counts}")
    return logs, summary


def check_case(verdict, engine, size, name, deck, words):
    title = f"{engine}, {size} {name}"
    words = words_for(size, EVENTS, [*words, f"--kmc.engine={engine}"])
    with temporary_folder() as folder:
        logs, summary = check_any_ranks(verdict, title, deck, words, folder, SIZES[size])
        verdict.expect(summary["events"] >= EVENTS, f"{title}: {summary['events']} events are enough")
        if "simultaneous" in name:
            sequential = [word for word in words if not word.startswith("--kmc.athermal")]
            other = run(DECKS / deck, f"{folder}/other", *sequential)
            verdict.expect(other.event_bytes() not in logs, f"{title}: the athermal rule matters in this run")


def check_large(verdict, size):
    words = words_for(size, LARGE_EVENTS, ["--kmc.engine=exact", "--elasticity.elements_per_voxel=1"])
    with temporary_folder() as folder:
        _, summary = check_any_ranks(verdict, f"exact, {size}", "wang2024.cfg", words, folder)
        least = 4 if FULL else 1
        verdict.expect(summary["events"] >= LARGE_EVENTS and summary["flushes"] >= least, f"{size}: {summary['flushes']} solves of the whole field")


def check_sublattice(verdict, name, deck, words):
    words = [word for word in words_for("", SUBLATTICE_EVENTS, words) if word != "--lattice.size="]
    words += ["--kmc.engine=sublattice", "--elasticity.elements_per_voxel=1"]
    with temporary_folder() as folder:
        _, summary = check_any_ranks(verdict, f"sublattice, {name}", deck, words, folder)
        runs = [Run(pathlib.Path(f"{folder}/{ranks}")) for ranks in RANKS]
        fields = {result.field_bytes() for result in runs}
        names = [*COUNTS, "refreshed_voxels", "cycles", "sweeps", "rounds", "peak_stress_GPa", "yield_stress_GPa"]
        counts = {tuple(result.summary()[count] for count in names) for result in runs}
        verdict.expect(len(fields) == 1 and len(counts) == 1, f"sublattice, {name}: fields and counts are the same: {counts}")
        verdict.expect(summary["events"] >= SUBLATTICE_EVENTS, f"sublattice, {name}: {summary['events']} events are enough")
        verdict.expect(summary["far_moments"] > 0 or name != "moments", f"sublattice, {name}: cells took in {summary['far_moments']} nodes of others")
        verdict.expect((summary["rounds"] > 0) == (name == "fast"), f"sublattice, {name}: {summary['rounds']} sweeps for barriers left over")


def check_solid(verdict):
    """3D: a cell in which everything is near, so that stresses settle without a solve of the whole field, and one with a far field."""
    for size, events in {"16x24x32": 800, "56x48x20": 1200}.items():
        words = words_for(size, events, ["--kmc.engine=exact"])
        with temporary_folder() as folder:
            check_any_ranks(verdict, f"exact, {size}", "wang2024.cfg", words, folder)


def main():
    verdict = Verdict()
    for size in LARGE_SIZES:
        check_large(verdict, size)
    check_solid(verdict)
    for name, (deck, *words) in SUBLATTICE.items():
        check_sublattice(verdict, name, deck, words)
    for engine in ENGINES:
        for size in SIZES:
            for name, (deck, *words) in CASES.items():
                if engine == "reference" or name != "published":
                    check_case(verdict, engine, size, name, deck, words)
    verdict.exit()


main()
