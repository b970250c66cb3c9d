from .layers import Layers as Layers
from .learner import search as search
from .outcome import Ending as Ending, SearchProgress as SearchProgress
from .sample import sample_of as sample_of
