"""What a browser component hands to Streamlit."""

from typing import Any

import pytest
import streamlit as st

from cxr_core.app.components import browser_component


def test_data_are_given_in_a_tuple_for_which_streamlit_imports_no_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(st.components.v2, "component", lambda *_, **__: lambda key, data: given.update(data))
    monkeypatch.setattr(st, "session_state", {})
    data = {"rows": [{"film": "a"}], "strip": {"word": "b"}, "chosen": "a"}
    browser_component.show_component("diagnose/worklist", "k", data)
    assert given["drawn"] == (data,)
    assert not [name for name, value in given.items() if not isinstance(value, tuple | float)]
