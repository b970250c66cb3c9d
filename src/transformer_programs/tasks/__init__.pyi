from . import registry as registry, sources as sources
from .algebra import Formula as Formula
from .inputs import (
    Draw as Draw,
    InputSpace as InputSpace,
    check_drawn_fit as check_drawn_fit,
    sample_distinct as sample_distinct,
)
from .registry import get as get, names as names, register as register
from .sources import (
    DatasetSource as DatasetSource,
    FileSource as FileSource,
    Source as Source,
    TaskSource as TaskSource,
    find_function as find_function,
    find_task as find_task,
    source_document as source_document,
    source_to_json as source_to_json,
    trusted as trusted,
    untrusted as untrusted,
)
from .task import Definition as Definition, Task as Task, task_hash as task_hash
