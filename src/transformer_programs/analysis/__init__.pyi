from . import predicates as predicates, tables as tables
from .closed import (
    ClosedForms as ClosedForms,
    ranked as ranked,
    reachable_values as reachable_values,
    single_term as single_term,
)
from .conditions import literal as literal, numeral as numeral, width as width
from .intervals import Interval as Interval, runner as runner
from .length import (
    AnyLength as AnyLength,
    INPUT_NAMES as INPUT_NAMES,
    LengthBound as LengthBound,
    entry_of as entry_of,
    length_bound as length_bound,
)
from .predicates import (
    Always as Always,
    Both as Both,
    Comparison as Comparison,
    Condition as Condition,
    LARGEST as LARGEST,
    OfKey as OfKey,
    Values as Values,
    condition as condition,
)
from .token_classes import alike as alike
