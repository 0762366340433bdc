"""A cost model of the sublattice engine for machines that we do not have: counts from runs here, unit costs from one rank, the rest stated.

  tools/cost_model DECK --size-per-rank 256x256 --ranks 1,2,4,8,16,32,64 --into FOLDER [--latency 1.5e-6 --bandwidth 12e9] [-- --key=value ...]

Makes runs of the deck on so many ranks (more than there are cores do no harm: what is taken from them is counted) to a fixed strain, so that there
are equally many events per voxel, and runs on 1 rank in turns with runs on 2, from which come the costs of an event, of a far source and of a
cycle. From these it says how long 2 ranks should take, without having seen it, and holds that against what was measured; then what weak
and strong scaling should be on as many ranks as --project names. The terms of the model are in shearwater/scaling/cost_terms.py.

Every column and curve says whether it is measured, counted or modelled. FOLDER gets cost_model.txt, cost_model.csv, projection.csv and
plots/. Runs that FOLDER has already are not repeated: the same line with another latency only computes; --turns may grow.

Words after -- go to the program, in every run.
"""

import argparse
import dataclasses
import math
import pathlib
import shlex
import shutil
import sys

from shearwater.checkout import DECKS, default_program
from shearwater.command_line import Parser, cell, parse_with_words, positive_numbers, require_program
from shearwater.errors import ShearwaterError
from shearwater.scaling import cost_terms
from shearwater.scaling.study import Study, ask_program, digests, grown_cell, is_key, mpirun_beside, run_here

# Set unless the words do. One row of the history for each cycle, since costs depend on the events of single cycles.
QUIET = {"output.event_log": "false", "output.snapshot_strains": "none", "output.history_interval": "0",
         "elasticity.elements_per_voxel": "1", "loading.stop_plastic_strain": "0"}
OWN_KEYS = {"lattice.size": "--size-per-rank", "loading.max_strain": "--max-strain", "output": "--into"}
ENGINE = "kmc.engine"
# Ends of the runs on 1 rank, as parts of the strain: events, far sources and cycles are in other proportions at each, which tells their costs apart.
LADDER = (0.4, 0.6, 0.8, 1.0)
# Of the events of a cycle, in one more run, as measuring errors and far sources go with the events of a cycle alike.
SMALL_SAMPLE = 4
# What runs exchange at start and end cancels against a run that is as good as nothing else.
BASE = 0.002


@dataclasses.dataclass(frozen=True, order=True)
class Run:
    """One run. `purpose`: counts (of weak scaling), base (start and end only), strong (counts of one cell), turn (timed)."""

    purpose: str
    ranks: int
    size: str
    strain: float
    turn: int = 0
    sample: int = 0  # kmc.error_sample, 0 for that of the words or its default

    @property
    def name(self):
        turn = f"-turn-{self.turn}" if self.turn else ""
        sample = f"-sample-{self.sample}" if self.sample else ""
        return f"{self.purpose}-{self.size}-ranks-{self.ranks}-strain-{self.strain:g}{sample}{turn}"

    @property
    def words(self):
        return [f"--kmc.error_sample={self.sample}"] if self.sample else []


def positive(text):
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: must be a positive number")
    return number


def count(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text}: must be a positive whole number")
    return int(text)


def parse():
    parser = Parser(description=__doc__)
    parser.add_argument("deck", metavar="DECK", type=pathlib.Path)
    parser.add_argument("--size-per-rank", required=True, type=cell, help="voxels, for example 256x256 or 32x32x32")
    parser.add_argument("--ranks", required=True, type=positive_numbers, help="for example 1,2,4,8,16; 1, 2 and one more at least")
    parser.add_argument("--into", required=True, type=pathlib.Path, metavar="FOLDER", help="folder of runs and results")
    parser.add_argument("--max-strain", default=0.025, type=positive, help="where runs end (default: 0.025)")
    parser.add_argument("--turns", default=5, type=count, help="timed runs on 1 and 2 ranks, taking turns (default: 5)")
    parser.add_argument("--project", default=[16, 64, 256, 1024, 4096, 16384], type=positive_numbers, help="ranks to compute (default: 16 to 16384)")
    parser.add_argument("--strong-size", type=cell, help="cell of modelled strong scaling (default: the one of 1024 ranks)")
    parser.add_argument("--latency", default=1.5e-6, type=positive, help="of a message, s (default: 1.5e-6)")
    parser.add_argument("--bandwidth", default=12e9, type=positive, help="of a rank, bytes/s (default: 12e9)")
    parser.add_argument("--law", choices=sorted(cost_terms.LAWS), help="how the longest chain of events that wait for each other grows (default: log or sqrt-log, what fits better)")
    parser.add_argument("--mpirun", metavar="COMMAND", help="what starts the ranks (default: mpiexec beside the program, or mpirun)")
    parser.add_argument("--program", type=pathlib.Path, default=default_program())
    arguments, words = parse_with_words(parser, "tools/cost_model DECK")
    arguments.mpirun = arguments.mpirun or mpirun_beside(arguments.program.resolve())
    check(parser, arguments, words)
    arguments.words = [f"--{key}={value}" for key, value in QUIET.items() if not any(is_key(word, key) for word in words)] + words
    if not any(is_key(word, ENGINE) for word in words):
        arguments.words.insert(0, f"--{ENGINE}=sublattice")
    arguments.into, arguments.program = arguments.into.resolve(), arguments.program.resolve()
    arguments.strong_size = arguments.strong_size or grown(arguments, 1024)
    return arguments


def check(parser, arguments, words):
    """What can be known to be wrong before anything is written."""
    if not arguments.deck.is_file():
        parser.error(f"{arguments.deck}: no such deck; those that come with the program are in {DECKS}")
    require_program(parser, arguments.program)
    if not {1, 2} < set(arguments.ranks):
        parser.error("--ranks: must name 1, where costs are measured, 2, where they are put to the test, and one more at least, from which laws follow")
    if max(arguments.project) > 2**24:
        parser.error(f"--project: {max(arguments.project)} is more ranks than the model was made for (16777216)")
    if arguments.strong_size and len(arguments.strong_size) != len(arguments.size_per_rank):
        parser.error("--strong-size: must have as many axes as --size-per-rank")
    for word in words:
        if word.startswith(f"--{ENGINE}=") and word != f"--{ENGINE}=sublattice":
            parser.error(f"{word}: the model is one of the sublattice engine; leave the key out")
        for key, option in OWN_KEYS.items():
            if is_key(word, key):
                parser.error(f"{word}: runs have their own values; choose them with {option}")
    command = shlex.split(arguments.mpirun)[0]
    if not shutil.which(command):
        parser.error(f"{command}: there is no such command: install MPI, or name another with --mpirun")


def grown(arguments, ranks):
    return grown_cell(arguments.size_per_rank, ranks, range(len(arguments.size_per_rank)))


def text(size):
    return "x".join(map(str, size))


def planned_runs(arguments):
    """Few ranks first, so that a mistake does not wait for the long runs."""
    strain = arguments.max_strain
    for turn in range(1, arguments.turns + 1):
        for part in LADDER:
            yield Run("turn", 1, text(grown(arguments, 1)), part * strain, turn)
        yield Run("turn", 1, text(grown(arguments, 1)), strain, turn, SMALL_SAMPLE)
        yield Run("turn", 2, text(grown(arguments, 2)), strain, turn)
    shared = shared_cell(arguments)
    for ranks in arguments.ranks:
        yield Run("base", ranks, text(grown(arguments, ranks)), BASE * strain)
        yield Run("counts", ranks, text(grown(arguments, ranks)), strain)
        if ranks in shared_by(arguments):
            yield Run("strong", ranks, text(shared), strain)


def shared_cell(arguments):
    """The cell whose events are counted on several numbers of ranks: that of so many ranks that fewer and more are left on either side."""
    return grown(arguments, max(ranks for ranks in arguments.ranks if ranks**2 <= max(arguments.ranks)))


def shared_by(arguments):
    """Numbers of ranks that leave each at least some two blocks along each axis."""
    voxels = math.prod(shared_cell(arguments))
    least = 64**2 if len(arguments.size_per_rank) == 2 else 32**3
    return [ranks for ranks in arguments.ranks if voxels >= ranks * least]


def settings_of(arguments):
    return digests(deck=arguments.deck, program=arguments.program) | {
        "kind": "cost model", "size": text(arguments.size_per_rank), "words": arguments.words, "deck_name": arguments.deck.name,
        "max_strain": arguments.max_strain}


def carry_out(arguments):
    """Makes the runs that are not there; returns all that were asked for."""
    runs, study = list(planned_runs(arguments)), Study(arguments.into)
    for ranks in (1, 2):
        words = [f"--lattice.size={text(grown(arguments, ranks))}", f"--loading.max_strain={arguments.max_strain}", *arguments.words]
        ask_program(arguments.program, arguments.deck, words)
    study.claim(settings_of(arguments), arguments.deck, runs)
    for run in runs:
        if study.is_complete(run):
            continue
        study.clear(run)
        run_here(study, run, [str(word) for word in (
            *shlex.split(arguments.mpirun), "-n", run.ranks, arguments.program, study.folder / "deck.cfg", f"--lattice.size={run.size}",
            f"--loading.max_strain={run.strain:g}", f"--output={study.runs / run.name}", *arguments.words, *run.words)])
    return study, runs


def main():
    arguments = parse()
    try:
        study, runs = carry_out(arguments)
        from shearwater.scaling import cost_report  # not before: it draws, and what that needs takes a second to load

        cost_report.report(study, runs, arguments)
    except (ShearwaterError, OSError) as error:
        sys.exit(f"cost_model: {error}")
    return 0
