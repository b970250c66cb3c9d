"""Estimators with the interface of scikit-learn (``docs/how-to/scikit-learn.md``).

They need the extra ``sklearn``; importing this package without it is an error.
"""

from importlib.util import find_spec

import lazy_loader

from transformer_programs.errors import SettingsError

if find_spec("sklearn") is None:
    raise SettingsError(
        "the estimators need scikit-learn, which is not installed: "
        "pip install 'transformer-programs[sklearn]'"
    )

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
