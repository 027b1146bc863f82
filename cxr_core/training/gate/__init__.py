"""How the gate is fitted: the views it is shown, its network, its limits. `tools/fit_gate.py` runs it."""
