"""Learning a program from data by gradient descent."""

from transformer_programs.learn.population import train
from transformer_programs.learn.progress import Learned, Progress
from transformer_programs.learn.records import Record
from transformer_programs.learn.selection import Evaluation

__all__ = ["Evaluation", "Learned", "Progress", "Record", "train"]
