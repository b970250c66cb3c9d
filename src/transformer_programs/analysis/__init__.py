"""What can be said of a program: values, closed forms, words, exact attributions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
