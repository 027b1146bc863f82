"""Which films were dropped last: the page goes to the first of them, and to no other film until they are read.

The most urgent film of a drop is on screen while the drop is being read. A step or a pick by the reader ends that: from
then on the page stays where the reader is.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape as escaped

import streamlit as st

from cxr_core.app.diagnose.dropped_files import DroppedFile
from cxr_core.app.diagnose.language import translated as _


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
        more = _("{file} and {more} more", file=waiting[0], more=len(waiting) - 1)
        _banner(_("Reading"), more if len(waiting) > 1 else waiting[0])
        return True
    none_read = _("None of the files that were dropped last could be read.")
    _banner(_("Not read"), new[0].name if len(new) == 1 else none_read)
    if results:
        st.button(_("Back to the films before"), icon=":material/arrow_back:", on_click=end_of_new_drop)
    return True


def _banner(word: str, text: str) -> None:
    st.html(
        '<div class="verdict hidden" data-testid="awaited" role="status"><span class="sign" aria-hidden="true">◌</span>'
        f'<span class="result"><span class="word">{escaped(word)}</span>'
        f'<span class="words">{escaped(text)}</span></span></div>'
    )
