from .comparison import train_standard as train_standard
from .reproduction.page import table as table, update_section as update_section
from .reproduction.published import PUBLISHED as PUBLISHED
from .reproduction.suites import (
    LONGER_SIZE as LONGER_SIZE,
    PAPER_SIZE as PAPER_SIZE,
    SIZES as SIZES,
)
from .standard.settings import StandardSettings as StandardSettings
