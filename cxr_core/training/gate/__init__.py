"""How the gate is fitted: the views it is shown, its network, its limits. `publishing/gate.py` runs it."""
