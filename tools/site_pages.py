"""A hook of mkdocs: the pages of the site lie where they lie in the repository, so that every link between them holds in both places.

Beside docs/ the site has README.md, which is its first page, the page of the Python package, and the pages and pictures of examples/.
"""

import pathlib

from mkdocs.structure.files import File

TOP = pathlib.Path(__file__).resolve().parent.parent


def pages():
    """Paths of pages and pictures, relative to the top of the repository."""
    yield pathlib.Path("README.md")
    yield pathlib.Path("python/README.md")
    for folder, pattern in (("docs", "**/*.md"), ("docs", "**/*.png"), ("examples", "*.md"), ("examples", "*/*.md"), ("examples", "*/*.png")):
        yield from sorted(path.relative_to(TOP) for path in (TOP / folder).glob(pattern))


def on_files(files, config):
    """Replaces the files of docs/, which mkdocs names by their paths within it."""
    for file in [file for file in files if pathlib.Path(file.abs_src_path).is_relative_to(TOP / "docs")]:
        files.remove(file)
    for path in pages():
        files.append(File(str(path), str(TOP), config["site_dir"], config["use_directory_urls"]))
    return files
