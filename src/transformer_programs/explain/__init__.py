"""Why a program says what it says: exact sums of its integer weights, no estimates."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
