from . import predicates as predicates, tables as tables
from .closed import (
    ClosedForms as ClosedForms,
    alike as alike,
    entry_of as entry_of,
    ranked as ranked,
    reachable_values as reachable_values,
)
from .decisions import ComparedSums as ComparedSums
from .defaults import DEPTH as DEPTH
from .derivation import (
    Derivations as Derivations,
    Step as Step,
    ValueOrigin as ValueOrigin,
    steps_of as steps_of,
)
from .difference import Change as Change, changes as changes
from .drawing import draw_decision as draw_decision, draw_tags as draw_tags
from .explanation import (
    Contribution as Contribution,
    Decision as Decision,
    Explanation as Explanation,
    explain as explain,
)
from .forms import Completed as Completed, complete as complete
from .intervals import Interval as Interval
from .length import (
    AnyLength as AnyLength,
    LengthBound as LengthBound,
    length_bound as length_bound,
)
from .predicates import (
    LARGEST as LARGEST,
    Always as Always,
    Both as Both,
    Comparison as Comparison,
    Condition as Condition,
    OfKey as OfKey,
    Relation as Relation,
    Values as Values,
    condition as condition,
)
from .separating import (
    SEPARATOR as SEPARATOR,
    Feature as Feature,
    Separation as Separation,
    separation as separation,
)
from .tables import (
    INPUT_NAMES as INPUT_NAMES,
    literal as literal,
    numeral as numeral,
    runner as runner,
    shifted as shifted,
    width as width,
)
from .words import (
    MOST_LISTED as MOST_LISTED,
    describe as describe,
    describe_program as describe_program,
    in_words as in_words,
    lengths_in_words as lengths_in_words,
)
