"""The bin of a page: what was deleted, and the way back."""

from collections.abc import Callable, Mapping

import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import CXRError


def show_bin(binned: Mapping[str, str], bring_back: Callable[[str], object]) -> None:
    """Draw what is in the bin, with a button that brings it back; nothing if it is empty. binned: titles by names."""
    if not binned:
        return
    with st.expander(f"Bin ({len(binned)})", icon=":material/delete:"):
        for name, title in binned.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(escape_markdown(title), width="content")
                if st.button("Bring back", icon=":material/undo:", key=f"restore_{name}"):
                    try:
                        bring_back(name)
                    except CXRError as error:
                        st.error(escape_markdown(str(error)), icon=":material/error:")
                    else:
                        st.rerun()
