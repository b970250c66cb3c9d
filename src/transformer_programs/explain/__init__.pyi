from .defaults import DEPTH as DEPTH, TOP as TOP
from .derivation import Step as Step, ValueOrigin as ValueOrigin, steps_of as steps_of
from .drawing import draw_decision as draw_decision, draw_tags as draw_tags
from .explanation import (
    Contribution as Contribution,
    Decision as Decision,
    Explanation as Explanation,
    explain as explain,
)
from .separating import (
    SEPARATOR as SEPARATOR,
    Feature as Feature,
    Separation as Separation,
    separation as separation,
)
