"""Estimators with the interface of scikit-learn (``docs/scikit-learn.md``).

They need the extra ``sklearn``; importing this package without it is an error.
"""

from importlib.util import find_spec

from transformer_programs.errors import SettingsError

if find_spec("sklearn") is None:
    raise SettingsError(
        "the estimators need scikit-learn, which is not installed: "
        "pip install 'transformer-programs[sklearn]'"
    )
