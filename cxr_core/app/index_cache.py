"""The indexes of opened data sets, shared by all sessions, so that a click does not index the folder again."""

import threading
from collections import OrderedDict
from pathlib import Path

import streamlit as st

from cxr_core.app.account import account, check_data_set
from cxr_core.datasets.index import Index, build_index
from cxr_core.quotas import acting

CACHED_INDEXES = 4
_indexes: OrderedDict[str, Index] = OrderedDict()  # least recently used first
_lock = threading.Lock()


def index_with_progress(source: str) -> Index:
    """The index of a data set, from the cache or built with a progress bar. Raises DataSetError."""
    check_data_set(source)
    with _lock:
        if source in _indexes:
            _indexes.move_to_end(source)
            return _indexes[source]
    slot = st.empty()

    def show(done: int, total: int) -> None:
        if done < total:
            slot.progress(done / total, f"Indexing films: {done:,} of {total:,}")

    try:
        with acting(account()):
            index = build_index(Path(source), show)
    finally:
        slot.empty()
    with _lock:
        _indexes[source] = index
        while len(_indexes) > CACHED_INDEXES:
            _indexes.popitem(last=False)
    return index


def forget_index(source: str) -> None:
    """Remove a data set from the cache; its files are read again on next use."""
    with _lock:
        _indexes.pop(source, None)
