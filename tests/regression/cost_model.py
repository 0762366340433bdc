"""tools/cost_model makes its runs once, says of everything whether it is measured, counted or modelled, and adds its terms up.

Whether the prediction for 2 ranks holds is not tested: machines on which tests run have others on them.
"""

import csv
import pathlib
import shlex
import subprocess
import sys

from runs import DECKS, MPIEXEC, PROGRAM, Verdict, temporary_folder
from shearwater.scaling import cost_terms as terms

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

DECK = DECKS / "quickstart.cfg"
KINDS = ("measured.", "counted.", "modelled.")


def cost_model(*words):
    command = [sys.executable, TOP / "tools" / "cost_model", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def make(folder, *words, deck=DECK, ranks="1,2,4", after=()):
    return cost_model(deck, f"--program={PROGRAM}", f"--mpirun={shlex.join(MPIEXEC)}", "--size-per-rank=64x64", f"--ranks={ranks}", "--max-strain=0.03",
                      "--turns=1", f"--into={folder}", "--project=4,1024", *words, "--", *after)


def table_of(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def projected(folder, kind, ranks):
    return next(row for row in table_of(folder / "projection.csv") if row["scaling"] == kind and row["ranks"] == str(ranks))


def check_model(verdict, folder):
    first = make(folder)
    verdict.expect(first.returncode == 0, f"a model is made {first.stderr}")
    runs = len(list(folder.glob("runs/*/summary.json")))
    verdict.expect(first.stdout.count(" events/s") == runs == 14, f"of {runs} runs")
    for part in ("COUNTED", "COSTS", "PREDICTION", "MODELLED weak", "modelled weak efficiency on 1024 ranks", "MODELLED strong", "ASSUMPTIONS"):
        verdict.expect(part in first.stdout, f"the text has its part: {part}")
    for name in ("cost_model.csv", "projection.csv"):
        columns = [column for column in table_of(folder / name)[0] if column not in ("ranks", "size", "scaling")]
        verdict.expect(all(column.startswith(KINDS) for column in columns), f"all columns of {name} say what they are")
    counted = {row["ranks"]: row for row in table_of(folder / "cost_model.csv")}
    verdict.expect(counted["4"]["size"] == "128x128" and counted["4"]["measured.wall_s"] == "", "what 4 ranks on fewer cores took is not shown")
    verdict.expect(float(counted["1"]["counted.messages_per_event"]) == 0 < float(counted["2"]["counted.messages_per_event"]), "messages are counted")
    for kind, ranks in (("weak", 4), ("weak", 1024), ("strong", 4)):
        row = projected(folder, kind, ranks)
        parts = sum(float(value) for name, value in row.items() if name.endswith("_s") and name != "modelled.wall_s")
        verdict.expect(abs(parts / float(row["modelled.wall_s"]) - 1) < 1e-12, f"terms of {kind} scaling on {ranks} ranks add up to the time")
    verdict.expect(float(projected(folder, "weak", 1)["modelled.efficiency"]) == 1, "efficiency is that against 1 rank")
    plots = {path.stem for path in (folder / "plots").glob("*.png")}
    wanted = {"path", "far_sources", "flat", "prediction", "weak_efficiency", "weak_breakdown", "strong_speed_up", "strong_breakdown"}
    verdict.expect(plots == wanted, f"plots {', '.join(sorted(plots))}")


def check_again(verdict, folder):
    """Another machine takes no runs; what is not complete is made again."""
    before = float(projected(folder, "weak", 1024)["modelled.messages_s"])
    next(folder.glob("runs/base-*ranks-4*/summary.json")).unlink()
    again = make(folder, "--latency=1.5")
    verdict.expect(again.returncode == 0 and again.stdout.count(" events/s") == 1, f"only a run that did not end is made again {again.stderr}")
    verdict.expect(abs(float(projected(folder, "weak", 1024)["modelled.messages_s"]) / before / 1e6 - 1) < 1e-9, "the time of messages goes with the latency")
    verdict.expect("limited by collectives" in again.stdout or "limited by messages" in again.stdout, "and a second of it is what limits")


def check_terms(verdict):
    """What follows from cycle_commit.cpp and cell_tree.cpp, and fits of what is known."""
    verdict.expect([terms.levels_of(size) for size in ((64, 64), (96, 96), (256, 256), (2048, 2048), (32, 32, 32), (96, 48, 48))] == [1, 1, 2, 5, 1, 2],
                   "levels of the tree")
    few = terms.far_work((2048, 2048), 64, 100)
    verdict.expect((few.sources, few.moments, few.messages) == (100, 0, 0), "few sources: each rank takes in all")
    some = terms.far_work((2048, 2048), 64, 200)
    verdict.expect((some.moments, some.messages, some.told_bytes, some.reduced_bytes) == ((16 - 9) * 25, 12, 0, 16 * 408),
                   "16 cells of 25 nodes: moments on the highest level, of the cells that are not near, by a reduction")
    verdict.expect(some.sources == 200 * (256 + 2 * 768) ** 2 / 2048**2, "and sources in the cell of 512 around the box and those next to it")
    more = terms.far_work((2048, 2048), 64, 64 * 13)
    verdict.expect((more.sources, more.moments, more.messages) == (9 * 13, (27 + 7) * 25, 4 + 12), "with 13 sources in each box: those of the boxes next to it")
    verdict.expect((more.told_bytes, more.reduced_bytes) == (48 * 424, 16 * 408),
                   "moments of 48 boxes around from neighbours, of cells of 512 by a reduction")
    verdict.expect(terms.far_work((2048, 2048), 64, 2**22 / 128).is_transform, "very many: a transform")
    bounded = [terms.far_work((256 * edge, 256 * edge), edge * edge, 10.0 * edge * edge) for edge in (64, 128, 256)]
    verdict.expect(bounded[0].sources == bounded[1].sources == bounded[2].sources < 10 * 64 * 64, "sources of a rank are bounded, however large the cell")
    (a, b, c), off = terms.non_negative_fit([[1, 2, 3, 5], [1, 1, 1, 1], [4, 1, 5, 2]], [2 * x + 7 for x in (1, 2, 3, 5)])
    verdict.expect(abs(a - 2) < 1e-9 and abs(b - 7) < 1e-9 and abs(c) < 1e-9 and off < 1e-9, "a fit finds what is there")
    ranks = (1, 2, 4, 8, 16)
    for name, values in (("log", [1, *(1.2 + 0.5 * k for k in (1, 2, 3, 4))]), ("power", [1, *(1.1 * 2 ** (0.3 * k) for k in (1, 2, 3, 4))])):
        best = terms.fit_laws(ranks, values)[0]
        verdict.expect(best.name == name and best.off < 1e-9 and best(1) == 1, f"the law is told from counts: {best}")


def check_mistakes(verdict, folder, study):
    none = folder / "none"
    for process, wanted in (
        (make(none, ranks="1,4,8"), "must name 1, where costs are measured, 2"),
        (make(none, ranks="1,two"), "write numbers separated by commas"),
        (make(none, "--latency=-1"), "must be a positive number"),
        (make(none, "--bandwidth=fast"), "must be a positive number"),
        (make(none, "--turns=0"), "must be a positive whole number"),
        (make(none, "--law=cubic"), "invalid choice"),
        (make(none, "--strong-size=64x64x64"), "as many axes"),
        (make(none, "--kmc.block=64"), "words for the program go after --"),
        (make(none, after=["--kmc.engine=exact"]), "of the sublattice engine"),
        (make(none, after=["--loading.max_strain=0.1"]), "choose them with --max-strain"),
        (make(none, after=["--kmc.blok=64"]), "did you mean kmc.block?"),
        (make(none, deck="nodeck.cfg"), "nodeck.cfg: no such deck"),
        (make(TOP / "input_decks"), "something else than a study"),
        (make(study, after=["--stz.modes=10"]), "differ in words"),
    ):
        verdict.expect(process.returncode != 0 and wanted in process.stderr and "Traceback" not in process.stderr, process.stderr.splitlines()[-1])
    verdict.expect(not none.exists(), "none of these has written anything")


def main():
    verdict = Verdict()
    with temporary_folder() as name:
        folder = pathlib.Path(name)
        check_terms(verdict)
        check_model(verdict, folder / "study")
        check_again(verdict, folder / "study")
        check_mistakes(verdict, folder, folder / "study")
    verdict.exit()


if __name__ == "__main__":
    main()
