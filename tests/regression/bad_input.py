"""Every mistake in a deck or on the command line ends the program at once, on 1 and on 4 ranks: status 2 within two seconds, one message
with place, key, reason and remedy, and nothing written. What is no mistake is read; what the program prints is read back as it was."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import time
from dataclasses import dataclass, field, replace

from runs import DECKS, ENDING_AT_ONCE, MPIEXEC, PROGRAM, Verdict, temporary_folder

# An instrumented program starts several times as slowly.
LIMIT_SECONDS = 2.0 * float(os.environ.get("SHEARWATER_SLOWNESS", 1))
HANG_SECONDS = 30.0
INPUT_ERROR = 2
NOBODY = 65534  # user and group without rights

ENVIRONMENT = os.environ | ENDING_AT_ONCE
ENVIRONMENT.pop("PETSC_OPTIONS", None)

# What a case adds to it starts in line 4, in the section lattice.
GOOD_DECK = "seed = 1\n[lattice]\nsize = 32x32\n"
FOLDER = None
PIPE = object()


@dataclass
class Link:
    """A symbolic link."""
    target: str


@dataclass
class Mode:
    """A folder, or a file with content, of the user who runs the program, with the permissions that it gives."""
    bits: int
    content: str = None


@dataclass
class Case:
    name: str
    words: list  # of the command line
    fragments: tuple  # that the message must have: place, key, reason, remedy
    files: dict = field(default_factory=dict)  # path: content, FOLDER, PIPE, Link or Mode, before the run
    ranks: tuple = (1, 4)


def deck(text, *fragments):
    """A whole deck that is wrong."""
    return Case(repr(text), ["deck.cfg"], fragments, {"deck.cfg": text})


def on_one_rank(cases):
    """Cases of which the first few are tried on 4 ranks, too: every rank reads the same text by the same code."""
    return cases[:3] + [replace(case, ranks=(1,)) for case in cases[3:]]


def added(lines, *fragments):
    """A good deck with wrong lines after it."""
    return Case(lines.replace("\n", " "), ["deck.cfg"], fragments, {"deck.cfg": GOOD_DECK + lines + "\n"})


def command(words, *fragments, files=None, ranks=(1, 4)):
    """A wrong command line, or wrong surroundings, for a good deck."""
    return Case(words, words.split(), fragments, {"deck.cfg": GOOD_DECK, **(files or {})}, ranks)


WHOLE = "is not a whole number"
NUMBER = "is not a number"
RANGE = "is out of range"
CHOICE = "is not one of the choices"
NO_KEY = "there is no such key"
LIST = "shearwater --dump-deck lists them all"
TIME = "is not a time"
FORMS_OF_TIME = ("write minutes", "H:MM:SS", "D-HH:MM:SS")
SIZE = "is not a lattice size"
COMMAND = "(command line)"
UNUSED = "PETSc did not use this option"

FORM_OF_DECKS = [
    added("[stz]\ncolour = red", "deck.cfg:5", "stz.colour=red", NO_KEY, LIST),
    added("[stz]\nmodess = 20", "deck.cfg:5", "stz.modess=20", NO_KEY, "did you mean stz.modes?"),
    added("[loading]\nTemperature = 300", "deck.cfg:5", "loading.Temperature=300", NO_KEY, "did you mean loading.temperature?"),
    added("[nosuchsection]\nmodes = 20", "deck.cfg:5", "nosuchsection.modes=20", NO_KEY, LIST),
    deck("[latice]\nsize = 32x32\n", "deck.cfg:2", "latice.size=32x32", NO_KEY, "did you mean lattice.size?"),
    added("lattice.pitch = 0.7", "deck.cfg:4", "lattice.lattice.pitch=0.7", NO_KEY, LIST),
    added("size = 16x16", "deck.cfg:4", "lattice.size=16x16", "already set at deck.cfg:3", "remove one"),
    added("[stz]\nmodes = 5\n[kmc]\n[stz]\nmodes = 5", "deck.cfg:8", "stz.modes=5", "already set at deck.cfg:5", "remove one"),
    added("pitch 0.7", "deck.cfg:4", "pitch 0.7", "is not a setting", "write key = value"),
    added("= 0.7", "deck.cfg:4", "= 0.7", "is not a setting", "write key = value"),
    added("; an INI comment", "deck.cfg:4", "; an INI comment", "is not a setting", "start the line with #"),
    added("[stz\nmodes = 20", "deck.cfg:4", "[stz", "is not a setting", "[section]"),
    added("[]\nmodes = 20", "deck.cfg:5", "modes=20", NO_KEY, LIST),
    deck("seed =\n", "deck.cfg:1", "seed=", WHOLE, "write one from 0"),
    deck("output =\n", "deck.cfg:1", "output=", "is empty", "name a folder"),
    deck("\n# comment\n\nseed = 1 2\n", "deck.cfg:4", "seed=1 2", WHOLE, "write one from 0"),
    deck("seed = 1\r\nseed = 2\r\n", "deck.cfg:2", "seed=2", "already set at deck.cfg:1", "remove one"),
    deck(b"\xff\xfe" + "seed = 1\n".encode("utf-16-le"), "deck.cfg:1", "UTF-16", "save it as UTF-8"),
    deck("seed = 1\n".encode("utf-16-le"), "deck.cfg:1", "UTF-16", "save it as UTF-8"),
    deck("seed = 1\0\n", "deck.cfg:1", "not text", "shearwater --dump-deck"),
    deck("seed = 1\rseed = 2\r", "deck.cfg:2", "seed=2", "already set at deck.cfg:1", "remove one"),
    deck("\ufeffseed = 1\nseed = 2", "deck.cfg:2", "seed=2", "already set at deck.cfg:1", "remove one"),
    deck("seed = " + 100_000 * "1" + "\n", "deck.cfg:1", "... (100000 bytes)", RANGE, "a whole number from 0"),
    deck(100_000 * "x", "deck.cfg:1", "... (100000 bytes)", "is not a setting", "write key = value"),
    deck("\x7fELF\x02\x01\0\0\0", "deck.cfg:1", "not text", "shearwater --dump-deck"),
]

# What editors, web pages and word processors put in place of plain characters.
LOOK_ALIKES = [
    added("pitch =\u00a00.7", "deck.cfg:4", "no-break space (U+00A0) before '0.7'", "replace it by a plain blank"),
    added("\u00a0pitch = 0.7", "deck.cfg:4", "no-break space (U+00A0) before 'pitch'", "replace it by a plain blank"),
    added("pitch\u202f= 0.7", "deck.cfg:4", "narrow no-break space (U+202F)", "replace it by a plain blank"),
    added("pitch = 0.7\u200b", "deck.cfg:4", "zero-width space (U+200B) at its end", "delete it"),
    added("[el\u00adasticity]", "deck.cfg:4", "soft hyphen (U+00AD)", "delete it"),
    added("\ufeff[elasticity]", "deck.cfg:4", "byte-order mark (U+FEFF)", "delete it"),
    added("pitch = 7e\u22121", "deck.cfg:4", "minus sign (U+2212) before '1'", "replace it by a plain -"),
    added("[loading]\nstrain_rate = 1e\u20134", "deck.cfg:5", "en dash (U+2013) before '4'", "replace it by a plain -"),
    added("[kmc]\nengine = \u201cexact\u201d", "deck.cfg:5", "typographic quote (U+201C) before 'exact", 'replace it by a plain "'),
    added("pitch \uff1d 0.7", "deck.cfg:4", "fullwidth = (U+FF1D)", "replace it by a plain ="),
    added("pitch = 0.7\f", "deck.cfg:4", "form feed (U+000C)", "replace it by a plain blank"),
    added("pitch = 0.7 \u00b5m", "deck.cfg:4", "lattice.pitch=0.7", "not plain ASCII (U+00B5)", "write only plain"),
    deck("[lattice]\nsize = 32\u00d732\n", "deck.cfg:2", "multiplication sign (U+00D7) before '32'", "replace it by the letter x"),
    deck(b"[lattice]\nsize =\xa032x32\n", "deck.cfg:2", "no-break space (U+00A0) before '32x32'", "replace it by a plain blank"),
    deck("output = out\u00a01\n", "deck.cfg:1", "no-break space (U+00A0) before '1'", "in double quotes if it is meant"),
    Case("a minus sign in a value of the command line", ["deck.cfg", "--loading.strain_rate=1e\u22124"],
         (COMMAND, "loading.strain_rate=1e", "minus sign (U+2212) before '4'", "replace it by a plain -"), {"deck.cfg": GOOD_DECK}),
    Case("an em dash for two", ["deck.cfg", "\u2014seed=7"], (COMMAND, "seed=7", "em dash (U+2014)", "written --key=value"), {"deck.cfg": GOOD_DECK}),
    Case("a zero-width space in a key of the command line", ["deck.cfg", "--se\u200bed=7"],
         (COMMAND, "=7", "zero-width space (U+200B) before 'ed'", "delete it"), {"deck.cfg": GOOD_DECK}),
    Case("a line feed in a value of the command line", ["deck.cfg", "--seed=1\n2"], (COMMAND, "seed=1\\n2", WHOLE, "write one from 0"),
         {"deck.cfg": GOOD_DECK}),
]

QUOTES = [
    deck('output = "a\n', "deck.cfg:1", "double quote that is not closed", "close it in the same line"),
    deck('output = "a" b\n', "deck.cfg:1", "goes on after its closing quote with 'b'", "begin a comment with #"),
    deck('output = "C:\\new"\n', "deck.cfg:1", "has a \\ in quotes before 'new", "write \\\\ for a backslash"),
    deck("output = 'a'\n", "deck.cfg:1", "single quotes", "write double quotes"),
    deck("seed = 1 ; one\n", "deck.cfg:1", "; after a blank", "begin a comment with #"),
    deck("output = a ; b\n", "deck.cfg:1", "; after a blank", "write the value in double quotes"),
    deck('output = ""\n', "deck.cfg:1", "output=:", "is empty", "name a folder"),
    deck('output = "a\tb"\n', "deck.cfg:1", "output=a\\tb", "has a tab character (U+0009)", "replace it by a plain blank"),
    Case("a line feed in output", ["deck.cfg", "--output=a\nb"], (COMMAND, "output=a\\nb", "line feed character (U+000A) before 'b'", "delete it"),
         {"deck.cfg": GOOD_DECK}),
]

SIZES = [
    deck(f"[lattice]\nsize = {size}\n", "deck.cfg:2", f"lattice.size={size}", reason, "write e.g. ")
    for size, reason in {
        "0x64": "must be positive in every axis",
        "-64x64": "must be positive in every axis",
        "3x64": "must have 4 to",
        "2000000x64": "must have 4 to",
        "64": "must have two or three axes",
        "8x8x8x8": "must have two or three axes",
        "64x": SIZE,
        "64*64": SIZE,
        "64.5x64": SIZE,
        "64 64": SIZE,
    }.items()
] + [
    command("deck.cfg --lattice.size=65536x65536", COMMAND, "lattice.size=65536x65536", "32-bit integers; use a smaller lattice", ranks=(4,)),
    command("deck.cfg --lattice.size=65536x65536", COMMAND, "lattice.size=65536x65536", "a rank would have", "use 4 ranks", ranks=(1,)),
    command("deck.cfg --lattice.size=32768x32768 --elasticity.update=solve", COMMAND, "lattice.size=32768x32768", "more unknowns than PETSc's",
            "use a smaller lattice"),
    command("deck.cfg --lattice.size=8x8", COMMAND, "lattice.size=8x8", "cannot be shared by 4 ranks", "use fewer ranks", ranks=(4,)),
    Case("8x8 on 4 ranks", ["deck.cfg"], ("deck.cfg:2", "lattice.size=8x8", "4 ranks", "use fewer ranks"),
         {"deck.cfg": "[lattice]\nsize = 8x8\n"}, (4,)),
]

VALUES = [
    deck("seed = -1\n", "deck.cfg:1", "seed=-1", RANGE, "a whole number from 0"),
    deck("seed = 9223372036854775808\n", "deck.cfg:1", "seed=9223372036854775808", RANGE, "a whole number from 0"),
    deck("seed = 1.5\n", "deck.cfg:1", "seed=1.5", WHOLE, "write one from 0"),
    added("pitch = 0", "deck.cfg:4", "lattice.pitch=0", RANGE, "must be > 0"),
    added("pitch = +-0.7", "deck.cfg:4", "lattice.pitch=+-0.7", NUMBER, "write e.g. 0.5"),
    added("pitch = ++0.7", "deck.cfg:4", "lattice.pitch=++0.7", NUMBER, "write e.g. 0.5"),
    added("pitch = +0", "deck.cfg:4", "lattice.pitch=+0", RANGE, "must be > 0"),
    deck("seed = +-5\n", "deck.cfg:1", "seed=+-5", WHOLE, "write one from 0"),
    added("boundary = free,periodic", "deck.cfg:4", "lattice.boundary=free,periodic", CHOICE, "write periodic,periodic"),
    added("[elasticity]\nyoung = 0", "deck.cfg:5", "elasticity.young=0", RANGE, "must be > 0"),
    added("[elasticity]\nyoung = -69", "deck.cfg:5", "elasticity.young=-69", RANGE, "must be > 0"),
    added("[elasticity]\nyoung = nan", "deck.cfg:5", "elasticity.young=nan", "is not finite", "must be > 0"),
    added("[elasticity]\nyoung = inf", "deck.cfg:5", "elasticity.young=inf", "is not finite", "must be > 0"),
    added("[elasticity]\nyoung = 1e400", "deck.cfg:5", "elasticity.young=1e400", "too large", "must be > 0"),
    added("[elasticity]\nyoung = stiff", "deck.cfg:5", "elasticity.young=stiff", NUMBER, "write e.g. 0.5"),
    added("[elasticity]\npoisson = 0.5", "deck.cfg:5", "elasticity.poisson=0.5", RANGE, "must be > -1 and < 0.5"),
    added("[elasticity]\npoisson = 0.7", "deck.cfg:5", "elasticity.poisson=0.7", RANGE, "must be > -1 and < 0.5"),
    added("[elasticity]\npoisson = -1", "deck.cfg:5", "elasticity.poisson=-1", RANGE, "must be > -1 and < 0.5"),
    added("[elasticity]\nplane = foo", "deck.cfg:5", "elasticity.plane=foo", CHOICE, "write strain or stress"),
    added("[elasticity]\ndiscretization = spectrall", "deck.cfg:5", "elasticity.discretization=spectrall", CHOICE, "did you mean spectral?"),
    added("[elasticity]\nelements_per_voxel = 0", "deck.cfg:5", "elasticity.elements_per_voxel=0", RANGE, "from 1 to 16"),
    added("[elasticity]\nelements_per_voxel = 17", "deck.cfg:5", "elasticity.elements_per_voxel=17", RANGE, "from 1 to 16"),
    added("[elasticity]\nrtol = 0", "deck.cfg:5", "elasticity.rtol=0", RANGE, "must be >= 1e-15"),
    added("[stz]\nmodes = 0", "deck.cfg:5", "stz.modes=0", RANGE, "from 1 to 1024"),
    added("[stz]\nstrain = 0", "deck.cfg:5", "stz.strain=0", RANGE, "must be > 0"),
    added("[stz]\nvolume = -0.5", "deck.cfg:5", "stz.volume=-0.5", RANGE, "must be > 0"),
    added("[softening]\ndirectional = yes", "deck.cfg:5", "softening.directional=yes", "neither true nor false", "write one of these words"),
    added("[loading]\nprotocol = tensile", "deck.cfg:5", "loading.protocol=tensile", CHOICE, "did you mean tension?"),
    added("[loading]\nstrain_rate = 0", "deck.cfg:5", "loading.strain_rate=0", RANGE, "must be > 0"),
    added("[loading]\ntemperature = 0", "deck.cfg:5", "loading.temperature=0", RANGE, "must be >= 1"),
    added("[loading]\ntemperature = 300 K", "deck.cfg:5", "loading.temperature=300 K", NUMBER, "without a unit"),
    added("[loading]\nclock = continous", "deck.cfg:5", "loading.clock=continous", CHOICE, "did you mean continuous?"),
    added("[loading]\nmax_strain = 0", "deck.cfg:5", "loading.max_strain=0", RANGE, "must be > 0"),
    added("[kmc]\nengine = exakt", "deck.cfg:5", "kmc.engine=exakt", CHOICE, "did you mean exact?"),
    added("[kmc]\nengine = lattice", "deck.cfg:5", "kmc.engine=lattice", CHOICE, "write exact or reference or sublattice"),
    added("[kmc]\nengine = Exact", "deck.cfg:5", "kmc.engine=Exact", CHOICE, "did you mean exact?"),
    added("[kmc]\nengine =", "deck.cfg:5", "kmc.engine=", CHOICE, "write exact or reference or sublattice"),
    added("[kmc]\nathermal = sequental", "deck.cfg:5", "kmc.athermal=sequental", CHOICE, "did you mean sequential?"),
    added("[kmc]\nmax_events = 1e6", "deck.cfg:5", "kmc.max_events=1e6", WHOLE, "write one from 0"),
    added("[output]\nhistory_interval = -1e-4", "deck.cfg:5", "output.history_interval=-1e-4", RANGE, "must be >= 0"),
    added("[output]\nhistory_interval = 1e-9", "deck.cfg:5", "output.history_interval=1e-9", RANGE, "must be >= 1e-07"),
    added("[output]\nsnapshot_strains = 0.02,0.01", "deck.cfg:5", "output.snapshot_strains=0.02,0.01", "must increase", "sort them"),
    added("[output]\nsnapshot_strains = 0.02,0.02", "deck.cfg:5", "output.snapshot_strains=0.02,0.02", "must increase", "leave out doubles"),
    added("[output]\nsnapshot_strains = 0.02;0.03", "deck.cfg:5", "output.snapshot_strains=0.02;0.03", NUMBER, "write e.g. 0.5"),
]

CONTRADICTIONS = [
    added("[elasticity]\nupdate = solve\ndiscretization = spectral", "deck.cfg:5", "deck.cfg:6", "elasticity.update=solve", "has no mesh",
          "set elasticity.update = kernel"),
    added("[elasticity]\ndiscretization = spectral\nelements_per_voxel = 2", "deck.cfg:5", "deck.cfg:6", "elasticity.elements_per_voxel=2",
          "has no elements", "leave the key out"),
    added("[elasticity]\nmodulus_std = 0.1", "deck.cfg:5", "elasticity.modulus_std=0.1", "uniform moduli only", "set elasticity.update = solve"),
    added("[elasticity]\nupdate = solve\nmodulus_std = 0.5", "deck.cfg:6", "elasticity.modulus_std=0.5", "less than 1 %", "use a smaller standard deviation"),
    added("[elasticity]\nupdate = solve\ncheck = operator", "deck.cfg:6", "elasticity.check=operator", "checked by PETSc", "leave the key out"),
    added("[elasticity]\ndiscretization = spectral\ncheck = operator", "deck.cfg:6", "elasticity.check=operator", "no elements", "leave the key out"),
    added("[kmc]\nengine = sublattice\nfar_update = petsc\n[elasticity]\ncheck = operator", "deck.cfg:6", "deck.cfg:8", "elasticity.check=operator",
          "checked by PETSc", "choose another kmc.far_update"),
    added("[elasticity]\nmodulus_correlation = 4", "deck.cfg:5", "elasticity.modulus_correlation=4", "moduli are uniform", "set elasticity.modulus_std > 0"),
    deck("[elasticity]\nplane = stress\n[lattice]\nsize = 8x8x8\n", "deck.cfg:2", "deck.cfg:4", "elasticity.plane=stress", "for 2D cells", "two axes"),
    added("boundary = periodic,periodic,periodic", "deck.cfg:4", "deck.cfg:3", "lattice.boundary=periodic,periodic,periodic", "names 3 axes",
          "lattice.size has 2", "leave the key out"),
    deck("[lattice]\nsize = 8x8x8\nboundary = periodic,periodic\n", "deck.cfg:3", "deck.cfg:2", "lattice.boundary=periodic,periodic", "names 2 axes",
         "lattice.size has 3", "leave the key out"),
    added("[stz]\nbarrier = 1\nbarrier_std = 1.5", "deck.cfg:5", "deck.cfg:6", "stz.barrier_std=1.5", "larger than stz.barrier", "reduce it"),
    added("[loading]\nclock = published", "deck.cfg:5", "kmc.athermal=sequential", "flips all soft voxels at once", "set kmc.athermal = simultaneous"),
    added("[kmc]\nengine = sublattice\n[loading]\nclock = increment", "deck.cfg:5", "deck.cfg:7", "kmc.engine=sublattice", "in continuous time",
          "set loading.clock = continuous"),
    added("[kmc]\nengine = sublattice\nathermal = simultaneous", "deck.cfg:5", "deck.cfg:6", "kmc.engine=sublattice", "set kmc.athermal = sequential"),
    added("[kmc]\nengine = sublattice\n[elasticity]\nupdate = solve", "deck.cfg:5", "deck.cfg:7", "kmc.engine=sublattice", "it needs the kernel",
          "set elasticity.update = kernel"),
    added("[kmc]\nengine = sublattice\nfar_update = petsc\n[elasticity]\ndiscretization = spectral", "deck.cfg:6", "deck.cfg:8",
          "kmc.far_update=petsc", "no mesh to solve on", "choose another kmc.far_update"),
    added("[kmc]\nblock = 8", "deck.cfg:5", "kmc.block=8", RANGE),
    command("deck.cfg --kmc.engine=sublattice --kmc.block=24 --lattice.size=96x96", COMMAND, "kmc.block=24", "twice the 16 voxels", "use larger blocks"),
    command("deck.cfg --kmc.engine=sublattice --lattice.size=64x32", "lattice.size=64x32", "2x1 blocks", "smaller blocks", ranks=(4,)),
    added("[kmc]\nevents_per_window = 0", "deck.cfg:5", "kmc.events_per_window=0", RANGE),
    added("[kmc]\nsweeps_per_cycle = 0", "deck.cfg:5", "kmc.sweeps_per_cycle=0", RANGE),
    added("[kmc]\ndrift_tolerance = nan", "deck.cfg:5", "kmc.drift_tolerance=nan", "is not finite"),
    added("[kmc]\nerror_sample = 0", "deck.cfg:5", "kmc.error_sample=0", RANGE),
    added("[kmc]\nmax_rounds = 0", "deck.cfg:5", "kmc.max_rounds=0", RANGE),
    added("[kmc]\nfar_update = fft", "deck.cfg:5", "kmc.far_update=fft", CHOICE),
    added("[loading]\nclock = published\n[kmc]\nathermal = simultaneous\nengine = exact", "deck.cfg:5", "deck.cfg:8", "kmc.engine=exact",
          "needs the rates of all voxels", "set kmc.engine = reference"),
    added("[loading]\nclock = published\n[kmc]\nathermal = simultaneous", "deck.cfg:5", "default", "kmc.engine=exact", "set kmc.engine = reference"),
    added("[loading]\nmax_strain = 0.01\nstrain_increment = 0.05\nclock = increment", "deck.cfg:5", "deck.cfg:6", "loading.strain_increment=0.05",
          "larger than loading.max_strain", "reduce it"),
    added("[output]\nsnapshot_strains = 0.02,0.5", "deck.cfg:5", "output.snapshot_strains=0.02,0.5", "beyond loading.max_strain", "remove them"),
]

COMMAND_LINES = [
    command("", COMMAND, "no deck is given", "write shearwater DECK"),
    command("--check", COMMAND, "no deck is given", "write shearwater DECK"),
    command("nosuch.cfg", COMMAND, "nosuch.cfg", "No such file", "check the path"),
    command("folder", COMMAND, "folder", "is a folder", "check the path", files={"folder": FOLDER}),
    command("deck.cfg other.cfg", COMMAND, "other.cfg", "a deck is already given", "a run has one", files={"other.cfg": GOOD_DECK}),
    command("deck.cfg --seed 7", COMMAND, "'7'", "a deck is already given", "--key=value"),
    command("deck.cfg --seed", COMMAND, "--seed", "has no value", "write --seed=VALUE"),
    command("deck.cfg --seed=7 --seed=8", COMMAND, "seed=8", "already set", "remove one"),
    command("deck.cfg --seed=-1", COMMAND, "seed=-1", RANGE, "a whole number from 0"),
    command("deck.cfg --see=7", COMMAND, "see=7", NO_KEY, "did you mean seed?"),
    command("deck.cfg --lattice.sise=16x16", COMMAND, "lattice.sise=16x16", NO_KEY, "did you mean lattice.size?"),
    command("deck.cfg --size=16x16", COMMAND, "size=16x16", NO_KEY, LIST),
    command("deck.cfg --loading.temperature=300K", COMMAND, "loading.temperature=300K", NUMBER, "without a unit"),
    command("deck.cfg --chekc", COMMAND, "--chekc", "has no value", "did you mean --check?"),
    command("deck.cfg --check=yes", COMMAND, "--check=yes", "takes no value", "write --check"),
    command("--dump-deck=text", COMMAND, "--dump-deck=text", "takes no value but markdown", "write --dump-deck"),
    command("deck.cfg --check --version", COMMAND, "--version", "only one of", "remove the others"),
    command("--help=nosuch", COMMAND, "--help=nosuch", "there is no such section", "write one of", "stz"),
    command("deck.cfg --walltime=abc", COMMAND, "--walltime=abc", TIME, *FORMS_OF_TIME),
    command("deck.cfg --walltime=5:30", COMMAND, "--walltime=5:30", TIME, *FORMS_OF_TIME),
    command("deck.cfg --walltime=-1:00:00", COMMAND, "--walltime=-1:00:00", TIME, *FORMS_OF_TIME),
    command("deck.cfg --walltime=1:75:00", COMMAND, "--walltime=1:75:00", "H:MM:SS", "must be below 60"),
    command("deck.cfg --walltime=1-24:00:00", COMMAND, "--walltime=1-24:00:00", "D-HH:MM:SS", "below 24"),
    command("deck.cfg --walltime=0:00:00", COMMAND, "--walltime=0:00:00", RANGE, "must be > 0"),
    command("deck.cfg -walltime=5", COMMAND, "-walltime=5", "have two dashes", "write --walltime=5"),
    command("-check deck.cfg", COMMAND, "-check", "have two dashes", "write --check"),
    command("deck.cfg --walltime=0", COMMAND, "--walltime=0", RANGE, "must be > 0"),
    command("deck.cfg --walltime=5 --walltime=6", COMMAND, "--walltime=6", "given twice", "remove one"),
    command("deck.cfg --", COMMAND, "'--'", "is not an option", "write --key=value"),
    command("deck.cfg -1", COMMAND, "'-1'", "is not an option", "write --key=value"),
    command("-ksp_monitor deck.cfg", COMMAND, "deck.cfg", "taken as the value of -ksp_monitor", "put the deck before"),
    command("deck.cfg -ksp_rtoll 1e-3", "command line", "-ksp_rtoll", UNUSED, "mistyped"),
    command("deck.cfg -pc_gamg_threshold 0.1", "command line", "-pc_gamg_threshold", UNUSED, "not chosen"),
    command("deck.cfg -seed=7", "command line", "-seed=7", UNUSED, "--key=value"),
    command("deck.cfg --check -ksp_rtoll 1e-3", "command line", "-ksp_rtoll", UNUSED, "mistyped"),
    command("deck.cfg --elasticity.discretization=spectral -ksp_rtol 1e-3", "command line", "-ksp_rtol", UNUSED, "not chosen"),
    command("deck.cfg -ksp_rtol small", COMMAND, "-ksp_rtol", "has no numeric value", "correct or leave out"),
    command("deck.cfg -pc_type nosuch", COMMAND, "-pc_type", "Unable to find requested PC type nosuch", "correct or leave out"),
]

OUTPUTS = [
    command("deck.cfg --output=", COMMAND, "--output", "should follow immediately", "write --key=value"),
    command("deck.cfg", "default", "output=out", "not empty", "name another", files={"out/history.csv": "step\n"}),
    command("deck.cfg --output=.", COMMAND, "output=.", "not empty", "name another"),
    command("deck.cfg --output=deck.cfg", COMMAND, "output=deck.cfg", "is a file", "name another"),
    command("deck.cfg --output=deck.cfg/out", COMMAND, "output=deck.cfg/out", "is a file", "name another"),
    deck("output = deck.cfg\n[lattice]\nsize = 32x32\n", "deck.cfg:1", "output=deck.cfg", "is a file", "name another"),
    command(f"deck.cfg --output={'n' * 300}", COMMAND, f"output={'n' * 300}", "too long", "name another"),
    command(f"deck.cfg --output=new/{'n' * 300}/out", COMMAND, "output=new/nn", "name another"),
    command(f"deck.cfg --output={'/'.join(['n' * 200] * 21)}", COMMAND, "output=nn", "too long", "name another"),
    command(f"deck.cfg --output={'/'.join(['n' * 200] * 20)}/{'n' * 60}", COMMAND, "output=nn", "too long for the files in it", "name another"),
    command("deck.cfg --output=link", COMMAND, "output=link", "is a link to nowhere, which does not exist", "remove the link",
            files={"link": Link("nowhere")}),
    command("deck.cfg --output=link/out", COMMAND, "output=link/out", "link is a link to nowhere", "remove the link",
            files={"link": Link("nowhere")}),
    command("deck.cfg --output=loop", COMMAND, "output=loop", "lead in a circle", "name another", files={"loop": Link("loop")}),
    command("deck.cfg --output=one/out", COMMAND, "output=one/out", "lead in a circle", "name another",
            files={"one": Link("two"), "two": Link("one")}),
    command("deck.cfg --output=pipe", COMMAND, "output=pipe", "is a file", "name another", files={"pipe": PIPE}),
    command("deck.cfg --output=/proc/self/out", COMMAND, "output=/proc/self/out", "name another"),
    Case("output = loop/out in a deck", ["deck.cfg"], ("deck.cfg:1", "output=loop/out", "lead in a circle", "name another"),
         {"deck.cfg": "output = loop/out\n[lattice]\nsize = 32x32\n", "loop": Link("loop")}),
]

DECK_PATHS = [
    command("loop.cfg", COMMAND, "loop.cfg", "cannot be read", "symbolic links", "check the path", files={"loop.cfg": Link("loop.cfg")}),
    command("link.cfg", COMMAND, "link.cfg", "cannot be read", "No such file", "check the path", files={"link.cfg": Link("nowhere")}),
    command(f"{'n' * 300}.cfg", COMMAND, "nnn.cfg", "cannot be read", "too long", "check the path"),
    command("pipe.cfg", COMMAND, "pipe.cfg", "is a pipe or a device", "check the path", files={"pipe.cfg": PIPE}),
    command("/dev/zero", COMMAND, "/dev/zero", "is a pipe or a device", "check the path"),
    command("deck.cfg/deck.cfg", COMMAND, "deck.cfg/deck.cfg", "cannot be read", "Not a directory", "check the path"),
]

# For a user who is not root: closed folders may not be entered, sealed ones not be written to.
PERMISSIONS = [
    command("deck.cfg --output=sealed", COMMAND, "output=sealed", "is not writable", "Permission denied", "name another",
            files={"sealed": Mode(0o555)}),
    command("deck.cfg --output=sealed/out", COMMAND, "output=sealed/out", "not writable", "Permission denied", "name another",
            files={"sealed": Mode(0o555)}),
    command("deck.cfg --output=sealed/a/out", COMMAND, "output=sealed/a/out", "not writable", "name another", files={"sealed": Mode(0o555)}),
    command("deck.cfg --output=closed", COMMAND, "output=closed", "cannot be listed", "Permission denied", "name another",
            files={"closed": Mode(0o000)}),
    command("deck.cfg --output=closed/out", COMMAND, "output=closed/out", "cannot be reached", "Permission denied", "name another",
            files={"closed": Mode(0o000)}),
    command("deck.cfg --output=hidden", COMMAND, "output=hidden", "cannot be listed", "name another", files={"hidden": Mode(0o333)}),
    command("closed/deck.cfg", COMMAND, "closed/deck.cfg", "cannot be read", "Permission denied", "check the path", files={"closed": Mode(0o000)}),
    command("closed.cfg", COMMAND, "closed.cfg", "cannot be read", "Permission denied", "check the path",
            files={"closed.cfg": Mode(0o000, GOOD_DECK)}),
]

CASES = FORM_OF_DECKS + on_one_rank(LOOK_ALIKES) + on_one_rank(QUOTES) + SIZES + VALUES + CONTRADICTIONS + COMMAND_LINES + OUTPUTS + DECK_PATHS


def fill(folder, files):
    for name, content in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is FOLDER:
            path.mkdir()
        elif content is PIPE:
            os.mkfifo(path)
        elif isinstance(content, Link):
            path.symlink_to(content.target)
        elif isinstance(content, Mode):
            path.mkdir() if content.content is None else path.write_text(content.content)
            path.chmod(content.bits)
            if is_root():
                os.chown(path, NOBODY, NOBODY)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())


def is_root():
    return os.geteuid() == 0


def as_nobody(folder):
    """Words that make a command run as a user who is not root, with `folder` for its files: none if this user is not root, None if that cannot be."""
    if not is_root():
        return []
    words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env", f"HOME={folder}", f"TMPDIR={folder}/tmp"]
    able = shutil.which("setpriv") and subprocess.run([*words, PROGRAM, "--dump-deck"], capture_output=True, check=False).returncode == 0
    return words if able else None


def prepare_for_nobody(folder):
    """The same for a folder just made."""
    scratch = pathlib.Path(folder) / "tmp"
    scratch.mkdir()
    for path in (pathlib.Path(folder), scratch):
        path.chmod(0o777)
    return as_nobody(folder)


def open_again(path):
    """Lets this user remove what has been closed."""
    if not path.is_symlink() and path.exists():
        path.chmod(0o700)


def content_of(path):
    try:
        return path.read_bytes() if path.is_file() else FOLDER
    except PermissionError:
        return "closed"


def listing(folder):
    """What is in a folder, but for the scratch files of mpiexec."""
    paths = [path for path in pathlib.Path(folder).rglob("*") if path.relative_to(folder).parts[0] != "tmp"]
    return {str(path.relative_to(folder)): content_of(path) for path in paths}


def launch(words, folder, ranks, before=()):
    """Status, stdout, stderr and wall time of the program run in `folder`, by a command that begins with the words `before`."""
    start = time.monotonic()
    try:
        process = subprocess.run([*before, *MPIEXEC, "-n", str(ranks), PROGRAM, *words], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True,
                                 errors="replace", timeout=HANG_SECONDS)
    except subprocess.TimeoutExpired:
        return None, "", f"still running after {HANG_SECONDS} s", time.monotonic() - start
    return process.returncode, process.stdout, process.stderr, time.monotonic() - start


def faults(case, ranks):
    """What is wrong with the program's answer to a case, and its wall time."""
    with temporary_folder() as folder:
        words = prepare_for_nobody(folder) if case in PERMISSIONS else []
        fill(folder, case.files)
        before = listing(folder)
        status, _, stderr, seconds = launch(case.words, folder, ranks, words)
        after = listing(folder)
        found = [] if after == before else [f"files changed, are now {sorted(after)}"]
        for name in case.files:
            open_again(pathlib.Path(folder) / name)
    if status != INPUT_ERROR:
        found.append(f"status {status}")
    if stderr.count("shearwater: error:") != 1:
        found.append(f"{stderr.count('shearwater: error:')} messages")
    message = stderr.partition("shearwater: error: ")[2].partition("\n")[0]
    missing = [fragment for fragment in case.fragments if fragment not in message]
    if missing:
        found.append(f"{missing} is not in the message")
    return ([*found, f"stderr: {stderr}"] if found else []), seconds


def judge(case, ranks):
    """Faults and wall time; a case that is only late, as happens on a busy machine, gets a second chance."""
    found, seconds = faults(case, ranks)
    if not found and seconds > LIMIT_SECONDS:
        found, seconds = faults(case, ranks)
    if not found and seconds > LIMIT_SECONDS:
        found = [f"took {seconds:.1f} s"]
    return found, seconds


def can_be_nobody():
    with temporary_folder() as folder:
        return prepare_for_nobody(folder) is not None


def check_bad_input(verdict, ranks, at_once):
    if not can_be_nobody():
        print("        permissions are not tested: root has them all, and the program cannot be run as another user")
    cases = [case for case in CASES + (PERMISSIONS if can_be_nobody() else []) if ranks in case.ranks]
    slowest = (0.0, "")
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for case, (found, seconds) in zip(cases, pool.map(lambda case: judge(case, ranks), cases)):
            verdict.expect(not found, "; ".join([f"{ranks} ranks: {case.name}", *found]))
            slowest = max(slowest, (seconds, case.name))
    print(f"        slowest of {len(cases)} on {ranks} ranks: {slowest[0]:.2f} s, {slowest[1]}", flush=True)


def check_good_input(verdict, ranks):
    with temporary_folder() as folder:
        fill(folder, {"deck.cfg": GOOD_DECK})
        for word, fragment in {"--help": "--lattice.size=", "-h": "--lattice.size=", "-help": "--lattice.size=", "--help=stz": "--stz.modes=",
                               "--version": "Open MPI", "-v": "Open MPI", "-version": "Open MPI", "--dump-deck": "[lattice]"}.items():
            status, stdout, stderr, _ = launch([word], folder, ranks)
            verdict.expect(status == 0 and stdout.count(fragment) == 1, f"{ranks} ranks: {word} ends with status {status}{stderr}")
        dumped = stdout
        before = listing(folder)
        status, stdout, stderr, _ = launch(["--check", "deck.cfg"], folder, ranks)
        verdict.expect(status == 0 and "size = 32x32" in stdout and "memory: " in stdout and listing(folder) == before,
                       f"{ranks} ranks: --check prints deck and memory, writes nothing{stderr}")
        fill(folder, {"dumped.cfg": dumped})
        status, stdout, stderr, _ = launch(["--check", "dumped.cfg"], folder, ranks)
        verdict.expect(status == 0 and dumped.strip() in stdout, f"{ranks} ranks: --check takes what --dump-deck prints{stderr}")


def check_read_only(verdict, ranks):
    """On a disk that cannot be written nobody may make a folder, not even root."""
    with temporary_folder() as folder:
        disk = pathlib.Path(folder) / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", disk], capture_output=True, check=False).returncode != 0:
            print("        a read-only disk is not tested: nothing can be mounted here")
            return
        try:
            fill(folder, {"deck.cfg": GOOD_DECK})
            for output in ("disk", "disk/a/out"):
                status, _, stderr, _ = launch(["deck.cfg", f"--output={output}"], folder, ranks)
                fragments = (f"output={output}: ", "not writable", "Read-only", "name another", COMMAND)
                good = status == INPUT_ERROR and all(fragment in stderr for fragment in fragments)
                verdict.expect(good, f"{ranks} ranks: a read-only disk, output={output}: status {status}{'' if good else stderr}")
        finally:
            subprocess.run(["umount", disk], check=True)


# Decks that are read, and a line of the resolved deck that shows how.
READABLE = {
    "a byte-order mark": ("\ufeffseed = 5\n", "seed = 5"),
    "lines that end with CR": ("seed = 5\r[lattice]\rsize = 32x16\r", "size = 32x16"),
    "a last line without end": ("seed = 1\n[loading]\nstrain_rate = +2e-4", "strain_rate = 0.0002"),
    "a whole number with a plus": ("seed = +5\n", "seed = 5"),
    "quotes around a word": ('[kmc]\nengine = "reference" # quoted\n', "engine = reference"),
    "a folder with a # in quotes": ('output = " a#\\"\\\\ " # quoted\n', 'output = " a#\\"\\\\ "'),
    "three boundaries": ("[lattice]\nsize = 8x8x8\nboundary = periodic,periodic,periodic\n", "boundary = periodic,periodic,periodic"),
    "dashes and no-break spaces in comments": ("# \u2013 \u00a0 \f\nseed = 5 # \u201cfive\u201d\n", "seed = 5"),
}

FOLDERS = ["a b", " a", "a ", "a#b", "#", "a;b", "a ; b", '"a"', "'a'", "a\\", "a\\\"b", "[a]", "a = b",
           "l\u00e4ufe \u2013 neu", "a\u00a0b", "\ufeffa", "%(a)s"]


def resolved(stdout):
    """The deck that --check prints, without memory and warnings."""
    return stdout.partition("\n\nmemory: ")[0] + "\n"


def check_readable(verdict):
    with temporary_folder() as folder:
        for name, (text, line) in READABLE.items():
            fill(folder, {"deck.cfg": text})
            status, stdout, stderr, _ = launch(["--check", "deck.cfg"], folder, 1)
            verdict.expect(status == 0 and line in stdout.splitlines(), f"{name}: read{stderr}")


def check_printed_is_read(verdict):
    """A run, and then the deck that it left, name the same folder: the second is refused for the results of the first."""
    with temporary_folder() as folder:
        fill(folder, {"deck.cfg": "[lattice]\nsize = 8x8\n[elasticity]\nelements_per_voxel = 1\n"})
        for name in FOLDERS:
            status, _, stderr, _ = launch(["deck.cfg", f"--output={name}", "--kmc.max_events=1"], folder, 1)
            deck_left = pathlib.Path(folder) / name / "deck.resolved.cfg"
            written = status == 0 and deck_left.is_file()
            again, _, refusal, _ = launch([str(deck_left)], folder, 1) if written else (None, "", stderr, 0.0)
            verdict.expect(again == INPUT_ERROR and f"output={name}: the folder is not empty" in refusal,
                           f"output {name!r}: the deck that the run left names the same folder {'' if again == INPUT_ERROR else refusal}")
        status, printed, stderr, _ = launch(["--check", "deck.cfg", "--lattice.size=8x8x8", "--output=a#b "], folder, 1)
        fill(folder, {"again.cfg": resolved(printed)})
        status, reprinted, stderr, _ = launch(["--check", "again.cfg"], folder, 1)
        verdict.expect(status == 0 and reprinted == printed, f"--check of a 3D deck that --check printed prints it again{stderr}")


def check_warnings(verdict):
    """Warnings come with --check and at the start of a run, and stop neither."""
    with temporary_folder() as folder:
        fill(folder, {"deck.cfg": GOOD_DECK + "[elasticity]\nyoung = 69460\n"})
        for words in (["--check", "deck.cfg"], ["deck.cfg", "--kmc.max_events=1"]):
            status, stdout, stderr, _ = launch(words, folder, 1)
            warnings = [line for line in stdout.splitlines() if line.startswith("warning: ")]
            verdict.expect(status == 0 and len(warnings) == 1 and "elasticity.young=69460" in warnings[0] and "in MPa, write 69.46" in warnings[0]
                           and "(deck.cfg:5)" in warnings[0], f"{' '.join(words)}: one warning, that MPa are no GPa {warnings}{stderr}")
        for path in sorted(DECKS.glob("*.cfg")):
            status, stdout, stderr, _ = launch(["--check", str(path)], folder, 1)
            verdict.expect(status == 0 and "warning" not in stdout, f"{path.name}: no warnings{stderr}")


def main():
    verdict = Verdict()
    print(f"{len(CASES)} cases")
    check_bad_input(verdict, ranks=1, at_once=2)
    check_bad_input(verdict, ranks=4, at_once=1)
    check_read_only(verdict, ranks=1)
    check_read_only(verdict, ranks=4)
    check_good_input(verdict, ranks=1)
    check_good_input(verdict, ranks=4)
    check_readable(verdict)
    check_printed_is_read(verdict)
    check_warnings(verdict)
    verdict.exit()


main()
