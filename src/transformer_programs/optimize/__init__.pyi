from . import minimising as minimising, resizing as resizing
from .circuit import (
    ProgramPart as ProgramPart,
    part_of_program as part_of_program,
    sentences as sentences,
)
from .combine import combined as combined
from .drawing import can_draw as can_draw, draw as draw, draw_stages as draw_stages
from .minimising import minimise as minimise
from .naming import name_by_meaning as name_by_meaning
from .polishing import Pass as Pass, polish as polish
from .pruning import Pruning as Pruning, Stage as Stage, prune as prune
from .reached import EFFORT as EFFORT
from .resizing import (
    Resized as Resized,
    check_length_free as check_length_free,
    resized as resized,
)
from .statements import drop_dead as drop_dead
