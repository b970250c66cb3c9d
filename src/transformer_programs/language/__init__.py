"""What a program is and what it means. Nothing here needs more than numpy."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
