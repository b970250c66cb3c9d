from . import predicates as predicates, tables as tables
from .closed import (
    ClosedForms as ClosedForms,
    alike as alike,
    entry_of as entry_of,
    ranked as ranked,
    reachable_values as reachable_values,
)
from .forms import complete as complete
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
from .tables import (
    INPUT_NAMES as INPUT_NAMES,
    literal as literal,
    numeral as numeral,
    runner as runner,
    shifted as shifted,
    width as width,
)
