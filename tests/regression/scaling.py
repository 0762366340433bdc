"""tools/scaling makes the runs of a study, does not repeat them, collects them, and says what is wrong with what it cannot do.

Submission to Slurm is for tests/slurm/run.
"""

import csv
import json
import pathlib
import shlex
import subprocess
import sys

from runs import DECKS, MPIEXEC, PROGRAM, Verdict, temporary_folder

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

DECK = DECKS / "quickstart.cfg"
WORDS = ["--", "--kmc.max_events=300"]


def scaling(*words, environment=None):
    command = [sys.executable, TOP / "tools" / "scaling", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def make(kind, *words, run="--local", after=WORDS):
    return scaling(kind, DECK, f"--program={PROGRAM}", f"--mpirun={shlex.join(MPIEXEC)}", run, *words, *after)


def sizes(folder):
    return {run["ranks"]: run["size"] for run in json.loads((folder / "study.json").read_text())["runs"]}


def table_of(folder):
    with open(folder / "scaling.csv") as file:
        return list(csv.DictReader(file))


def check_strong(verdict, folder):
    words = ["--size=32x32", "--seeds=3-4", f"--into={folder}"]
    first = make("strong", "--ranks=1", *words)
    verdict.expect(first.returncode == 0, f"strong scaling runs here {first.stderr}")
    second = make("strong", "--ranks=1,2", *words)
    verdict.expect(second.stdout.count("is there already") == 2 and second.stdout.count("300 events") == 2, "more ranks add to a study")
    collected = scaling("collect", folder)
    verdict.expect(collected.returncode == 0, f"a study is collected {collected.stderr}")
    verdict.expect(collected.stdout.count("the same events on 1, 2 ranks") == 2, "events are the same on both numbers of ranks")
    one, two = table_of(folder)
    rates = [float(row["measured.events_per_s"]) for row in (one, two)]
    verdict.expect(one["runs"] == two["runs"] == "2" and float(one["measured.speed_up"]) == 1, "two runs in each row, speed-up from the first")
    verdict.expect(abs(float(two["measured.efficiency"]) - rates[1] / rates[0] / 2) < 1e-12, "efficiency is the ratio of rates per rank")
    verdict.expect(float(two["counted.bytes_per_event"]) == 2 * float(two["counted.bytes_per_event_per_rank"]), "bytes are those of all ranks")
    plots = {path.stem for path in (folder / "plots").glob("*.png")}
    wanted = {"speed_up", "efficiency", "events_per_s", "bytes_per_event", "messages_per_event"}
    verdict.expect(plots >= wanted, f"plots {', '.join(sorted(plots))}")


def check_keys_to_come(verdict, folder):
    """Columns that only some summaries have."""
    verdict.expect("counted.cycles" not in table_of(folder)[0], "no column for what no summary has")
    for path in folder.glob("runs/*/summary.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"cycles": 12, "concurrency": 1.5}))
    scaling("collect", folder)
    found = table_of(folder)[1]
    verdict.expect(float(found["counted.cycles"]) == 12 and float(found["counted.concurrency"]) == 1.5, "and one for what is there")


def check_incomplete(verdict, folder):
    """A run that has not ended is missing from the table, and is made anew."""
    (folder / "runs" / "ranks-2-seed-4" / "summary.json").unlink()
    verdict.expect("ranks-2-seed-4: did not end" in scaling("collect", folder).stdout, "a run without a summary is named")
    again = make("strong", "--ranks=1,2", "--size=32x32", "--seeds=3-4", f"--into={folder}")
    verdict.expect(again.returncode == 0 and again.stdout.count("300 events") == 1, "and made anew")


def check_weak(verdict, folder):
    for name, words, wanted in (
        ("plane", ["--size-per-rank=512x512"], {1: "512x512", 2: "1024x512", 4: "1024x1024", 6: "1536x1024", 8: "2048x1024"}),
        ("solid", ["--size-per-rank=16x16x8"], {1: "16x16x8", 2: "32x16x8", 4: "32x32x8", 6: "48x32x8", 8: "32x32x16"}),
        ("slab", ["--size-per-rank=16x16x8", "--axes=xy"], {1: "16x16x8", 2: "32x16x8", 4: "32x32x8", 6: "48x32x8", 8: "64x32x8"}),
    ):
        process = make("weak", "--ranks=1,2,4,6,8", f"--into={folder / name}", "--dry-run", *words)
        verdict.expect(process.returncode == 0 and sizes(folder / name) == wanted, f"cells grow with the ranks: {name} {process.stderr}")
        commands = [line for line in process.stdout.splitlines() if "--lattice.size" in line]
        verdict.expect(len(commands) == 5 and not any((folder / name / "runs").iterdir()), "five commands, and nothing is run")
    words = ["--ranks=1,64", "--size-per-rank=512x512", f"--into={folder / 'jobs'}", "--ranks-per-node=32", "--dry-run"]
    submitted = make("weak", *words, run="--submit")
    verdict.expect("--ntasks=64 --nodes=2 --ntasks-per-node=32" in submitted.stdout, "64 ranks of a job fill two nodes of 32")
    verdict.expect("--ntasks=1 --nodes=1 --ntasks-per-node=1" in submitted.stdout, "one rank has one")
    run = make("weak", "--ranks=1,2", "--size-per-rank=32x32", f"--into={folder / 'run'}")
    verdict.expect("ranks-2-seed-1: 64x32, 300 events" in run.stdout, f"weak scaling runs here {run.stderr}")
    verdict.expect("weak scaling of quickstart.cfg, 32x32 voxels per rank" in scaling("collect", folder / "run").stdout, "and is collected")


def check_mistakes(verdict, folder, study):
    into = f"--into={folder / 'none'}"
    common = ["--ranks=1", "--size=32x32", into]
    program = f"--program={PROGRAM}"
    for process, wanted in (
        (make("strong", "--ranks=1,2", into), "--size"),
        (make("strong", "--ranks=1,two", "--size=32x32", into), "1,two: write numbers separated by commas"),
        (make("strong", "--ranks=0", "--size=32x32", into), "must be positive"),
        (make("strong", "--ranks=1", "--size=32", into), "32: write voxels along each axis"),
        (make("strong", "--ranks-per-node=4", *common), "give --submit"),
        (make("strong", "--kmc.max_events=3", *common), "words for the program go after --"),
        (make("weak", "--ranks=1", "--size-per-rank=32x32", "--axes=xyz", into), "cannot grow along z"),
        (make("strong", *common, after=["--", "--seed=3"]), "choose it with --seeds"),
        (make("strong", *common, after=["--", "--kmc.max_evnts=3"]), "did you mean kmc.max_events?"),
        (make("strong", "--ranks=1", "--size=32x32", f"--into={TOP / 'input_decks'}"), "something else than a study"),
        (make("strong", "--ranks=1", "--size=48x48", f"--into={study}"), "differ in size"),
        (scaling("strong", DECK, program, *common), "--local --submit is required"),
        (scaling("strong", DECK, "--program=/nowhere", "--local", *common), "/nowhere: no such file; build the program"),
        (scaling("strong", DECK, program, "--submit", *common, environment={"PATH": "/nonexistent"}), "Slurm is not on this machine"),
        (scaling("strong", "nodeck.cfg", program, "--local", *common), "nodeck.cfg: no such deck"),
        (scaling("collect", folder), "holds no study"),
    ):
        verdict.expect(process.returncode != 0 and wanted in process.stderr and "Traceback" not in process.stderr, process.stderr.splitlines()[-1])
    verdict.expect(not (folder / "none").exists(), "none of these has written anything")


def main():
    verdict = Verdict()
    with temporary_folder() as name:
        folder = pathlib.Path(name)
        check_strong(verdict, folder / "strong")
        check_keys_to_come(verdict, folder / "strong")
        check_incomplete(verdict, folder / "strong")
        check_weak(verdict, folder)
        check_mistakes(verdict, folder, folder / "strong")
    verdict.exit()


if __name__ == "__main__":
    main()
