from . import (
    errors as errors,
    tasks as tasks,
)
from .analysis import (
    Explanation as Explanation,
)
from .data import (
    Accuracy as Accuracy,
    Dataset as Dataset,
    ReadOptions as ReadOptions,
    labelled_sequences as labelled_sequences,
    read_dataset as read_dataset,
    read_sequences as read_sequences,
)
from .estimators import (
    TransformerProgramClassifier as TransformerProgramClassifier,
    TransformerProgramTagger as TransformerProgramTagger,
)
from .language import (
    Aggregate as Aggregate,
    Domain as Domain,
    Head as Head,
    InputFormat as InputFormat,
    Pooling as Pooling,
    Readout as Readout,
    Scope as Scope,
    Table as Table,
    Term as Term,
    Vocabulary as Vocabulary,
)
from .learn import Watch as Watch
from .runs import (
    Program as Program,
    Run as Run,
    load as load,
    program as program,
    resume as resume,
    train as train,
)
from .settings import (
    EvidenceSettings as EvidenceSettings,
    ModelSettings as ModelSettings,
    SearchSettings as SearchSettings,
    TrainSettings as TrainSettings,
)
from .tasks import TaskSource as TaskSource
from .verify import (
    Certificate as Certificate,
    CheckResult as CheckResult,
)

__version__: str
