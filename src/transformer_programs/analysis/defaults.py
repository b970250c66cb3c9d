"""How much of an explanation is shown by default; this loads nothing."""

TOP = 10  # words and features that are shown by default; the rest is summed up
DEPTH = 4  # statements above each other that are shown by default
