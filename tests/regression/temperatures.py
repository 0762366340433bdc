"""At any temperature, activation volume and barrier the engines draw about as many candidates as at 300 K, and never stall."""

import subprocess

from runs import DECKS, Verdict, run, temporary_folder

EVENTS = 500
LIMIT_SECONDS = 60  # each run takes some tenths of a second
AT_MOST = 5  # times the candidates of the usual parameters
USUAL = {"temperature": 300, "volume": 0.49, "barrier": 2}
CASES = [USUAL | {"temperature": kelvin} for kelvin in (10, 20, 50, 100, 1000, 3000)] + [
    USUAL | {"volume": 1.5, "barrier": 6},
    USUAL | {"volume": 0.2, "barrier": 1},
]


def candidates(engine, case, size="64x64"):
    """Candidates, refreshed voxels and seconds of the loop for about EVENTS events; None if they do not come in time."""
    words = [f"--kmc.engine={engine}", f"--lattice.size={size}", f"--kmc.max_events={EVENTS}", "--loading.max_strain=1",
             f"--loading.temperature={case['temperature']}", f"--stz.volume={case['volume']}", f"--stz.barrier={case['barrier']}"]
    with temporary_folder() as folder:
        try:
            summary = run(DECKS / "wang2024.cfg", f"{folder}/out", *words, timeout=LIMIT_SECONDS).summary()
        except subprocess.TimeoutExpired:
            return None
    return {name: summary[name] for name in ("candidates", "refreshed_voxels", "wall_s", "events")}


def check(verdict, engine):
    usual = candidates(engine, USUAL)
    for case in CASES:
        found = candidates(engine, case)
        name = f"{engine}, {case['temperature']} K, {case['volume']} nm^3, {case['barrier']} eV"
        if found is None:
            verdict.expect(False, f"{name}: {EVENTS} events did not come within {LIMIT_SECONDS} s")
            continue
        verdict.expect(found["events"] >= EVENTS and found["candidates"] <= AT_MOST * usual["candidates"],
                       f"{name}: {found['candidates']} candidates ({usual['candidates']} with the usual parameters), "
                       f"{found['refreshed_voxels']} voxels refreshed, {1e6 * found['wall_s'] / found['events']:.0f} us/event")


def check_far_field(verdict, engine):
    """The same in a cell with a far field, whose remainders matter the more the colder it is."""
    usual, cold = candidates(engine, USUAL, "256x256"), candidates(engine, USUAL | {"temperature": 20}, "256x256")
    verdict.expect(cold is not None and cold["candidates"] <= AT_MOST * usual["candidates"], f"{engine}, 256x256 at 20 K: {cold} against {usual}")


def main():
    verdict = Verdict()
    for engine in ("exact", "sublattice"):
        check(verdict, engine)
        check_far_field(verdict, engine)
    verdict.exit()


main()
