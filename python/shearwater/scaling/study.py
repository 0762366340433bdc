"""Folders of runs that differ in few things, and how they are made here. For the commands scaling and cost_model."""

import dataclasses
import hashlib
import json
import os
import pathlib
import resource
import shlex
import shutil
import subprocess
import time

from shearwater.errors import ShearwaterError
from shearwater.run import Run


def process_grid(ranks, axes):
    """The ranks as a product of one factor for each axis, as near to a square or cube as can be, the largest first."""
    if axes == 1:
        return (ranks,)
    factors = [first for first in range(1, ranks + 1) if ranks % first == 0]
    grids = (tuple(sorted((first, *process_grid(ranks // first, axes - 1)), reverse=True)) for first in factors)
    return min(grids, key=sum)


def grown_cell(per_rank, ranks, axes):
    """The cell in which each rank has `per_rank` voxels; `axes` are the indices of those along which it grows."""
    factors = dict(zip(axes, process_grid(ranks, len(axes))))
    return tuple(length * factors.get(axis, 1) for axis, length in enumerate(per_rank))


def is_key(word, key):
    return word == f"--{key}" or word.startswith(f"--{key}=")


def environment():
    """For runs here: one thread per rank."""
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def mpirun_beside(program):
    """The command that starts ranks of a program: the script that CMake writes beside it, or else the mpirun of the system."""
    script = program.parent / "mpiexec"
    return shlex.quote(str(script)) if script.is_file() else "mpirun"


def digests(**paths):
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}


def ask_program(program, deck, words):
    """Lets the program look at deck and words, so that a mistake is met now and not in every run."""
    process = subprocess.run([program, deck, *words, "--check"], capture_output=True, text=True, env=environment())
    if process.returncode != 0:
        raise ShearwaterError(f"the program refuses these runs: {process.stderr.strip() or process.stdout.strip()}")


class Study:
    """A folder of runs that differ in nothing but what their names say.

    study.json says what they have in common and which are planned; runs/NAME is the output of one, complete if it has a summary;
    logs/NAME.json is how it was started last, beside its log; commands.sh starts those that the last command line asked for.
    """

    def __init__(self, folder):
        self.folder = folder
        self.runs = folder / "runs"
        self.logs = folder / "logs"

    def claim(self, settings, deck, runs):
        """Notes what the runs depend on, or makes sure that runs already there depend on the same. `runs`: ordered dataclasses that have a name."""
        note = self.folder / "study.json"
        if not note.exists() and self.folder.is_dir() and any(self.folder.iterdir()):
            raise ShearwaterError(f"{self.folder} holds something else than a study; name another folder with --into")
        there = json.loads(note.read_text()) if note.exists() else {"settings": settings, "runs": []}
        differing = [name for name in settings.keys() | there["settings"].keys() if there["settings"].get(name) != settings.get(name)]
        if differing and self.runs.is_dir() and any(self.runs.iterdir()):
            raise ShearwaterError(f"{self.folder} holds runs that differ in {', '.join(sorted(differing))}; name another folder with --into")
        for folder in (self.runs, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(deck, self.folder / "deck.cfg")
        before = [] if differing else [type(runs[0])(**run) for run in there["runs"]]
        planned = sorted({run.name: run for run in [*before, *runs]}.values())
        note.write_text(json.dumps({"settings": settings, "runs": [dataclasses.asdict(run) for run in planned]}, indent=2) + "\n")

    def is_complete(self, run):
        return (self.runs / run.name / "summary.json").is_file()

    def started(self, run):
        """How the run was started last."""
        record = self.logs / f"{run.name}.json"
        return json.loads(record.read_text()) if record.exists() else {}

    def record(self, run, **how):
        (self.logs / f"{run.name}.json").write_text(json.dumps(how) + "\n")

    def clear(self, run):
        """Removes what an attempt that did not end has left."""
        shutil.rmtree(self.runs / run.name, ignore_errors=True)

    def summary(self, run):
        return dict(Run(self.runs / run.name).summary)

    def write_commands(self, commands):
        path = self.folder / "commands.sh"
        path.write_text("\n".join(["#!/bin/sh", "set -e", *map(shlex.join, commands)]) + "\n")
        path.chmod(0o755)
        return path


def busy_seconds():
    """Processor time of everything on this machine since its start; None where the kernel does not tell."""
    try:
        user, nice, system, *_ = map(int, pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:])
    except OSError:
        return None
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    """Processor time of the processes that this one has started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_here(study, run, command):
    """Notes what share of all cores others have used meanwhile."""
    cores = len(os.sched_getaffinity(0))
    study.record(run, cores=cores)
    start, busy, own = time.monotonic(), busy_seconds(), own_seconds()
    log = study.logs / f"{run.name}.log"
    with log.open("w") as file:
        process = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, text=True, env=environment())
    if process.returncode != 0 or not study.is_complete(run):
        raise ShearwaterError(f"failed: {shlex.join(command)}\n{log.read_text()}")
    if busy is not None:
        others = busy_seconds() - busy - (own_seconds() - own)
        study.record(run, cores=cores, others=max(others, 0.0) / (time.monotonic() - start) / os.cpu_count())
    summary = study.summary(run)
    print(f"{run.name}: {run.size}, {summary['events']} events, {summary['events_per_s']:.0f} events/s", flush=True)
