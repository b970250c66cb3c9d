"""Commands of the lab: ``baseline``, ``reproduce`` and ``sweep``."""
