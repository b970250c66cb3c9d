"""Coordinate descent over the single choices of a learned program.

Gradient descent chooses all at once, and some choices wrongly. Here one choice after
the other, such as a cell of a table or the keys that a query matches, takes whichever
of its alternatives makes the loss on the training data smallest.

    choices.py   what may be chosen, and what a statement then writes
    standing.py  a program on labelled data: what a changed statement does to the loss
    descent.py   the passes over all choices
"""

from transformer_programs.optimize.polishing.descent import Pass, polish

__all__ = ["Pass", "polish"]
