"""tools/compare tells settings that differ from settings that do not, and goes on where it was interrupted."""

import json
import pathlib
import subprocess
import sys

from runs import PROGRAM, Verdict, temporary_folder

TOP = pathlib.Path(__file__).resolve().parent.parent.parent

SEEDS = 8  # enough for the tests to prove a difference: 2 of the 12,870 ways to part 16 runs, times 9 tests
FAST = "--loading.strain_rate=1e2"


def compare(folder, other):
    command = [sys.executable, TOP / "tools" / "compare", "--a=--loading.strain_rate=1e-4", f"--b={other}", f"--program={PROGRAM}",
               f"--into={folder}", "--only=wang2024", f"--seeds={SEEDS}", "--size=24x24", "--jobs=2"]
    return subprocess.run(command, capture_output=True, text=True)


def results_of(folder):
    results = json.loads((folder / "results.json").read_text())
    del results["seconds"]
    return results


def check_difference(verdict, folder):
    process = compare(folder, FAST)
    if process.returncode not in (0, 1) or process.stderr:
        sys.exit(process.stdout + process.stderr)
    verdict.expect(process.returncode == 1 and "a and b DIFFER" in process.stdout, "1e-4 /s and 1e2 /s differ")
    results = results_of(folder)
    verdict.expect(not results["agree"] and results["family_p"] < 0.01, f"the tests see it: p {results['family_p']:.4f} after correction")
    values = {test["quantity"]: test for test in results["tests"]}
    verdict.expect(values["peak_stress_GPa"]["standard_errors"] > 3, "the peak is higher at 1e2 /s")
    verdict.expect(all(len(values["events"][f"values_{side}"]) == SEEDS for side in "ab"), f"{SEEDS} runs on each side")
    verdict.expect(values["waiting_time_s"]["distance"] > 0.05, "waiting times differ")


def check_resumption(verdict, folder):
    before = results_of(folder)
    kept, lost = folder / "wang2024" / "a-1001", folder / "wang2024" / "b-2002"
    written = (kept / "summary.json").stat().st_mtime_ns
    lost.rename(lost.with_name("b-2002.partial"))
    compare(folder, FAST)
    verdict.expect(results_of(folder) == before, "a run that was interrupted is made again, with the same results")
    verdict.expect((kept / "summary.json").stat().st_mtime_ns == written, "runs that are complete are not made again")
    process = compare(folder, "--loading.strain_rate=1")
    verdict.expect(process.returncode == 1 and "differ in b" in process.stderr, f"runs of other settings are not mixed: {process.stderr.strip()}")


def check_equal_settings(verdict, folder):
    """Whether so few runs agree depends on the seeds; that no difference is proven does not."""
    process = compare(folder, "--loading.strain_rate=1e-4")
    results = results_of(folder)
    verdict.expect(results["family_p"] > 0.01, "no test tells apart settings that are equal")
    values = {test["quantity"]: test for test in results["tests"]}
    verdict.expect(values["events"]["values_a"] != values["events"]["values_b"], "the sides have seeds of their own")
    verdict.expect((process.returncode == 0) == results["agree"], "the exit status is the verdict")


def main():
    verdict = Verdict()
    with temporary_folder() as scratch:
        check_difference(verdict, pathlib.Path(scratch) / "fast")
        check_resumption(verdict, pathlib.Path(scratch) / "fast")
        check_equal_settings(verdict, pathlib.Path(scratch) / "same")
    verdict.exit()


main()
