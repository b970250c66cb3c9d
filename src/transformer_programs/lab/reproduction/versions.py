"""Versions of what the numbers of a record may depend on."""

from __future__ import annotations

import platform
from importlib.metadata import version

import numpy as np
import torch


def versions() -> dict[str, str]:
    """By name."""
    return {
        "transformer-programs": version("transformer-programs"),
        "Python": platform.python_version(),
        "PyTorch": str(torch.__version__),
        "NumPy": np.__version__,
    }
