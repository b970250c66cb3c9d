from . import storage as storage
from .classifier import TransformerProgramClassifier as TransformerProgramClassifier
from .tagger import TransformerProgramTagger as TransformerProgramTagger
