from . import minimising as minimising, resizing as resizing
from .combine import combined as combined
from .dead import drop_dead as drop_dead
from .logistic import (
    Floats as Floats,
    fit_weights as fit_weights,
    log_losses as log_losses,
)
from .minimising import simplify as simplify
from .naming import name_by_meaning as name_by_meaning
from .observed import EFFORT as EFFORT
from .polishing.descent import Pass as Pass, polish as polish
from .pruning.path import Pruning as Pruning, Stage as Stage, prune as prune
from .pruning.plot import can_draw as can_draw, draw as draw
from .pruning.table import draw_stages as draw_stages
from .resizing import (
    Resized as Resized,
    check_length_free as check_length_free,
    resized as resized,
)
