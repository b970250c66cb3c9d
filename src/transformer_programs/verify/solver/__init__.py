"""Proofs by a solver: do two programs agree on every input of a length?

A program over n positions is a finite circuit over the choice of a token at every
position (``circuit.py``, ``cells.py``, ``encode.py``). Two of them, built with shared
parts, differ on some input or they do not; CP-SAT says which (``prove.py``).
"""
