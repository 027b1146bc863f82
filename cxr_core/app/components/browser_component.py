"""Custom components: parts of a page that are drawn in the browser by our own HTML, CSS and JavaScript."""

import hashlib
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

APP = Path(__file__).parent.parent


def show_component(
    name: str,
    key: str,
    data: dict[str, Any],
    scripts: tuple[str, ...] = (),
    language: str = "en",
    words: Callable[[str], str] = str,
    **on_change: Any,
) -> Any:
    """Draw NAME.html and NAME.css with the function `draw` of NAME.js.

    name: NAME, a path below `cxr_core/app/`. key: of the component in the session state. data: JSON-ready, for `draw`.
    scripts: further scripts, without `.js`, that NAME.js uses. words: the HTML in `language`.
    on_change: callbacks, `on_NAME_change`.
    Returns the values that the browser has set.
    `browser_component.js` ignores data older than the newest; their age is in `since`, in seconds.
    """
    html, css, script = source(name, scripts)
    digest = hashlib.sha256(json.dumps(data).encode()).digest()
    last, since = st.session_state.get(f"{key}_drawn", (b"", 0.0))
    if digest != last:
        since = max(time.time(), since + 0.001)
        st.session_state[f"{key}_drawn"] = digest, since
    component = st.components.v2.component(f"cxr_{Path(name).name}_{language}", html=words(html), css=css, js=script)
    # Streamlit imports pandas and PyArrow (80 MB) to see whether a list or an object is a table; of a tuple it knows.
    return component(key=key, data={"drawn": (data,), "since": since}, **on_change)


@cache
def source(name: str, scripts: tuple[str, ...] = ()) -> tuple[str, str, str]:
    """HTML, CSS and script of a component."""
    html, css = ((APP / f"{name}.{kind}").read_text() for kind in ("html", "css"))
    return (
        html,
        css,
        "".join((APP / f"{file}.js").read_text() for file in (*scripts, name, "components/browser_component")),
    )
