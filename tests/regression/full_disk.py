"""A disk that becomes full, after every few kB, ends a run in good order: one message that names the file and the reason, status 1, all ranks at
once, no crash, and every file that is there is whole.

Two disks: a library that lets only so many bytes through (tests/support/full_disk.c, which CMake builds; FULL_DISK_LIBRARY names another) and, where
one can be mounted, a tmpfs of that size. With --full, after every 4 kB from 0 to 400 kB; the short form takes steps of 44 kB.
"""

import collections
import concurrent.futures
import contextlib
import csv
import json
import os
import pathlib
import re
import subprocess
import time
import xml.etree.ElementTree

import h5py

from runs import DECKS, ENDING_AT_ONCE, FULL, MPIEXEC, PROGRAM, WITHOUT_SHARED_MEMORY, Verdict, temporary_folder

LIBRARY = os.environ.get("FULL_DISK_LIBRARY", str(pathlib.Path(PROGRAM).resolve().parent / "tests" / "full_disk.so"))
PAGE = 4096
LEVELS = range(0, 400 * 1024 + 1, PAGE if FULL else 11 * PAGE)
END_SECONDS = 10.0  # in which a run must have ended, of which it takes one or two when nothing fails
HANG_SECONDS = 25.0
FULL_DISK = "No space left on device"

# All kinds of files, and so little of each that the disk of the last level takes them all.
WORDS = ["--lattice.size=32x32", "--elasticity.elements_per_voxel=1", "--output.event_log=true", "--output.snapshot_strains=0.02",
         "--loading.stop_plastic_strain=0.01"]

ENVIRONMENT = os.environ | ENDING_AT_ONCE


class Outcome:
    """How a run has ended: its status (None: it hung), time, messages, and what is wrong with that or with the files it has left."""

    def __init__(self, status, seconds, stderr, out):
        self.status = status
        self.seconds = seconds
        self.messages = re.findall(r"shearwater: error: (.*)", stderr)
        self.stderr = stderr
        self.faults = collections.Counter(self.find_faults(out))

    def find_faults(self, out):
        if self.status is None:
            yield "hang"
        elif self.status < 0 or self.status > 2 or re.search(r"Segmentation|exited on signal|Signal: ", self.stderr):
            yield "crash"
        elif self.status == 0:
            yield from () if (out / "summary.json").exists() and not self.messages else ("wrong message",)
        else:
            if self.status != 1:
                yield "wrong status"
            if len(self.messages) != 1 or not self.file():
                yield "wrong message"
        if self.seconds > END_SECONDS:
            yield "late"
        yield from files_at_fault(out)

    def file(self):
        """The file that the message says could not be written."""
        names = re.findall(r"([^/\s]+): cannot be written: ", self.messages[0]) if self.messages else []
        return names[0].removesuffix(".tmp") if names else ""


def files_at_fault(out):
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        if path.suffix == ".tmp" or path.name == "shearwater.lock":
            yield "left over"
            continue
        try:
            check_file(path)
        except (ValueError, OSError, KeyError, xml.etree.ElementTree.ParseError):
            yield "cut row" if path.suffix == ".csv" else "broken file"


def check_file(path):
    """Raises an error if a file is not whole."""
    if path.suffix == ".h5":
        with h5py.File(path) as file:
            file.visititems(lambda name, item: item[...] if isinstance(item, h5py.Dataset) else None)
    elif path.suffix == ".json":
        json.loads(path.read_text())
    elif path.suffix == ".xdmf":
        xml.etree.ElementTree.parse(path)
    elif path.suffix == ".csv":
        text = path.read_text()
        rows = list(csv.reader(text.splitlines()))
        if text and (not text.endswith("\n") or any(len(row) != len(rows[0]) for row in rows)):
            raise ValueError("cut")
    elif "[kmc]" not in path.read_text():
        raise ValueError("cut")


def launch(command, stdout=subprocess.DEVNULL, environment=ENVIRONMENT):
    """Status, or None if the program hangs, wall time and stderr."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, env=environment, text=True, errors="replace")
    try:
        _, stderr = process.communicate(timeout=HANG_SECONDS)
        return process.returncode, time.monotonic() - start, stderr
    except subprocess.TimeoutExpired:
        process.terminate()
        try:
            _, stderr = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            _, stderr = process.communicate()
        return None, time.monotonic() - start, stderr


def run_on(out, ranks, settings=()):
    """A run into `out`, with the library if there are settings for it."""
    preload = ["env", f"LD_PRELOAD={LIBRARY}", *settings] if settings else []
    return Outcome(*launch([*MPIEXEC, "-n", str(ranks), *preload, PROGRAM, str(DECKS / "wang2024.cfg"), f"--output={out}", *WORDS]), out)


def counted_disk(level, ranks, *settings):
    """A run on a disk that takes `level` bytes, by the library; None: that has no end."""
    with temporary_folder() as folder:
        counter = pathlib.Path(folder) / "counter"
        counter.write_bytes(bytes(8))
        limit = [] if level is None else [f"FULL_DISK_BYTES={level}"]
        return run_on(pathlib.Path(folder) / "out", ranks, [f"FULL_DISK_FOLDER={folder}/out", f"FULL_DISK_COUNTER={counter}", *limit, *settings])


@contextlib.contextmanager
def mounted(folder, level):
    """A tmpfs that takes `level` bytes: as its size cannot be 0, it has a page more, which is filled. Yields None if it cannot be mounted."""
    options = f"size={level + PAGE}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False).returncode != 0:
        yield None
        return
    try:
        (pathlib.Path(folder) / "filler").write_bytes(bytes(PAGE))
        yield pathlib.Path(folder)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def mounted_disk(level, ranks):
    with temporary_folder() as folder, mounted(folder, level) as disk:
        return run_on(disk / "out", ranks)


def can_mount():
    with temporary_folder() as folder, mounted(folder, PAGE) as disk:
        return disk is not None


COLUMNS = ["hang", "crash", "wrong status", "wrong message", "late", "cut row", "broken file", "left over"]


def check_levels(verdict, name, disk, ranks):
    with concurrent.futures.ThreadPoolExecutor(max(1, 2 // ranks)) as pool:
        outcomes = list(pool.map(lambda level: disk(level, ranks), LEVELS))
    counts = [sum(1 for outcome in outcomes if outcome.faults[column]) for column in COLUMNS]
    good = sum(1 for outcome in outcomes if outcome.status == 0 and not outcome.faults)
    ended = sum(1 for outcome in outcomes if outcome.status == 1 and not outcome.faults)
    slowest = max(outcome.seconds for outcome in outcomes)
    cells = " ".join(f"{count:>{len(column)}}" for count, column in zip(counts, COLUMNS))
    print(f"{name:8} {ranks:5} {len(outcomes):5} {good:8} {ended:12} {cells}  {slowest:5.1f}")
    files = sorted({outcome.file() for outcome in outcomes if outcome.file()})
    named = sum(1 for outcome in outcomes if outcome.status == 1 and outcome.messages and FULL_DISK in outcome.messages[0])
    for level, outcome in zip(LEVELS, outcomes):
        if outcome.faults:
            print(f"         {level // 1024} kB: {dict(outcome.faults)} {outcome.messages}")
    verdict.expect(not any(counts), f"{name}, {ranks} ranks: a full disk ends runs in good order; {named} name the reason; files {files}")
    verdict.expect(named == ended > 0 and good > 0, f"{name}, {ranks} ranks: some runs end by it, with the reason, and some do not")


def check_one_rank(verdict):
    """Only one rank meets the full disk; what it writes is its rows of the snapshot."""
    for rank in (1, 2):
        outcome = counted_disk(10_000, 4, f"FULL_DISK_RANK={rank}")
        message = outcome.messages[:1]
        # Of 4 ranks in two rows of boxes the first of each row writes.
        if rank == 2:
            verdict.expect(outcome.status == 1 and not outcome.faults and outcome.file().startswith("snapshot_") and FULL_DISK in message[0],
                           f"rank {rank} alone meets a full disk: status {outcome.status}, {outcome.seconds:.1f} s, {message} {dict(outcome.faults)}")
        else:
            verdict.expect(outcome.status == 0 and not outcome.faults, f"rank {rank} writes nothing: status {outcome.status} {message}")


def check_sync(verdict):
    """Errors that only a sync reports, as on network file systems."""
    for name in ("shearwater.lock", "deck.resolved", "history", "timing", "events_0", "snapshot_0", "snapshots.xdmf", "summary"):
        outcome = counted_disk(None, 2, f"FULL_DISK_BAD_SYNC={name}")
        message = outcome.messages[:1]
        verdict.expect(outcome.status == 1 and not outcome.faults and name in outcome.file() and "Input/output error" in message[0],
                       f"sync of {name} fails: status {outcome.status}, {outcome.seconds:.1f} s, {message} {dict(outcome.faults)}")


def check_largest_file(verdict):
    """A limit on the size of files is an error as any other, not a signal."""
    with temporary_folder() as folder:
        out = pathlib.Path(folder) / "out"
        command = [*MPIEXEC, "-n", "1", "sh", "-c", 'ulimit -f 60; exec "$@"', "sh", PROGRAM, str(DECKS / "wang2024.cfg"), f"--output={out}", *WORDS]
        # The files of MPI itself, for memory that ranks share, would be larger.
        outcome = Outcome(*launch(command, environment=ENVIRONMENT | WITHOUT_SHARED_MEMORY), out)
        verdict.expect(outcome.status == 1 and not outcome.faults and "File too large" in "".join(outcome.messages),
                       f"files of 30 kB at most: status {outcome.status} {outcome.messages} {dict(outcome.faults)}")


def check_stdout(verdict):
    """Progress that cannot be printed does not end a run."""
    command = [PROGRAM, str(DECKS / "wang2024.cfg"), *WORDS]
    with temporary_folder() as folder, open("/dev/full", "w") as full:
        out = pathlib.Path(folder) / "out"
        outcome = Outcome(*launch([*command, f"--output={out}"], stdout=full), out)
        verdict.expect(outcome.status == 0 and not outcome.faults, f"stdout on a full disk: status {outcome.status} {outcome.messages}")
        status, _, stderr = launch([PROGRAM, "--dump-deck"], stdout=full)
        verdict.expect(status == 1 and stderr.count("error: standard output") == 1, f"a deck dumped to a full disk: status {status} {stderr.strip()}")
        reader, writer = os.pipe()
        os.close(reader)
        out = pathlib.Path(folder) / "piped"
        outcome = Outcome(*launch([*command, f"--output={out}"], stdout=writer), out)
        os.close(writer)
        verdict.expect(outcome.status == 0 and not outcome.faults, f"stdout a closed pipe: status {outcome.status} {outcome.messages}")


def main():
    verdict = Verdict()
    disks = {"library": counted_disk}
    if can_mount():
        disks["tmpfs"] = mounted_disk
    else:
        print("no tmpfs can be mounted here: the library is the only disk")
    print(f"{'disk':8} {'ranks':>5} {'runs':>5} {'complete':>8} {'ended by it':>12} " + " ".join(COLUMNS) + "  slowest [s]")
    for name, disk in disks.items():
        for ranks in (1, 2, 4):
            check_levels(verdict, name, disk, ranks)
    check_one_rank(verdict)
    check_sync(verdict)
    check_largest_file(verdict)
    check_stdout(verdict)
    verdict.exit()


main()
