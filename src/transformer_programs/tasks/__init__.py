"""Tasks by name: the built-in ones and those that users register.

>>> tp.tasks.get("sort").target(("2", "1"))
('1', '2')
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
