"""What can be done with a model: make it the default, rename, retire, export; import one, bring one back."""

from collections.abc import Callable

import streamlit as st

from cxr_core import audit
from cxr_core.access import ADMINISTRATOR
from cxr_core.app.account import account
from cxr_core.app.components.binned import show_bin
from cxr_core.app.components.export_button import export_button
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.models.conversion import convert
from cxr_core.bin import KEEP_DAYS, owner_of, set_owner
from cxr_core.errors import CXRError
from cxr_core.models.exchange import UnknownKey, export_model, import_model
from cxr_core.models.manage import rename, restore, retire, retired_models, set_default
from cxr_core.models.registry import Model
from cxr_core.paths import RELEASED_MODELS


def show_actions(model: Model) -> None:
    """Draw the actions on a model, in a popover."""
    with st.popover("Manage", icon=":material/settings:", width="content"):
        may_choose = not model.default and account().role == ADMINISTRATOR
        if may_choose and st.button("Make it the default", icon=":material/verified:", key=f"d_{model.name}"):
            _do(lambda: _make_default(model), "It now reads wherever no other model is chosen.")
        _export(model)
        if model.folder.parent == RELEASED_MODELS:
            st.caption("It came with the app: it cannot be renamed, converted or retired.")
            return
        if not account().may_delete(owner_of(model.folder)):
            st.caption("Who published it, or an administrator, can rename, convert or retire it.")
            return
        with st.form(f"rename_{model.name}", border=False):
            name = st.text_input("New name", model.name, max_chars=64)
            if st.form_submit_button("Rename", icon=":material/edit:") and name.strip() != model.name:
                _do(lambda: _renamed(model, name.strip()), f"It is now called {name.strip()}.")
        if model.converted and st.button("Convert again", icon=":material/sync:", key=f"c_{model.name}"):
            _do(lambda: convert(model), f"{model.name} is being converted.")
        st.caption(f"A retired model reads no more films. It can be brought back from the bin for {KEEP_DAYS} days.")
        if st.button("Retire", icon=":material/delete:", key=f"r_{model.name}"):
            _do(lambda: _retire(model), f"{model.name} is in the bin.")


def _make_default(model: Model) -> None:
    set_default(model)
    audit.record(account(), "setting", default_model=model.name, version=model.version)


def _retire(model: Model) -> None:
    retire(model)
    audit.record(account(), "delete", model=model.name, version=model.version)


def _bring_back(name: str) -> None:
    restore(name)
    audit.record(account(), "setting", what="model brought back", model=name)
    st.session_state.models_done = f"{name} is back."


def show_import() -> None:
    """Draw the import of a model from a file, and the bin."""
    with st.expander("Import a model", icon=":material/upload:"):
        upload = st.file_uploader("A model that was exported here or elsewhere", ["zip"], key="model_archive")
        name = st.text_input("Name here", placeholder="as it was exported", max_chars=64, key="model_archive_name")
        if upload:
            _import(upload.getvalue(), name.strip() or None)
    show_bin({name: name for name, owner in retired_models().items() if account().may_delete(owner)}, _bring_back)


def show_done() -> None:
    """Draw the message on the action that drew the page again."""
    if message := st.session_state.pop("models_done", None):
        st.success(escape_markdown(message), icon=":material/check_circle:")


def _export(model: Model) -> None:
    ready = st.session_state.get("exported")
    if not ready or ready[0] != (model.name, model.version):
        if not st.button("Export", icon=":material/archive:", key=f"e_{model.name}"):
            return
        try:
            with st.spinner("Packing and signing"):
                ready = st.session_state.exported = (model.name, model.version), export_model(model)
        except CXRError as error:
            st.error(escape_markdown(str(error)), icon=":material/error:")
            return
    export_button(
        f"Download {escape_markdown(model.name)}.zip",
        ready[1],
        f"{model.name}.zip",
        "model",
        mime="application/zip",
        icon=":material/download:",
        key=f"zip_{model.name}",
    )
    st.caption("Signed with this machine's key. Tables of films and patients are not in it.")


def _import(archive: bytes, name: str | None) -> None:
    """Import at a click; a key that is not known is shown with its confirmation first."""
    confirmed = st.session_state.get("model_key", "")
    clicked = st.button("Import", type="primary", icon=":material/upload:")
    if not clicked and not confirmed:
        return
    try:
        with st.spinner("Checking signature and files"):
            model = import_model(archive, name, confirmed)
            if not account().is_local:
                set_owner(model.folder, account().id)
            audit.record(account(), "publish", what="import", model=model.name, version=model.version)
    except UnknownKey as error:
        st.warning(
            f"This model is signed with the key **{error.fingerprint}**, which nobody on this machine has confirmed. "
            "Ask its publisher for the key by another way, such as the telephone, and compare. "
            + escape_markdown(error.damage),
            icon=":material/key:",
        )
        st.button("The key is right: trust it and import", on_click=_confirm, args=(error.fingerprint,))
        return
    except CXRError as error:
        st.session_state.pop("model_key", None)
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    st.session_state.pop("model_key", None)
    st.session_state.models_done = f"{model.name} is imported."
    st.rerun()


def _confirm(fingerprint: str) -> None:
    st.session_state.model_key = fingerprint


def _renamed(model: Model, name: str) -> None:
    st.session_state.show_model = rename(model, name).name
    audit.record(account(), "setting", what="name of a model", model=name, version=model.version)


def _do(action: Callable[[], object], message: str) -> None:
    """Run an action and draw the page again with a message; an error is shown in place."""
    try:
        action()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    st.session_state.models_done = message
    st.rerun()
