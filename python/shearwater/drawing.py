"""How all pictures look, and how they are written."""

import matplotlib.pyplot as plt

STYLE = {
    "backend": "Agg", "savefig.dpi": 150, "savefig.bbox": "tight", "axes.linewidth": 0.8, "font.size": 10,
    "legend.fontsize": 9, "legend.edgecolor": "none", "legend.framealpha": 0.9,
}
IDEAL = {"color": "0.5", "linestyle": "--", "marker": "none"}  # of a curve that is there to compare with


def apply_style(title_size=10):
    """For commands only; a program that uses the package keeps its own style."""
    plt.rcParams.update(STYLE | {"axes.titlesize": title_size})


def save(figure, path):
    """Writes the figure, closes it and prints its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)
    print(path)
