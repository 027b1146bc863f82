"""A caught surprise in the log: its type, its frames and a number, never its message, which may hold a name."""

import logging
import secrets
import traceback


def log_surprise(log: logging.Logger, error: BaseException) -> str:
    """Log an unexpected error; returns the number that a message to people may quote."""
    number = secrets.token_hex(4)
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    log.error("Error %s: %s at %s", number, type(error).__name__, where)
    return number
