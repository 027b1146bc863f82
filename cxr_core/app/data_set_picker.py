"""Controls that open a data set for all pages of a session, or add one to this machine."""

from pathlib import Path

import streamlit as st

from cxr_core.app.account import account, may_open
from cxr_core.app.address import asked_for, write_address
from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.folder_picker import pick_folder
from cxr_core.app.index_cache import forget_index, index_with_progress
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.archives import unpack
from cxr_core.datasets.demo import write_demo_set
from cxr_core.datasets.downloads import PUBLISHED_DATA_SETS, PublishedDataSet, download
from cxr_core.datasets.dropped_archive import store_dropped
from cxr_core.datasets.index import Index
from cxr_core.datasets.recent import damaged_recent_data_sets, data_set_key, recent_data_sets, remember_data_set
from cxr_core.errors import CXRError
from cxr_core.paths import home
from cxr_core.quotas import acting


def choose_data_set() -> Index | None:
    """The index of the session's open data set; with controls that open one, and None, if none is open."""
    source = st.session_state.get("data_folder")
    if not source:
        data_set_controls()
        return None
    try:
        index = index_with_progress(source)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return None
    write_address("set", data_set_key(source))
    return index


def open_data_set_in_words() -> str | None:
    """Name and film count of the open data set; None if none is open."""
    _follow_address()
    source = st.session_state.get("data_folder")
    if not source:
        return None
    known = next((one for one in recent_data_sets() if one.source == source), None)
    name = escape_markdown(known.name if known else Path(source).name)
    return f"{name} · {known.films:,} films" if known else name


def data_set_controls() -> None:
    """Controls that open a data set for this session: a recent one, a folder, the demo set, an upload, a download."""
    try:
        _recent()
        with st.form("data_set", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            typed = st.text_input(
                "Data set folder",
                placeholder="/path/to/chest_xray",
                key="data_set_path",
                help="A folder in the Kaggle layout (train, val and test, each with NORMAL and PNEUMONIA), a .zip of "
                "one, a MedMNIST .npz, or a .csv with path and label.",
            )
            open_clicked = st.form_submit_button("Open", icon=":material/folder_open:")
            demo_clicked = st.form_submit_button("Use the demo set", icon=":material/science:")
        if open_clicked:
            _open(typed.strip())
        if demo_clicked:
            _open(str(write_demo_set(home() / "demo" / "chest_xray")))
        with st.expander("Look through folders", icon=":material/folder:"):
            if picked := pick_folder():
                _open(picked)
        with st.expander("Add a data set to this machine", icon=":material/cloud_download:"):
            _upload()
            _download()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")


def _recent() -> None:
    """The data sets that were opened before, other than the open one."""
    show_passed_over(damaged_recent_data_sets())
    opened = st.session_state.get("data_folder")
    others = {one.key: one for one in recent_data_sets() if one.source != opened and may_open(Path(one.source))}
    if not others:
        return
    chosen = st.selectbox(
        "Recent data sets",
        list(others),
        index=None,
        format_func=lambda key: f"{others[key].name} · {others[key].films:,} films",
        placeholder="Choose one to open it",
        key=f"recent_{data_set_key(st.session_state.get('data_folder', ''))}",
    )
    if chosen:
        _open(others[chosen].source)


def _open(source: str) -> None:
    """Index a data set, make it the session's and draw the page again. Raises CXRError."""
    forget_index(source)
    index = index_with_progress(source)
    remember_data_set(source, index)
    st.session_state.data_folder = source
    st.rerun()


def _follow_address() -> None:
    """Open the data set that the address names, if it was opened on this machine before."""
    known = {one.key: one.source for one in recent_data_sets() if may_open(Path(one.source))}
    if asked := asked_for("set", known, "Data set"):
        st.session_state.data_folder = known[asked]


def _upload() -> None:
    """An uploaded archive is stored under `CXR_HOME`, named by its content, and unpacked."""
    upload = st.file_uploader(
        "Drop a .zip of films or a MedMNIST .npz",
        ["zip", "npz"],
        help="For a large archive, enter its path above instead.",
    )
    if upload and st.session_state.get("dropped") != upload.file_id:
        with acting(account()), st.spinner("Unpacking"):
            folder = unpack(store_dropped(upload.name, upload.getvalue()))
        st.session_state.dropped = upload.file_id
        _open(str(folder))


def _download() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.selectbox("Published data sets", PUBLISHED_DATA_SETS, format_func=_title_and_size, key="published")
        clicked = st.button("Download and open", icon=":material/download:")
    st.caption(
        f"{source.licence}. To download it yourself: [{source.page}]({source.page}); then enter the file's path above."
    )
    if clicked:
        slot = st.empty()

        def show(done: int, total: int) -> None:
            slot.progress(min(1.0, done / max(1, total)), f"{done / 1e6:,.0f} of {total / 1e6:,.0f} MB")

        try:
            with acting(account()):
                archive = download(source, show)
                with st.spinner("Unpacking"):
                    folder = unpack(archive)
        finally:
            slot.empty()
        _open(str(folder))


def _title_and_size(source: PublishedDataSet) -> str:
    size = f"{source.bytes / 1e9:.1f} GB" if source.bytes > 1e9 else f"{source.bytes / 1e6:.0f} MB"
    return f"{source.title} ({size})"
