"""Serves the app with sign-in: `python -m tests.support.sign_in HOME METADATA_URL IDLE_MINUTES PORT`.

Writes `access.toml` for that port and becomes the server. ROLES are the values of the claim `roles`.
"""

import json
import os
import sys
from pathlib import Path

ROLES = {"reader": "radiology", "researcher": "data-science", "administrator": "cxr-admin"}


def write_access(
    home: Path, metadata_url: str, port: str, quotas: str = "", idle_minutes: float = 30, **more: object
) -> None:
    """Write `access.toml` for a server at 127.0.0.1. quotas: lines of that section. more: settings that differ."""
    roles = "\n".join(f'{role} = ["{value}"]' for role, value in ROLES.items())
    (home / "access.toml").touch(0o600)
    settings = {
        "address": f"http://127.0.0.1:{port}",
        "metadata_url": metadata_url,
        "client_id": "cxr",
        "client_secret": "secret",
        "data_roots": [str(home / "films")],
        "idle_minutes": idle_minutes,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in (settings | more).items()]
    (home / "access.toml").write_text("\n".join([*lines, "[roles]", roles, "[quotas]", quotas]))


if __name__ == "__main__":
    folder, metadata, idle, own_port = sys.argv[1:]
    write_access(Path(folder), metadata, own_port, idle_minutes=float(idle))
    run = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    os.execv(sys.executable, [*run, "--server.port", own_port])
