"""The ward with real processes."""
