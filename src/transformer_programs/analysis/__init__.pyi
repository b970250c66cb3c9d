from . import predicates as predicates, tables as tables
from .closed import (
    ClosedForms as ClosedForms,
    ranked as ranked,
    single_term as single_term,
)
from .conditions import literal as literal, width as width
from .intervals import Interval as Interval, runner as runner
from .length import (
    INPUT_NAMES as INPUT_NAMES,
    AnyLength as AnyLength,
    LengthBound as LengthBound,
    entry_of as entry_of,
    length_bound as length_bound,
)
from .numerals import numeral as numeral
from .predicates import (
    LARGEST as LARGEST,
    Always as Always,
    Both as Both,
    Comparison as Comparison,
    Condition as Condition,
    OfKey as OfKey,
    condition as condition,
)
from .reachable import Values as Values, reachable_values as reachable_values
from .token_classes import alike as alike
