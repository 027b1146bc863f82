"""The parts of a page that we draw in the browser ourselves, through Streamlit's components."""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import streamlit as st

APP = Path(__file__).parent.parent


def show_component(name: str, key: str, data: dict[str, Any], **on_change: Any) -> Any:
    """Draw NAME.html with NAME.css by the function `draw` of NAME.js; NAME is a path in `cxr_core/app/`.

    Returns what the browser answers. `component.js` keeps to the newest data, which it tells by `since`, in seconds.
    """
    html, css, script = source(name)
    digest = hashlib.sha256(json.dumps(data).encode()).digest()
    last, since = st.session_state.get(f"{key}_drawn", (b"", 0.0))
    if digest != last:
        since = max(time.time(), since + 0.001)
        st.session_state[f"{key}_drawn"] = digest, since
    component = st.components.v2.component(f"cxr_{Path(name).name}", html=html, css=css, js=script)
    return component(key=key, data=data | {"since": since}, **on_change)


def source(name: str) -> tuple[str, str, str]:
    """HTML, CSS and script of a part."""
    html, css, script, last = (
        (APP / file).read_text() for file in (f"{name}.html", f"{name}.css", f"{name}.js", "components/browser_component.js")
    )
    return html, css, script + last
