"""A download button whose download is an entry of the audit log."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.app.account import account

Content = str | bytes


def export_button(label: str, content: Content | Callable[[], Content], file_name: str, what: str, **look: Any) -> None:
    """A download button. what: what is exported, for the audit log, without a name. look: as of `st.download_button`.

    A callable is called at the click, outside of the session; the account is therefore asked for before.
    """
    who = account()
    recorded = content if who.is_local else partial(_recorded, content, what, who)
    st.download_button(label, recorded, file_name, **look)


def _recorded(content: Content | Callable[[], Content], what: str, who: Account) -> Content:
    made = content() if callable(content) else content
    audit.record(who, "export", what=what)
    return made
