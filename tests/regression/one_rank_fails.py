"""What only rank 0 can see, a file it cannot write or the time being up, ends the run on all ranks."""

import json
import pathlib
import subprocess
import time

from runs import DECKS, MPIEXEC, PROGRAM, Verdict, temporary_folder

DECK = DECKS / "wang2024.cfg"


def start(folder, *words, ranks):
    """The program, running; what it says goes to files, so that no full pipe can stop it."""
    command = [*MPIEXEC, "-n", str(ranks), PROGRAM, str(DECK), f"--output={folder}/out", *words]
    with open(f"{folder}/stdout", "w") as out, open(f"{folder}/stderr", "w") as err:
        return subprocess.Popen(command, stdout=out, stderr=err)


def wait(process, seconds):
    """The status, or None after the time is up; then the program is ended, by mpiexec if it can."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return None


def wait_for(path, process, seconds):
    deadline = time.monotonic() + seconds
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return path.exists()


def check_series_in_the_way(verdict, ranks):
    """A folder where the XDMF series belongs: rank 0 alone cannot put its file in place."""
    with temporary_folder() as folder:
        name = f"snapshots.xdmf cannot be written, {ranks} ranks"
        process = start(folder, "--lattice.size=64x64", "--elasticity.elements_per_voxel=1", "--output.snapshot_strains=0.03", ranks=ranks)
        series = pathlib.Path(folder) / "out" / "snapshots.xdmf"
        if wait_for(series.parent / "history.csv", process, 60):
            series.mkdir()
        begin = time.monotonic()
        status = wait(process, 60)
        seconds = time.monotonic() - begin
        message = (pathlib.Path(folder) / "stderr").read_text()
        verdict.expect(series.is_dir(), f"{name}: the folder was made while the run went on")
        verdict.expect(status is not None and seconds < 30, f"{name}: ended after {seconds:.1f} s, status {status}")
        verdict.expect(status not in (None, 0) and "error" in message and "snapshots.xdmf" in message,
                       f"{name}: says {[line for line in message.splitlines() if line][:1]}")
        verdict.expect(not (series.parent / "summary.json").exists(), f"{name}: no summary")


def start_seconds(ranks):
    """What mpiexec itself takes to start and end a program."""
    begin = time.monotonic()
    subprocess.run([*MPIEXEC, "-n", str(ranks), "true"], check=False)
    return time.monotonic() - begin


def check_walltime(verdict, engine, ranks):
    limit = 6.0
    with temporary_folder() as folder:
        name = f"walltime, {engine}, {ranks} ranks"
        overhead = start_seconds(ranks)
        begin = time.monotonic()
        process = start(folder, "--lattice.size=256x256", "--elasticity.elements_per_voxel=1", "--loading.stop_plastic_strain=0",
                        "--loading.max_strain=1", f"--kmc.engine={engine}", f"--walltime={limit / 60}", ranks=ranks)
        status = wait(process, 60)
        seconds = time.monotonic() - begin - overhead
        out = pathlib.Path(folder) / "out"
        summary = json.loads((out / "summary.json").read_text()) if (out / "summary.json").exists() else {}
        message = (pathlib.Path(folder) / "stderr").read_text().strip().splitlines()[:1]
        verdict.expect(status == 0, f"{name}: status {status} {message}")
        verdict.expect(summary.get("stopped_by") == "walltime", f"{name}: stopped by {summary.get('stopped_by')} at strain {summary.get('strain')}")
        verdict.expect(seconds <= limit + 0.5, f"{name}: {seconds:.2f} s from the program's start to its end, {limit} s allowed")
        verdict.expect(len(list(out.glob("snapshots/*.h5"))) == 1, f"{name}: a snapshot is there")


# Where a limit of time used to be looked at too seldom: --walltime in minutes, words, and whether there is a state to be written.
LONG_WORK = {
    "solves": (0.1, ["--lattice.size=64x64", "--elasticity.update=solve", "--elasticity.modulus_std=0.1", "--loading.stop_plastic_strain=0", "--loading.max_strain=1"], True),
    "table building": (0.03, ["--lattice.size=2048x2048"], False),
    # Barriers that stay gone: every event of the soft voxels makes another.
    "a cascade": (0.05, ["--lattice.size=64x64", "--elasticity.elements_per_voxel=1", "--softening.limit=30", "--softening.permanent=1e4",
                         "--softening.directional=false", "--kmc.max_generation=2000000000", "--loading.stop_plastic_strain=0", "--loading.max_strain=1"], True),
    "a cascade in a cycle": (0.05, ["--lattice.size=64x64", "--elasticity.elements_per_voxel=1", "--kmc.engine=sublattice", "--kmc.max_rounds=1000000000",
                                    "--softening.limit=30", "--softening.permanent=1e4", "--softening.directional=false", "--kmc.max_generation=2000000000",
                                    "--loading.stop_plastic_strain=0", "--loading.max_strain=1"], True),
}
LATE_SECONDS = 10.0


def check_long_work(verdict, name, ranks):
    minutes, words, has_state = LONG_WORK[name]
    with temporary_folder() as folder:
        overhead = start_seconds(ranks)
        begin = time.monotonic()
        status = wait(start(folder, *words, f"--walltime={minutes}", ranks=ranks), 60)
        seconds = time.monotonic() - begin - overhead
        out = pathlib.Path(folder) / "out"
        summary = json.loads((out / "summary.json").read_text()) if (out / "summary.json").exists() else {}
        message = (pathlib.Path(folder) / "stderr").read_text().strip().splitlines()[:1]
        snapshots = list(out.glob("snapshots/*.h5"))
        name = f"walltime of {60 * minutes:.1f} s in {name}, {ranks} ranks"
        verdict.expect(status == 0 and summary.get("stopped_by") == "walltime", f"{name}: status {status}, stopped by {summary.get('stopped_by')} {message}")
        verdict.expect(seconds <= 60 * minutes + LATE_SECONDS, f"{name}: ended after {seconds:.2f} s")
        verdict.expect(len(snapshots) == has_state, f"{name}: {len(snapshots)} snapshots, {summary.get('events')} events")


def rows_within(minutes, engine, folder):
    words = ["--lattice.size=128x128", "--elasticity.elements_per_voxel=1", "--loading.stop_plastic_strain=0", "--loading.max_strain=1",
             f"--kmc.engine={engine}", f"--walltime={minutes}", f"--output={folder}"]
    command = [*MPIEXEC, "-n", "2", PROGRAM, str(DECK), *words]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    return (pathlib.Path(folder) / "history.csv").read_text().splitlines()


def check_prefix(verdict, engine):
    """What a limit of time changes is where a run ends, and nothing before."""
    with temporary_folder() as folder:
        short, long = (rows_within(minutes, engine, f"{folder}/{minutes}") for minutes in (0.035, 0.06))
        verdict.expect(10 < len(short) <= len(long) and short[:-1] == long[: len(short) - 1],
                       f"{engine}: {len(short)} rows of a shorter run are the first of the {len(long)} rows of a longer one")


def main():
    verdict = Verdict()
    for engine in ("exact", "sublattice"):
        check_prefix(verdict, engine)
    for ranks in (2, 4):
        check_series_in_the_way(verdict, ranks)
    for engine in ("exact", "sublattice"):
        check_walltime(verdict, engine, 2)
    for name in LONG_WORK:
        check_long_work(verdict, name, 2)
    verdict.exit()


main()
