"""Learn Transformers that are small discrete programs, and write them down as Python.

    import transformer_programs as tp

    run = tp.train("sort")
    run.program(["3", "1", "4", "1", "2"])  # ['1', '1', '2', '3', '4']
    print(run.program.source)

The public names are listed in ``__init__.pyi``. They are loaded when they are first
used, so that programs can be read and run without loading PyTorch.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import lazy_loader

_attribute, _, _names = lazy_loader.attach_stub(__name__, __file__)

# Where scikit-learn is missing, "import *" must not fail because of it.
_missing = "Transformer" if find_spec("sklearn") is None else "?"
__all__ = sorted(["__version__", *(n for n in _names if not n.startswith(_missing))])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # slow to load

        return globals().setdefault(name, version("transformer-programs"))
    if name not in _names:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _attribute(name)


def __dir__() -> list[str]:
    return __all__
