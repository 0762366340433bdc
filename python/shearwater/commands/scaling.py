"""Strong and weak scaling of a deck: makes the runs, carries them out here or submits them to Slurm, and collects tables and plots.

  tools/scaling strong DECK --size 1024x1024 --ranks 1,2,4 --local [--seeds 1-3] [--into FOLDER] [-- --key=value ...]
  tools/scaling weak DECK --size-per-rank 256x256 --ranks 1,4,16 --submit [...]
  tools/scaling collect FOLDER

strong: one cell on every number of ranks. weak: the cell grows with the ranks, by the process grid nearest to square: 2 ranks of 512x512 are
1024x512, 8 ranks of 64x64x64 are 128x128x128; --axes xy lets a slab grow in its plane only.

--local runs them here, one after the other. --submit makes each a job of its own with jobs/scaling.sbatch, whose options for the cluster are
there to adapt, or given as --sbatch='--partition=NAME --time=2:00:00'. --dry-run writes and prints the commands, and does no more.
Runs that FOLDER has already are not repeated, and jobs that wait or run are not submitted again, so the same line with more ranks or seeds
adds to a study, and repeats what has failed.

Words after -- go to the program, in every run. Snapshots before the end and the event log are off unless they are set there, since their
writing would count as time of the events. Let runs end by a number of events or a strain: -- --kmc.max_events=100000.
"""

import dataclasses
import itertools
import json
import math
import pathlib
import shlex
import shutil
import subprocess
import sys

from shearwater.checkout import DECKS, TOP, default_program
from shearwater.command_line import Parser, cell, numbers, parse_with_words, positive_numbers, require_program
from shearwater.errors import ShearwaterError
from shearwater.scaling import results
from shearwater.scaling.study import Study, ask_program, digests, grown_cell, is_key, mpirun_beside, run_here

JOB = TOP / "jobs" / "scaling.sbatch"
# Set unless the words do: what is written within the loop over events would count as its time.
QUIET = {"output.event_log": "false", "output.snapshot_strains": "none"}
# Keys that every run gets its own value of, and what chooses it.
OWN_KEYS = {"lattice.size": "--size or --size-per-rank", "seed": "--seeds", "output": "--into", "walltime": "--sbatch=--time=..."}


@dataclasses.dataclass(frozen=True, order=True)
class Run:
    """One run of a study."""

    ranks: int
    seed: int
    size: str

    @property
    def name(self):
        return f"ranks-{self.ranks}-seed-{self.seed}"


def parse():
    parser = Parser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="strong|weak|collect")
    for kind, option in (("strong", "--size"), ("weak", "--size-per-rank")):
        study = kinds.add_parser(kind, help=f"runs for {kind} scaling", description=__doc__)
        study.add_argument("deck", metavar="DECK", type=pathlib.Path)
        study.add_argument(option, dest="size", required=True, type=cell, help="voxels, for example 512x512 or 64x64x64")
        if kind == "weak":
            study.add_argument("--axes", choices=("x", "y", "xy", "z", "xz", "yz", "xyz"), help="axes along which the cell grows (default: all)")
        study.add_argument("--ranks", required=True, type=positive_numbers, help="for example 1,2,4")
        study.add_argument("--seeds", default=[1], type=numbers, help="for example 1-3 (default: 1)")
        study.add_argument("--into", type=pathlib.Path, help=f"folder of the study (default: out-{kind})")
        where = study.add_mutually_exclusive_group(required=True)
        where.add_argument("--local", action="store_true", help="run here, one after the other")
        where.add_argument("--submit", action="store_true", help="submit to Slurm, one job for each")
        study.add_argument("--dry-run", action="store_true", help="only write and print the commands")
        study.add_argument("--ranks-per-node", type=int, help="with --submit: fill nodes with so many (default: Slurm's choice)")
        study.add_argument("--sbatch", default=[], type=shlex.split, metavar="OPTIONS", help="with --submit: more options of sbatch, as one word")
        study.add_argument("--mpirun", metavar="COMMAND", help="with --local: what starts the ranks (default: mpiexec beside the program, or mpirun)")
        study.add_argument("--program", type=pathlib.Path, default=default_program())
    collect = kinds.add_parser("collect", help="table and plots of a study", description=__doc__)
    collect.add_argument("folder", metavar="FOLDER", type=pathlib.Path)
    arguments, words = parse_with_words(parser, "tools/scaling strong DECK ...")
    if arguments.kind == "collect":
        if words:
            parser.error(f"{words[0]}: collect runs nothing, so there is nothing that words after -- could go to")
        return arguments
    arguments.mpirun = arguments.mpirun or mpirun_beside(arguments.program.resolve())
    check(parser, arguments, words)
    arguments.words = [f"--{key}={value}" for key, value in QUIET.items() if not any(is_key(word, key) for word in words)] + words
    arguments.into = (arguments.into or pathlib.Path(f"out-{arguments.kind}")).resolve()
    arguments.program = arguments.program.resolve()
    return arguments


def check(parser, arguments, words):
    """What can be known to be wrong before anything is written."""
    if not arguments.deck.is_file():
        parser.error(f"{arguments.deck}: no such deck; those that come with the program are in {DECKS}")
    require_program(parser, arguments.program)
    for word, key in itertools.product(words, OWN_KEYS):
        if is_key(word, key):
            parser.error(f"{word}: every run of the study has its own value; choose it with {OWN_KEYS[key]}")
    if arguments.local and (arguments.sbatch or arguments.ranks_per_node):
        parser.error("--sbatch and --ranks-per-node are for jobs; give --submit instead of --local")
    if arguments.ranks_per_node is not None and arguments.ranks_per_node < 1:
        parser.error(f"--ranks-per-node={arguments.ranks_per_node}: must be positive")
    if arguments.kind == "weak":
        names = "xyz"[: len(arguments.size)]
        arguments.axes = [names.find(axis) for axis in arguments.axes or names]
        if -1 in arguments.axes:
            parser.error("--axes: a cell with two axes cannot grow along z")
    if not arguments.dry_run:
        command = "sbatch" if arguments.submit else shlex.split(arguments.mpirun)[0]
        if not shutil.which(command):
            other = "Slurm is not on this machine; run here with --local" if arguments.submit else "install MPI, or name another with --mpirun"
            parser.error(f"{command}: there is no such command: {other}, or let --dry-run write the commands only")


def planned_runs(arguments):
    for ranks in arguments.ranks:
        size = arguments.size if arguments.kind == "strong" else grown_cell(arguments.size, ranks, arguments.axes)
        for seed in arguments.seeds:
            yield Run(ranks, seed, "x".join(map(str, size)))


def settings_of(arguments):
    """What all runs have in common."""
    size = "x".join(map(str, arguments.size))
    settings = digests(deck=arguments.deck, program=arguments.program)
    settings |= {"kind": arguments.kind, "size": size, "words": arguments.words, "deck_name": arguments.deck.name}
    if arguments.kind == "weak":
        settings["axes"] = "".join("xyz"[axis] for axis in arguments.axes)
    return settings


def command_of(study, run, arguments):
    words = [study.folder / "deck.cfg", f"--lattice.size={run.size}", f"--seed={run.seed}", f"--output={study.runs / run.name}", *arguments.words]
    if arguments.local:
        command = [*shlex.split(arguments.mpirun), "-n", run.ranks, arguments.program, *words]
    else:
        nodes = []
        if arguments.ranks_per_node:
            per_node = min(arguments.ranks_per_node, run.ranks)
            nodes = [f"--nodes={math.ceil(run.ranks / per_node)}", f"--ntasks-per-node={per_node}"]
        command = ["sbatch", "--parsable", f"--job-name={run.name}", f"--ntasks={run.ranks}", *nodes, f"--output={study.logs / run.name}-%j.log",
                   f"--export=ALL,SHEARWATER={arguments.program}", *arguments.sbatch, JOB, *words]
    return [str(word) for word in command]


def job_state(job):
    """The state of a job that waits or runs; None of one that has ended, or whose cluster is another."""
    if job is None or not shutil.which("squeue"):
        return None
    process = subprocess.run(["squeue", "--noheader", f"--jobs={job}", "--format=%T"], capture_output=True, text=True)
    if process.returncode != 0 and "Invalid job id" not in process.stderr:
        raise ShearwaterError(f"Slurm does not say what became of job {job}: {process.stderr.strip()}")
    return process.stdout.strip() or None


def submit(study, run, command):
    process = subprocess.run(command, capture_output=True, text=True)
    if process.returncode != 0:
        raise ShearwaterError(f"sbatch did not take {run.name}: {process.stderr.strip()}\n{shlex.join(command)}")
    job = int(process.stdout.strip().split(";")[0])
    study.record(run, job=job)
    print(f"{run.name}: {run.size}, job {job}", flush=True)


def carry_out(arguments):
    """Starts what is neither there nor on its way."""
    runs, study = list(planned_runs(arguments)), Study(arguments.into)
    smallest = min(runs)
    ask_program(arguments.program, arguments.deck, [f"--lattice.size={smallest.size}", *arguments.words])
    study.claim(settings_of(arguments), arguments.deck, runs)
    wanted = []
    for run in runs:
        state = None if study.is_complete(run) else job_state(study.started(run).get("job"))
        if study.is_complete(run):
            print(f"{run.name}: is there already")
        elif state:
            print(f"{run.name}: job {study.started(run)['job']} is {state}")
        else:
            wanted.append(run)
    commands = [command_of(study, run, arguments) for run in wanted]
    path = study.write_commands(commands)
    if arguments.dry_run:
        print("\n".join(map(shlex.join, commands)))
        print(f"{len(commands)} runs, none of them started; the commands are in {path}")
        return
    for run, command in zip(wanted, commands):
        study.clear(run)
        (submit if arguments.submit else run_here)(study, run, command)
    print(f"then: tools/scaling collect {arguments.into}")


def collect(folder):
    """Table, CSV and plots of the runs that are complete, and what became of the others."""
    note = folder / "study.json"
    if not note.is_file():
        raise ShearwaterError(f"{folder}: holds no study; name the folder that tools/scaling strong or weak was given with --into")
    notes, study = json.loads(note.read_text()), Study(folder)
    complete, missing = [], []
    for run in (Run(**planned) for planned in notes["runs"]):
        started = study.started(run)
        if study.is_complete(run):
            summary = study.summary(run)
            complete.append(results.Result(run.ranks, run.seed, run.size, started.get("cores"), summary))
            continue
        state = job_state(started.get("job"))
        logs = sorted(study.logs.glob(f"{run.name}[.-]*log"))
        missing.append(f"{run.name}: " + (f"job {started['job']} is {state}" if state else f"did not end; see {logs[-1]}" if logs else "not started"))
    if not complete:
        raise ShearwaterError(f"{folder}: no run is complete\n" + "\n".join(missing))
    results.report(folder, notes["settings"], complete, missing)


def main():
    arguments = parse()
    try:
        collect(arguments.folder) if arguments.kind == "collect" else carry_out(arguments)
    except (ShearwaterError, OSError) as error:
        sys.exit(f"scaling: {error}")
    return 0
