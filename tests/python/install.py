"""pip installs the package into a new virtual environment that has Debian's packages, without a network, and its commands work from there.

The commands in tools/ work without it: from any folder, through a link, and with the package of their own checkout.
"""

import os
import pathlib
import shutil
import subprocess
import sys

from runs import DECKS, Verdict, run, temporary_folder

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
WORDS = ["--lattice.size=24x20", "--elasticity.elements_per_voxel=1"]
PICTURES = ["generation_snapshot_000001.png", "strain_distribution.png", "stress_map_snapshot_000001.png", "stress_strain.png",
            "von_mises_snapshot_000001.png"]
FACTS = """
import importlib.metadata, shearwater
print(shearwater.__file__, shearwater.__version__, importlib.metadata.version("shearwater"), shearwater.Run("out").summary["version"])
"""


def call(*command, folder, **more):
    """Runs a command in a folder, where it does not find the package of the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    return subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, env=environment)


def must(*command, folder):
    process = call(*command, folder=folder)
    if process.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{process.stdout}{process.stderr}")
    return process


def written(folder):
    """Contents of what the commands write, which is gone then."""
    contents = {str(path.relative_to(folder)): path.read_bytes() for name in ("vti", "plots") for path in sorted((folder / name).glob("*"))}
    for name in ("vti", "plots"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return contents


def check_installed(verdict, folder):
    source, python = folder / "python", folder / "venv" / "bin" / "python"
    shutil.copytree(TOP / "python", source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))  # pip builds in the source
    must(sys.executable, "-m", "venv", "--system-site-packages", folder / "venv", folder=folder)
    installed = must(python, "-m", "pip", "install", "--no-index", "--no-build-isolation", "--no-deps", "./python", folder=folder)
    verdict.expect("Successfully installed shearwater-" in installed.stdout, installed.stdout.splitlines()[-1])
    shutil.rmtree(source)
    path, *versions = must(python, "-P", "-c", FACTS, folder=folder).stdout.split()
    verdict.expect(pathlib.Path(path).is_relative_to(folder / "venv"), "the package is that of the virtual environment")
    verdict.expect(len(set(versions)) == 1, f"package, its metadata and the program have one version: {' '.join(versions)}")
    commands = sorted(file.name for file in (folder / "venv" / "bin").glob("shearwater-*"))
    verdict.expect(commands == ["shearwater-export", "shearwater-plot", "shearwater-seeds"], f"commands {' '.join(commands)}")
    for words in (["shearwater-export", "out", "--vti"], ["shearwater-plot", "out"]):
        process = call(folder / "venv" / "bin" / words[0], *words[1:], folder=folder)
        verdict.expect(process.returncode == 0, f"{' '.join(words)} {process.stderr}")
    search = f"{folder / 'programs'}:{os.environ['PATH']}"
    seeds = call(folder / "venv" / "bin" / "shearwater-seeds", DECKS / "wang2024.cfg", "--seeds=1-2", "--jobs=1", "--", *WORDS, folder=folder, PATH=search)
    verdict.expect(seeds.returncode == 0 and "2 seeds" in seeds.stdout, f"shearwater-seeds finds the program on the PATH {seeds.stderr}")
    return written(folder / "out")


def check_checkout(verdict, folder, wanted):
    """The commands are called in a folder with another package of this name, which they must not take."""
    (folder / "shearwater").mkdir()
    (folder / "shearwater" / "__init__.py").write_text("raise RuntimeError('not this one')")
    for name in ("plot", "export"):
        (folder / f"my_{name}").symlink_to(TOP / "tools" / name)
    for start in (TOP / "tools", folder / "my_"):
        for name, words in (("export", ["out", "--vti"]), ("plot", ["out"])):
            command = start / name if start.is_dir() else start.with_name(start.name + name)
            process = call(command, *words, folder=folder, PYTHONPATH=str(folder))
            verdict.expect(process.returncode == 0, f"{command.name} without an installation {process.stderr}")
        verdict.expect(written(folder / "out") == wanted, "writes what the installed command does, byte for byte")


def check_words(verdict, folder):
    """Options have one name each, and words for the program stand behind --."""
    for name, words, wanted in (("plot", ["out", "--all"], "unrecognized arguments: --all"), ("seeds", ["deck", "--see=1"], "words for the program go after --"),
                                ("seeds", ["deck", "--kmc.engine=exact"], "words for the program go after --"),
                                ("seeds", ["deck", "--seeds=3-1"], "write numbers separated by commas"),
                                ("compare", ["--a=", "--b=", "--stud=exact"], "unrecognized arguments: --stud=exact")):
        process = call(TOP / "tools" / name, *words, folder=folder)
        verdict.expect(process.returncode == 2 and wanted in process.stderr, process.stderr.splitlines()[-1])
    helps = {name: call(TOP / "tools" / name, "--help", folder=folder) for name in ("compare", "cost_model", "export", "plot", "scaling", "seeds")}
    verdict.expect(all(process.returncode == 0 and process.stdout.startswith(f"usage: {name} ") for name, process in helps.items()), "all commands have help")


def main():
    verdict = Verdict()
    with temporary_folder() as name:
        folder = pathlib.Path(name).resolve()
        result = run(DECKS / "wang2024.cfg", folder / "out", *WORDS)
        (folder / "programs").mkdir()
        (folder / "programs" / "shearwater").symlink_to(pathlib.Path(sys.argv[1]).resolve())
        wanted = check_installed(verdict, folder)
        pictures = sorted(pathlib.Path(path).name for path in wanted if path.startswith("plots"))
        verdict.expect(pictures == PICTURES and len(wanted) == len(pictures) + len(result.snapshots()), f"pictures {' '.join(pictures)}, and VTI files")
        check_checkout(verdict, folder, wanted)
        check_words(verdict, folder)
    verdict.exit()


main()
