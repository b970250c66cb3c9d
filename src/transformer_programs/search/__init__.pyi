from . import kernels as kernels
from .candidate import (
    decision_over as decision_over,
    head_over as head_over,
    table_over as table_over,
)
from .kernels import warm as warm
from .layers import Layers as Layers
from .learner import (
    Ending as Ending,
    SearchProgress as SearchProgress,
    search as search,
)
from .sample import sample_of as sample_of
