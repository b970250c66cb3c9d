from . import kernels as kernels
from .attributes import attributes as attributes, in_order as in_order
from .candidate import (
    decision_over as decision_over,
    head_over as head_over,
    table_over as table_over,
)
from .kernels import warm as warm
from .layers import Layers as Layers
from .learner import (
    FOLLOWING as FOLLOWING,
    Ending as Ending,
    Search as Search,
    SearchProgress as SearchProgress,
    search as search,
)
from .sample import sample_of as sample_of
