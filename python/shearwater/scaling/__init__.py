"""Studies of how fast the program is on many ranks."""
