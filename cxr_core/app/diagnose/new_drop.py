"""Which films were dropped last: the page goes to the first of them, and to no other film until they are read.

The most urgent film of a drop is on screen while the drop is being read. A step or a pick by the reader ends that: from
then on the page stays where the reader is.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape as escaped

import streamlit as st

from cxr_core.app.diagnose.dropped_files import DroppedFile


def announce(keys: Iterable[str]) -> None:
    """Files with these keys were dropped: the upload area is folded away, and no verdict is filtered out."""
    state = st.session_state
    state.new_drop = frozenset(keys)
    state.dropping, state.wanted = False, []


def end_of_new_drop() -> None:
    """The page stays where it is from now on."""
    st.session_state.new_drop = frozenset()


def is_new(key: str) -> bool:
    """Whether a file, or the zip that holds it, was dropped last and is still being read."""
    new = st.session_state.get("new_drop", ())
    return key in new or key.partition("/")[0] in new


def awaited(files: Sequence[DroppedFile], results: Mapping[str, object], readable: Iterable[str]) -> bool:
    """Draw what is awaited, and return True, while no film of the last drop has been read.

    files: of the session. results: by file key, of files that were read or refused. readable: keys of those read.
    """
    new = [file for file in files if is_new(file.key)]
    if not st.session_state.get("new_drop") or any(is_new(key) for key in readable):
        return False
    waiting = [file.name for file in new if file.key not in results]
    if waiting:
        more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        _banner("Reading", f"{waiting[0]}{more}")
        return True
    _banner("Not read", new[0].name if len(new) == 1 else "None of the files that were dropped last could be read.")
    if results:
        st.button("Back to the films before", icon=":material/arrow_back:", on_click=end_of_new_drop)
    return True


def _banner(word: str, text: str) -> None:
    st.html(
        '<div class="verdict hidden" data-testid="awaited" role="status"><span class="sign" aria-hidden="true">◌</span>'
        f'<span class="result"><span class="word">{word}</span><span class="words">{escaped(text)}</span></span></div>'
    )
