from . import console as console, next_steps as next_steps
from .base import (
    INTERRUPTED as INTERRUPTED,
    AsJson as AsJson,
    Flag as Flag,
    Trust as Trust,
    app as app,
    print_json as print_json,
)
from .entry import main as main
from .learning import check_alone as check_alone
from .options import (
    DataOptions as DataOptions,
    ModelOptions as ModelOptions,
    SearchOptions as SearchOptions,
    StandardOptions as StandardOptions,
    TrainingOptions as TrainingOptions,
    as_typed as as_typed,
    given as given,
    learner as learner,
    shown as shown,
)
from .sources import name_of as name_of, source as source
