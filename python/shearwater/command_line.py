"""What all commands do alike with their command lines."""

import argparse
import pathlib
import re
import sys


class Parser(argparse.ArgumentParser):
    """Takes options by their full names only, and prints descriptions line by line as they are written; so do parsers of subcommands."""

    def __init__(self, **how):
        super().__init__(**({"formatter_class": argparse.RawDescriptionHelpFormatter, "allow_abbrev": False} | how))


def parse_with_words(parser, example):
    """Options, and the words after the first `--`, which go to the program.

    @param example  the beginning of a command line, for the message to a user who forgets the `--`
    """
    argv, words = sys.argv[1:], []
    if "--" in argv:
        place = argv.index("--")
        argv, words = argv[:place], argv[place + 1 :]
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        parser.error(f"{unknown[0]}: there is no such option; words for the program go after --, as in: {example} -- --key=value")
    return arguments, words


def require_program(parser, program):
    if not pathlib.Path(program).is_file():
        parser.error(f"--program={program}: no such file; build the program, for example with tools/test, or name another")


# Types of arguments


def numbers(text):
    """'1,2,4-6' as [1, 2, 4, 5, 6]."""
    found = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if not match or int(match[2] or match[1]) < int(match[1]):
            raise argparse.ArgumentTypeError(f"{text}: write numbers separated by commas, or first-last, for example 1,2,4 or 1-3")
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return sorted(found)


def positive_numbers(text):
    found = numbers(text)
    if found[0] == 0:
        raise argparse.ArgumentTypeError(f"{text}: must be positive")
    return found


def cell(text):
    """'64x32' as (64, 32)."""
    if not re.fullmatch(r"[1-9]\d*(x[1-9]\d*){1,2}", text):
        raise argparse.ArgumentTypeError(f"{text}: write voxels along each axis, for example 512x512, or 64x64x64 for a 3D cell")
    return tuple(int(part) for part in text.split("x"))
