from .baselines.settings import StandardSettings as StandardSettings
from .baselines.shallow import (
    BaselineKind as BaselineKind,
    measure_baselines as measure_baselines,
)
from .baselines.standard import train_standard as train_standard
from .reproduce.page import table as table, update_section as update_section
from .reproduce.suite_record import read_suite as read_suite
from .reproduce.suites import (
    LONGER_SIZE as LONGER_SIZE,
    PAPER_SIZE as PAPER_SIZE,
    PUBLISHED as PUBLISHED,
    SIZES as SIZES,
)
from .suites import NAMES as NAMES, public_suite as public_suite
from .sweep.driver import (
    Limits as Limits,
    SweepWatch as SweepWatch,
    run_sweep as run_sweep,
)
from .sweep.space import Choices as Choices, Range as Range
