"""A Ray cluster of real processes on this machine."""
