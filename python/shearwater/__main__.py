"""python3 -m shearwater COMMAND ...: a command under its own name. This is what the commands in tools/ start."""

import importlib
import sys

COMMANDS = ("compare", "cost_model", "export", "plot", "scaling", "seeds")


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"python3 -m shearwater COMMAND ...: COMMAND is one of {', '.join(COMMANDS)}")
    del sys.argv[0]
    return importlib.import_module(f"shearwater.commands.{sys.argv[0]}").main()


if __name__ == "__main__":
    sys.exit(main())
