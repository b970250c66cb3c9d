"""Sums of weighed n-grams as programs.

Features are counted (``grams.py``, ``families.py``), weighed (``fitting.py``), and
written as heads and tables (``writing.py``); ``learner.py`` does it in turn.
"""
