from . import kernels as kernels
from .kernels import warm as warm
from .layers import Layers as Layers
from .learner import (
    Ending as Ending,
    SearchProgress as SearchProgress,
    search as search,
)
from .sample import sample_of as sample_of
