"""``program.py`` -> Program: read by its syntax, never executed."""
