"""Learning a program by search: propose modules, count, keep what explains the data."""

from transformer_programs.search.learner import search
from transformer_programs.search.outcome import Ending, Found, SearchProgress

__all__ = ["Ending", "Found", "SearchProgress", "search"]
