from . import algorithmic as algorithmic, sources as sources, task as task
from .algebra import Formula as Formula
from .fingerprint import task_hash as task_hash
from .generate import (
    Draw as Draw,
    check_drawn_fit as check_drawn_fit,
    sample_distinct as sample_distinct,
)
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
from .space import InputSpace as InputSpace
from .task import (
    Definition as Definition,
    Task as Task,
    get as get,
    names as names,
    register as register,
)
