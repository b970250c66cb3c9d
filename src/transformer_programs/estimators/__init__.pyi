from . import storage as storage
from .predictors import (
    TransformerProgramClassifier as TransformerProgramClassifier,
    TransformerProgramTagger as TransformerProgramTagger,
)
