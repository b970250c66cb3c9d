from . import (
    hardened as hardened,
    kernels as kernels,
    relaxed_statements as relaxed_statements,
    trainable as trainable,
)
from .harden import EXACT_LIMIT as EXACT_LIMIT, check_hardened as check_hardened
from .hardened import HardenedModel as HardenedModel
from .memory import (
    check_training_fits as check_training_fits,
    device_memory as device_memory,
)
from .ordinary.folder import (
    is_transformer_folder as is_transformer_folder,
    load_transformer as load_transformer,
    transformer_files as transformer_files,
)
from .ordinary.interface import ProgramTransformer as ProgramTransformer
from .ordinary.model import Sizes as Sizes
from .ordinary.weights import framed_ids as framed_ids
from .relaxed import RelaxedModel as RelaxedModel
from .relaxed_program import (
    RelaxedProgram as RelaxedProgram,
    steps_per_nat as steps_per_nat,
)
from .sampling import GumbelPool as GumbelPool, Heat as Heat
from .storage import (
    UNREADABLE as UNREADABLE,
    load_model as load_model,
    read_tensors as read_tensors,
    save_model as save_model,
    stored_input as stored_input,
    unreadable as unreadable,
    write_tensors as write_tensors,
)
from .trainable import Trainable as Trainable
