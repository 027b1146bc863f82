"""How the gate is fitted: the views it is shown, its network, its limits. `publishing/publish_gate.py` runs it."""
