"""Relaxed and hardened models: the only place that defines torch modules."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
