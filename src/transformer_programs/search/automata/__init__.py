"""Finite automata: learned by merging states, written as Transformer Programs.

Machines are learned from prefixes or suffixes of labelled sequences (``merging.py``),
taken apart into counters and latches (``partitions.py``, ``labelling.py``,
``cascade.py``, ``decomposition.py``), and written as heads and tables
(``realising.py``), or as maps composed over distances (``composition.py``).
"""
