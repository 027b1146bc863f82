"""How long work reports how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the number of items done and the number of all items; may raise to end the work."""
