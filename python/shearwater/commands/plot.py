"""Draws pictures of a run from its output folder: stress against strain, maps of the fields and the distribution of strain."""

import pathlib
import sys

import matplotlib.pyplot as plt
import numpy as np
from mpl_toolkits.axes_grid1 import make_axes_locatable

from shearwater.command_line import Parser
from shearwater.drawing import apply_style, save
from shearwater.errors import ShearwaterError
from shearwater.run import Run
from shearwater.snapshot import EXTREME_STRAIN, strain_statistics
from shearwater.tensors import equivalent_shear_stress

MAPPED_FIELDS = ("von_mises_strain", "stress", "generation")  # that maps are drawn from
CURVES_AT_MOST = 5  # with more snapshots, only the last one enters the distribution


def choose_snapshots(run, options):
    """All snapshots in time order, and those to draw maps of: all, the named one or the last."""
    if not run.snapshots:
        raise ShearwaterError(f"{run.folder / 'snapshots'}: no snapshots (*.h5)")
    name = options.show_snapshot or run.snapshots[-1].path.name
    chosen = [snapshot for snapshot in run.snapshots if options.all_snapshots or name in (snapshot.path.name, snapshot.path.stem)]
    if not chosen:
        raise ShearwaterError(f"{run.folder / 'snapshots'}: no snapshot named {name}")
    return run.snapshots, chosen


def read_maps(snapshot, held=None):
    """Maps of a snapshot, in 3D of its middle z plane: strain and generation [-], stress [GPa]; edges of a voxel [nm] along x and y and a title.

    Fields have shape (ny, nx) or (nz, ny, nx), the stress one more axis for its components; maps have shape (ny, nx).
    """
    edges, title, plane = snapshot.voxel_size_nm, f"time {snapshot.time_s:.4g} s" if held else f"applied strain {snapshot.strain:.4f}", ...
    if len(snapshot.size) == 3:
        plane = snapshot.size[2] // 2
        title += f", plane z = {(plane + 0.5) * edges[2]:.1f} nm"
    return {
        "von_mises": snapshot["von_mises_strain"][plane],
        "stress": equivalent_shear_stress(snapshot["stress"][plane]),
        "generation": snapshot["generation"][plane],
        "edges": edges[:2],
        "title": title,
    }


def curve_marks(run):
    """(name, marker, strain [-], stress [GPa]) of peak, yield and end, without those that the run did not reach."""
    summary, curve = run.summary, run.history
    marks = [
        ("peak", "^", summary.get("peak_strain"), summary.get("peak_stress_GPa")),
        ("yield (plastic strain 0.002)", "o", summary.get("yield_strain"), summary.get("yield_stress_GPa")),
        ("end", "s", curve["strain"][-1], curve["stress_GPa"][-1]),
    ]
    return [mark for mark in marks if None not in mark]


def draw_course(runs, path):
    """Of loads that are held what is not: stress [GPa] or strain, and, beneath it, plastic strain against the logarithm of time."""
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(6, 5.5), gridspec_kw={"height_ratios": [3, 1], "hspace": 0.06})
    name, label = ("stress_GPa", "stress [GPa]") if runs[0].held == "strain" else ("strain", "strain")
    for run in runs:
        later = run.history["time_s"] > 0
        above.plot(run.history["time_s"][later], run.history[name][later], linewidth=1.2, label=str(run.folder))
        below.plot(run.history["time_s"][later], run.history["plastic_strain"][later], linewidth=1.2)
    if len(runs) > 1:
        above.legend(loc="upper left", bbox_to_anchor=(1.0, 1.02))
    above.set(xscale="log", ylabel=label)
    below.set(xlabel="time [s]", ylabel="plastic strain")
    figure.align_ylabels()
    save(figure, path)


def draw_curves(runs, path):
    """The curve of a ramp, or the course of a load that is held."""
    if len({run.held for run in runs}) > 1:
        raise ShearwaterError(f"{', '.join(str(run.folder) for run in runs)}: ramps and loads that are held do not go into one picture")
    (draw_course if runs[0].held else draw_stress_strain)(runs, path)


def draw_stress_strain(runs, path):
    """Stress [GPa] and, beneath it, plastic strain against applied strain, with the marks of every run.

    The legend names the runs, or gives the stresses at the marks if there is only one run.
    """
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(6, 5.5), gridspec_kw={"height_ratios": [3, 1], "hspace": 0.06})
    several = len(runs) > 1
    lines, points = {}, {}
    for run in runs:
        strain = run.history["strain"]
        (lines[str(run.folder)],) = above.plot(strain, run.history["stress_GPa"], linewidth=1.2)
        below.plot(strain, run.history["plastic_strain"], linewidth=1.2)
        for name, marker, x, y in curve_marks(run):
            key = name if several else f"{name}: {y:.3g} GPa"
            (points[key],) = above.plot(x, y, marker, color="black", markerfacecolor="white", markersize=5, zorder=3)
    keys = {**lines, **points} if several else points
    above.legend(keys.values(), keys.keys(), **({"loc": "upper left", "bbox_to_anchor": (1.0, 1.02)} if several else {}))
    above.set_ylabel("stress [GPa]")
    below.set(xlabel="applied strain", ylabel="plastic strain")
    figure.align_ylabels()
    save(figure, path)


def draw_map(field, maps, label, path, **image):
    """One (ny, nx) field over the plane with axes in nm; `image` goes to imshow, save `ticks` and `extend` for the colour bar."""
    (ny, nx), (dx, dy) = field.shape, maps["edges"]
    width, height = nx * dx, ny * dy
    bar = {key: image.pop(key) for key in ("ticks", "extend") if key in image}
    figure, axes = plt.subplots(figsize=(6, min(max(6 * height / width, 2.5), 9)))
    picture = axes.imshow(field, origin="lower", extent=(0, width, 0, height), aspect="equal", **image)
    axes.set(xlabel="x [nm]", ylabel="y [nm]", title=maps["title"])
    side, pad, orientation = ("bottom", 0.6, "horizontal") if width > 2 * height else ("right", 0.1, "vertical")
    place = make_axes_locatable(axes).append_axes(side, size=0.16, pad=pad)
    figure.colorbar(picture, cax=place, label=label, orientation=orientation, **bar)
    save(figure, path)


def strain_colours(field):
    """Colours of a map of the von Mises strain; they end where all but 0.1 % of the voxels do, so that a few do not darken the rest."""
    top = np.percentile(field, 99.9) or field.max() or 1.0
    return {"cmap": "inferno", "vmin": 0.0, "vmax": top, "extend": "max" if field.max() > top else "neither"}


def count_colours(field):
    """Colours of a map of whole numbers, one for each number."""
    most = int(field.max())
    ticks = np.arange(0, most + 1, most // 12 + 1)
    return {"cmap": plt.get_cmap("cividis", most + 1), "vmin": -0.5, "vmax": most + 0.5, "interpolation": "nearest", "ticks": ticks}


def draw_distribution(snapshots, path):
    """Probability density of the von Mises strain over the voxels, in bins common to all snapshots."""
    samples = [(snapshot.strain, snapshot["von_mises_strain"].ravel()) for snapshot in snapshots]
    edges = np.linspace(0.0, max(strains.max() for _, strains in samples) or 1.0, 61)
    colours = plt.get_cmap("viridis")(np.linspace(0.8, 0.0, len(samples)) if len(samples) > 1 else [0.2])
    figure, axes = plt.subplots(figsize=(6, 4.2))
    for (applied, strains), colour in zip(samples, colours):
        density, _ = np.histogram(strains, bins=edges, density=True)
        found = strain_statistics(strains)
        label = f"strain {applied:.4f}: index {found['localization_index']:.3g}, {found['extreme_sites']} extreme"
        axes.stairs(density, edges, color=colour, linewidth=1.2, label=label)
    if edges[-1] > EXTREME_STRAIN:
        axes.axvline(EXTREME_STRAIN, color="0.5", linewidth=0.8, linestyle="--")
    axes.set(yscale="log", xlabel="von Mises plastic strain", ylabel="probability density", xlim=(0, edges[-1]))
    axes.legend(title=f"localization index, extreme sites (> {EXTREME_STRAIN})", title_fontsize=9, alignment="left")
    save(figure, path)


def draw_run(run, options):
    """All pictures of one output folder."""
    plots = run.folder / "plots"
    draw_curves([run], plots / f"stress_strain.{options.format}")
    snapshots, chosen = choose_snapshots(run, options)
    if absent := [name for name in MAPPED_FIELDS if name not in chosen[-1]]:
        print(f"{run.folder}: no maps, as the snapshots have no {' and no '.join(absent)} (output.fields)")
        return
    for snapshot in chosen:
        maps, ending = read_maps(snapshot, run.held), f"{snapshot.path.stem}.{options.format}"
        von_mises, generation = maps["von_mises"], maps["generation"]
        draw_map(von_mises, maps, "von Mises plastic strain", plots / f"von_mises_{ending}", **strain_colours(von_mises))
        draw_map(maps["stress"], maps, "equivalent shear stress [GPa]", plots / f"stress_map_{ending}", cmap="viridis")
        draw_map(generation, maps, "transformations per voxel", plots / f"generation_{ending}", **count_colours(generation))
    draw_distribution(snapshots if len(snapshots) <= CURVES_AT_MOST else snapshots[-1:], plots / f"strain_distribution.{options.format}")


def parse_options():
    """The command line."""
    parser = Parser(description=__doc__)
    parser.add_argument("folders", metavar="OUTPUT_FOLDER", nargs="+", type=pathlib.Path, help="output folder of a run")
    parser.add_argument("--format", choices=("png", "pdf"), default="png", help="of the pictures (default: png)")
    parser.add_argument("--into", metavar="DIR", type=pathlib.Path, default=pathlib.Path(), help="folder of the comparison of several runs (default: .)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--show-snapshot", metavar="NAME", help="snapshot to draw maps of (default: the last)")
    which.add_argument("--all-snapshots", action="store_true", help="draw maps of every snapshot")
    return parser.parse_args()


def main():
    """Draws what the command line asks for; returns the exit status."""
    options = parse_options()
    apply_style()
    try:
        runs = [Run(folder) for folder in options.folders]
        if len(runs) > 1:
            draw_curves(runs, options.into / f"stress_strain.{options.format}")
        for run in runs:
            draw_run(run, options)
    except (ShearwaterError, OSError) as error:
        print("plot:", " ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0
