"""The deletion of an evaluation, below its report, and the bin; for its owner or an administrator."""

from collections.abc import Sequence

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.components.binned import show_bin
from cxr_core.app.markdown import escape_markdown
from cxr_core.bin import KEEP_DAYS
from cxr_core.errors import CXRError
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.owners import binned, bring_back, delete, may_delete
from cxr_core.models.registry import Model


def offer_deletion(evaluation: Evaluation, model: Model | None) -> None:
    """A button that moves the evaluation to the bin; nothing for who may not, or for one that came with the app."""
    if not may_delete(evaluation, model, account()):
        return
    with st.popover("Delete", icon=":material/delete:", key=f"delete_{evaluation.id}"):
        st.write(f"It stays in the bin for {KEEP_DAYS} days. The ledger keeps its entry.")
        if st.button("Delete this evaluation", type="primary"):
            try:
                delete(evaluation, model, account())
            except CXRError as error:
                st.error(escape_markdown(str(error)), icon=":material/error:")
            else:
                st.rerun()


def show_deleted(models: Sequence[Model]) -> None:
    """Draw the bin of evaluations; nothing if there is none that the account may bring back."""
    who = account()
    show_bin(binned(who), lambda name: bring_back(name, models, who))
