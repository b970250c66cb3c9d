from .defaults import DEPTH as DEPTH, TOP as TOP
from .derivation import Origin as Origin, Step as Step, steps_of as steps_of
from .drawing import draw_decision as draw_decision, draw_tags as draw_tags
from .explanation import (
    Contribution as Contribution,
    Decision as Decision,
    Explanation as Explanation,
    explain as explain,
)
from .separating import (
    Feature as Feature,
    SEPARATOR as SEPARATOR,
    Separation as Separation,
    separation as separation,
)
