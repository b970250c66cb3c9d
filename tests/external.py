"""Where larger real data sets are, for the tests that read them.

Set TPROG_DATA to their folder; else ``shared/data`` beside the repository is tried.
Tests that need them are skipped where they are absent.
"""

from __future__ import annotations

import os
from pathlib import Path

_REPOSITORY = Path(__file__).parents[1]

DATA = Path(os.environ.get("TPROG_DATA", _REPOSITORY.parent / "shared" / "data"))
