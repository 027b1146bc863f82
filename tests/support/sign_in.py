"""Serves the app with sign-in: `python -m tests.support.sign_in HOME METADATA_URL PORT`.

Writes `access.toml` for that port and becomes the server. ROLES are the values of the claim `roles`.
"""

import os
import sys
from pathlib import Path

ROLES = {"reader": "radiology", "researcher": "data-science", "administrator": "cxr-admin"}


def write_access(home: Path, metadata_url: str, port: str) -> None:
    """Write `access.toml` for a server at 127.0.0.1."""
    roles = "\n".join(f'{role} = ["{value}"]' for role, value in ROLES.items())
    (home / "access.toml").touch(0o600)
    (home / "access.toml").write_text(
        f'address = "http://127.0.0.1:{port}"\nmetadata_url = "{metadata_url}"\nclient_id = "cxr"\n'
        f'client_secret = "secret"\ndata_roots = ["{home / "films"}"]\n[roles]\n{roles}\n'
    )


if __name__ == "__main__":
    folder, metadata, own_port = sys.argv[1:]
    write_access(Path(folder), metadata, own_port)
    run = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    os.execv(sys.executable, [*run, "--server.port", own_port])
