"""Storage: how much of the quotas is used, and what uses it, to be deleted; an administrator sees everyone's."""

import streamlit as st

from cxr_core import audit
from cxr_core.access import ADMINISTRATOR
from cxr_core.app.account import account, settings
from cxr_core.app.index_cache import forget_index
from cxr_core.app.markdown import escape_markdown
from cxr_core.bin import KEEP_DAYS
from cxr_core.errors import CXRError
from cxr_core.quotas import GIGABYTE, WORDS, Stored, bytes_in_words, delete_for_good, stored


def show_storage() -> None:
    """Draw the use of the disk, folded; its files are counted when it is unfolded."""
    storage = st.expander("Storage", icon=":material/hard_drive:", on_change="rerun", key="storage")
    if storage.open:
        with storage:
            _show()


def _show() -> None:
    who = account()
    all_stored = {kind: stored(kind) for kind in WORDS}
    for kind, found in all_stored.items():
        _show_use(kind, found)
    of_others = who.role == ADMINISTRATOR
    shown = [one for found in all_stored.values() for one in found if of_others or one.owner == who.id]
    if message := st.session_state.pop("storage_done", None):
        st.success(escape_markdown(message), icon=":material/check_circle:")
    st.caption(
        f"A run is deleted on the Train page; it then stays in the bin for {KEEP_DAYS} days, or until it is deleted "
        "here."
    )
    by_key = {str(one.place): one for one in shown if one.kind != "runs" or one.in_bin}
    if not by_key:
        return
    chosen = st.multiselect(
        "What is no longer needed",
        list(by_key),
        format_func={key: _in_words(one) for key, one in by_key.items()}.__getitem__,
        placeholder="Choose archives and deleted runs",
        key="storage_chosen",
    )
    if chosen and st.button(f"Delete for good ({bytes_in_words(sum(by_key[key].bytes for key in chosen))})"):
        _delete([by_key[key] for key in chosen])


def _show_use(kind: str, found: list[Stored]) -> None:
    """How much a kind takes: of the account, and to an administrator of all accounts; without sign-in as it is."""
    who, access = account(), settings()
    total = sum(one.bytes for one in found)
    if access is None:
        st.caption(f"{WORDS[kind].capitalize()}: {bytes_in_words(total)}")
        return
    own_limit, limit_of_all = access.quotas[kind]
    _bar(f"Your {WORDS[kind]}", sum(one.bytes for one in found if one.owner == who.id), own_limit)
    if who.role == ADMINISTRATOR:
        _bar(f"{WORDS[kind].capitalize()} of all accounts", total, limit_of_all)


def _bar(what: str, used: int, gigabytes: float) -> None:
    most = gigabytes * GIGABYTE
    st.progress(min(1.0, used / most) if most else 1.0, f"{what}: {bytes_in_words(used)} of {bytes_in_words(most)}")


def _in_words(one: Stored) -> str:
    whose = f" · account {one.owner or 'none'}" if one.owner != account().id else ""
    state = " in the bin" if one.in_bin else ""
    return f"{one.name} · {WORDS[one.kind].removesuffix('s')}{state} · {bytes_in_words(one.bytes)}{whose}"


def _delete(chosen: list[Stored]) -> None:
    deleted = 0
    for one in chosen:
        try:
            delete_for_good(one, account())
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return
        deleted += one.bytes
        audit.record(account(), "delete", what=WORDS[one.kind], bytes=one.bytes)
        forget_index(str(one.place))
        if st.session_state.get("data_folder") == str(one.place):
            del st.session_state.data_folder
    st.session_state.storage_done = f"{bytes_in_words(deleted)} were deleted."
    st.rerun()
