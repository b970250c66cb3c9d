from . import (
    gradient as gradient,
    learner as learner,
    memory as memory,
    population as population,
    records as records,
    trainer as trainer,
)
from .callbacks import (
    Progress as Progress,
    StepProgress as StepProgress,
    Watch as Watch,
    deferred_interruption as deferred_interruption,
)
from .learned import (
    FRONT as FRONT,
    WEIGHED as WEIGHED,
    Outcome as Outcome,
    Start as Start,
)
from .learner import learn as learn, nothing_learned as nothing_learned
from .memory import kept_memory as kept_memory
from .population import cpu_threads as cpu_threads, train as train
from .records import (
    Record as Record,
    TensorBoard as TensorBoard,
    append_lines as append_lines,
)
from .start import as_read_by as as_read_by
from .trainer import Trainer as Trainer
from .trials import CHOSEN as CHOSEN, TRIED as TRIED
