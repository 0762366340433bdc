#!/usr/bin/python3
"""The deck reference of the manual is what the program prints, and names every key once: deck_reference.py PROGRAM [MPIEXEC...]."""

import difflib
import pathlib
import re
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "deck.md"


def output(*words):
    """What the program prints."""
    return subprocess.run([sys.argv[1], *words], capture_output=True, text=True, check=True).stdout


def keys_of_deck(text):
    """The full names of the keys that a deck sets, in order."""
    section, keys = "", []
    for line in text.splitlines():
        if line.startswith("["):
            section = line[1:-1] + "."
        elif line and not line.startswith("#"):
            keys.append(section + line.split(" = ")[0])
    return keys


def main():
    written, printed = PAGE.read_text(encoding="utf-8"), output("--dump-deck=markdown")
    problems = list(difflib.unified_diff(written.splitlines(), printed.splitlines(), "docs/deck.md", "the program", lineterm=""))
    if problems:
        problems.append("docs/deck.md is out of date; write it anew: build/shearwater --dump-deck=markdown > docs/deck.md")
    rows = [line for line in written.splitlines() if line.startswith("| `")]
    if [re.match(r"\| `([^`]*)`", row).group(1) for row in rows] != keys_of_deck(output("--dump-deck")):
        problems.append("docs/deck.md does not list the keys of --dump-deck, each once and in their order")
    for row in rows:
        if len(re.split(r"(?<!\\)\|", row)) != 7:
            problems.append(f"docs/deck.md: this row does not have five cells: {row}")
    print("\n".join(problems) if problems else "docs/deck.md agrees with the program")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
