"""An output folder belongs to one run: of two that race for it exactly one runs, and the other is told who has it; what dead runs
leave blocks nobody.

With --full, 20 races on each number of ranks; the short form has 4.
"""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

from runs import DECKS, ENDING_AT_ONCE, FULL, MPIEXEC, PROGRAM, Verdict, temporary_folder

LIBRARY = os.environ.get("FULL_DISK_LIBRARY", str(pathlib.Path(PROGRAM).resolve().parent / "tests" / "full_disk.so"))
RACES = 20 if FULL else 4
LOCK = "shearwater.lock"
QUICK = ["--lattice.size=32x32", "--elasticity.elements_per_voxel=1", "--loading.stop_plastic_strain=0.005"]
LONG = ["--lattice.size=256x256", "--elasticity.elements_per_voxel=1", "--loading.stop_plastic_strain=0", "--loading.max_strain=1"]
HELD = re.compile(r"another run writes to this folder: host (\S+), process (\d+), since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
ENVIRONMENT = os.environ | ENDING_AT_ONCE


def start(out, *words, ranks=1, settings=()):
    command = [*MPIEXEC, "-n", str(ranks), "env", *settings, PROGRAM, str(DECKS / "wang2024.cfg"), f"--output={out}", *words]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", env=ENVIRONMENT)


def end_of(process):
    """Status and the one message of the program, or all there are."""
    _, stderr = process.communicate(timeout=120)
    messages = re.findall(r"shearwater: error: (.*)", stderr)
    return process.returncode, messages[0] if len(messages) == 1 else messages


def is_refusal(end):
    return end[0] == 2 and HELD.search(str(end[1])) and "(command line)" in end[1] and "name another folder" in end[1]


def is_too_late(end):
    """The answer to a run that starts after the other has ended."""
    return end[0] == 2 and "is not empty" in end[1]


def wait_for(path):
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    return path.exists()


def is_plain(out):
    names = {path.name for path in out.iterdir()}
    return {"summary.json", "history.csv", "snapshots"} <= names and LOCK not in names and not list(out.rglob("*.tmp"))


def check_race(verdict, ranks, settings=(), name="races"):
    """The folder is there, empty, in every other race."""
    good = refused = 0
    others = []
    for race in range(RACES):
        with temporary_folder() as folder:
            out = pathlib.Path(folder) / "a" / "out"
            if race % 2:
                out.mkdir(parents=True)
            ends = [end_of(process) for process in [start(out, *QUICK, ranks=ranks, settings=settings) for _ in range(2)]]
            winners = [end for end in ends if end[0] == 0]
            losers = [end for end in ends if is_refusal(end) or is_too_late(end)]
            good += len(winners) == 1 and len(losers) == 1 and is_plain(out)
            refused += sum(1 for end in losers if is_refusal(end))
            others += [] if len(winners) == 1 and len(losers) == 1 else [ends]
    verdict.expect(good == RACES and refused > 0, f"{name} on {ranks} ranks: in {good} of {RACES} one runs and one is refused, {refused} of them by "
                   f"the lock {others}")


def check_named(verdict):
    """A run that comes later, to a folder that already has results, is told who has it; that one's death frees the lock."""
    with temporary_folder() as folder:
        out = pathlib.Path(folder) / "out"
        first = start(out, *LONG, ranks=2)
        try:
            check_second(verdict, out)
        finally:
            first.terminate()
            first.communicate(timeout=60)
        status, message = end_of(start(out, *QUICK))
        verdict.expect(status == 2 and "is not empty" in message, f"when the first is dead the folder is only not empty: {status} {message}")
        verdict.expect((out / LOCK).exists(), "the dead run has left its lock")
        for path in sorted(out.rglob("*"), reverse=True):
            if path.name != LOCK:
                path.rmdir() if path.is_dir() else path.unlink()
        status, message = end_of(start(out, *QUICK))
        verdict.expect(status == 0 and is_plain(out), f"the lock of a dead run alone blocks nobody: {status} {message}")


def check_second(verdict, out):
    verdict.expect(wait_for(out / "timing.csv"), "a long run has begun")
    before = sorted(out.rglob("*"))
    status, message = end_of(start(out, *QUICK, ranks=2))
    verdict.expect(is_refusal((status, message)) and sorted(out.rglob("*")) == before, f"the next is refused: {status} {message}")
    held = HELD.search(str(message))
    process = int(held.group(2)) if held else 0
    command = pathlib.Path(f"/proc/{process}/cmdline")
    verdict.expect(held and held.group(1) == socket.gethostname() and command.exists() and str(out) in command.read_text(),
                   f"and told host and process of the first: {held and held.groups()}")
    if held:
        os.kill(process, signal.SIGKILL)


def check_without_locks(verdict):
    """On a file system without locks the file itself is the claim."""
    settings = [f"LD_PRELOAD={LIBRARY}", "FULL_DISK_NO_LOCKS=1"]
    check_race(verdict, 1, settings, "races without locks")
    with temporary_folder() as folder:
        out = pathlib.Path(folder) / "out"
        out.mkdir()
        (out / LOCK).write_text("host elsewhere, process 7, since 2024-01-01 00:00:00 UTC\n")
        status, message = end_of(start(out, *QUICK, settings=settings))
        verdict.expect(status == 2 and f"remove {out / LOCK}" in message and "host elsewhere, process 7" in message,
                       f"one left behind: {status} {message}")


def check_leaves_nothing(verdict):
    """A run that ends before it has written anything takes its folders with it, but not those that others have made."""
    with temporary_folder() as folder:
        out = pathlib.Path(folder) / "a" / "b" / "out"
        status, message = end_of(start(out, *QUICK, "--elasticity.check_tolerance=1e-17", ranks=2))
        verdict.expect(status == 1 and "check_tolerance" in message and not list(pathlib.Path(folder).iterdir()),
                       f"nothing is left: {status} {message}")
        out.mkdir(parents=True)
        status, message = end_of(start(out, *QUICK, "--elasticity.check_tolerance=1e-17", ranks=2))
        verdict.expect(status == 1 and out.is_dir() and not list(out.iterdir()), f"an empty folder stays as it was: {status} {message}")


def main():
    verdict = Verdict()
    for ranks in (1, 2):
        check_race(verdict, ranks)
    check_named(verdict)
    check_without_locks(verdict)
    check_leaves_nothing(verdict)
    verdict.exit()


main()
