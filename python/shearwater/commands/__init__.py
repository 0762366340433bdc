"""The commands: each module has a main() that reads the command line and returns the exit status."""
