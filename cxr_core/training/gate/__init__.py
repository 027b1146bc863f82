"""Fitting of the gate: training films, random views, network and limits. See `publishing/publish_gate.py`."""
