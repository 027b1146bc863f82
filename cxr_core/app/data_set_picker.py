"""The data set in use, chosen once for all pages of a session."""

import hashlib
import re
import threading
from collections import OrderedDict
from pathlib import Path

import streamlit as st

from cxr_core.datasets.archives import unpack
from cxr_core.datasets.demo import write_demo_set
from cxr_core.datasets.downloads import SOURCES, Source, fetch
from cxr_core.datasets.index import Index, build_index
from cxr_core.datasets.split import saved_splits
from cxr_core.errors import CXRError
from cxr_core.paths import home

KEPT_INDEXES = 4
_indexes: OrderedDict[str, Index] = OrderedDict()  # shared by all sessions, so that a click does not walk the folder
_lock = threading.Lock()


def choose_data_set() -> Index | None:
    """Controls that choose a data set, shared by the pages; returns its index, or None until there is one."""
    with st.form("data_set", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Data set folder",
            value=st.session_state.get("data_folder", ""),
            placeholder="/path/to/chest_xray",
            help="A folder in the Kaggle layout (train, val and test, each with NORMAL and PNEUMONIA), a .zip of one, "
            "a MedMNIST .npz, or a .csv with path and label.",
        )
        opened = st.form_submit_button("Open", icon=":material/folder_open:")
        demo = st.form_submit_button("Use the demo set", icon=":material/science:")
    try:
        if demo:
            _use(str(write_demo_set(home() / "demo" / "chest_xray")))
            st.rerun()
        if opened:
            _use(typed.strip())
        source = st.session_state.get("data_folder")
        return index_with_progress(source) if source else None
    except CXRError as error:
        st.error(as_written(str(error)), icon=":material/error:")
        return None


def bring_data_set() -> None:
    """Controls that bring a data set to this machine: an archive dropped here, or a published one fetched."""
    with st.expander("Bring a data set to this machine", icon=":material/cloud_download:"):
        try:
            _drop()
            _fetch()
        except CXRError as error:
            st.error(as_written(str(error)), icon=":material/error:")


def choose_split(index: Index) -> Path | None:
    """A saved split of these films, chosen by the user; None for the default."""
    saved = saved_splits(index)
    if not saved:
        st.caption("Make and save a split on the Dataset page to use it here.")
        return None
    return st.selectbox(
        "Split",
        [None, *saved],
        format_func=lambda file: file.stem if file else "By patient, made anew",
        key=f"split_of_{index.fingerprint[:16]}",
    )


def index_with_progress(source: str) -> Index:
    """The index of a data set, made with a progress bar or kept from before. Raises DataSetError."""
    with _lock:
        if source in _indexes:
            _indexes.move_to_end(source)
            return _indexes[source]
    slot = st.empty()

    def show(done: int, total: int) -> None:
        if done < total:
            slot.progress(done / total, f"Looking through the films: {done:,} of {total:,}")

    try:
        index = build_index(Path(source), show)
    finally:
        slot.empty()
    with _lock:
        _indexes[source] = index
        while len(_indexes) > KEPT_INDEXES:
            _indexes.popitem(last=False)
    return index


def forget(source: str) -> None:
    """Makes the next use of a data set look at its files again."""
    with _lock:
        _indexes.pop(source, None)


def as_written(text: str) -> str:
    """Markdown that shows a file's name, or a sentence with one in it, as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split("\n")))


def _use(source: str) -> None:
    st.session_state.data_folder = source
    forget(source)


def _drop() -> None:
    """An archive dropped here is kept under `CXR_HOME` by its content, and unpacked."""
    dropped = st.file_uploader(
        "Drop a .zip of films or a MedMNIST .npz", ["zip", "npz"], help="A larger one is better opened by its path."
    )
    if dropped and st.session_state.get("dropped") != dropped.file_id:
        data = dropped.getvalue()
        name = Path(dropped.name)
        archive = home() / "downloads" / f"{name.stem}-{hashlib.sha256(data).hexdigest()[:12]}{name.suffix.lower()}"
        if not archive.exists():
            archive.parent.mkdir(parents=True, exist_ok=True)
            archive.write_bytes(data)
        with st.spinner("Unpacking"):
            folder = unpack(archive)
        st.session_state.dropped = dropped.file_id
        _use(str(folder))
        st.rerun()


def _fetch() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.selectbox("Published data sets", SOURCES, format_func=_named, key="published")
        wanted = st.button("Download and open", icon=":material/download:")
    st.caption(f"{source.licence}. By hand: [{source.page}]({source.page}), then open the file by its path.")
    if wanted:
        slot = st.empty()

        def show(done: int, total: int) -> None:
            slot.progress(min(1.0, done / max(1, total)), f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

        try:
            archive = fetch(source, show)
            with st.spinner("Unpacking"):
                folder = unpack(archive)
        finally:
            slot.empty()
        _use(str(folder))
        st.rerun()


def _named(source: Source) -> str:
    size = f"{source.bytes / 1e9:.1f} GB" if source.bytes > 1e9 else f"{source.bytes / 1e6:.0f} MB"
    return f"{source.title} ({size})"
