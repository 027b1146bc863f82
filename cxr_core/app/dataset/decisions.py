"""What can be done with films of the grid: tag, exclude, relabel, read with the model, export; and undo."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.export_button import export_button
from cxr_core.app.markdown import escape_markdown
from cxr_core.datasets.curation import (
    EXCLUDE,
    INCLUDE,
    LABELS,
    MOST_CHARACTERS,
    RELABEL,
    TAG,
    UNTAG,
    Curation,
    change_films,
    curated,
    undo,
)
from cxr_core.datasets.index import Index
from cxr_core.errors import CXRError
from cxr_core.tables import table_to_csv

AS_GIVEN = "as in the data set"
COLUMNS = ("path", "sha256", "split", "label", "kind", "patient", "source")


def with_decisions(index: Index) -> Index | None:
    """The index as people's decisions change it, said in a caption; None, and a message, if they cannot be read."""
    try:
        decided = curated(index)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return None
    if decided.decisions:
        st.caption(decided.decisions)
    return decided


def show_decisions(
    index: Index, films: pd.DataFrame, chosen: set[str], curation: Curation
) -> tuple[pd.DataFrame, bool]:
    """Draw the actions on the chosen films, or on all that pass the filters if none is chosen.

    films: rows of the index that pass the filters. chosen: paths, which this empties after a decision.
    Returns the rows that the actions are for, and whether the model is to read them.
    """
    rows = index.films[index.films["path"].isin(list(chosen))] if chosen else films
    many = f"{len(rows):,} film{'s' if len(rows) != 1 else ''}"
    with st.popover(f"Decide on {many}", icon=":material/rule:", key=f"decide_{len(curation.changes)}"):
        if not chosen:
            st.caption("No film is chosen: this is for all films that pass the filters.")
        _decide(index, rows, chosen, len(curation.changes))
    read = st.button("Read with the model", icon=":material/radiology:")
    with st.popover("Export", icon=":material/download:"):
        _export(rows, curation)
    if chosen and st.button("Choose none", icon=":material/deselect:"):
        chosen.clear()
        st.rerun()
    if curation.standing:
        last = curation.standing[-1]
        if st.button("Undo", icon=":material/undo:", help=escape_markdown(f"{last.in_words} ({last.when[:10]})")):
            _do(lambda: undo(index), chosen)
    return rows, read


def exported(films: pd.DataFrame, curation: Curation) -> pd.DataFrame:
    """Films as a table: what the data set says, and in columns of their own what people decided."""
    table = films[list(COLUMNS)].reset_index(drop=True)
    shas = table["sha256"]
    excluded, labels = curation.excluded, curation.labels
    table["excluded"] = [excluded.get(sha, "") for sha in shas]
    table["new_label"] = [labels[sha][0] if sha in labels else "" for sha in shas]
    table["new_label_by"] = [labels[sha][1] if sha in labels else "" for sha in shas]
    tags = curation.tags
    table["tags"] = [";".join(tags.get(sha, ())) for sha in shas]
    return table


def _decide(index: Index, rows: pd.DataFrame, chosen: set[str], number: int) -> None:
    """Draw the form of one decision. number: of decisions so far; the next one starts with empty fields."""
    shas = [sha for sha in rows["sha256"] if sha]
    actions = {"Tag": TAG, "Remove tag": UNTAG, "Exclude": EXCLUDE, "Include again": INCLUDE, "Relabel": RELABEL}
    action = actions[st.segmented_control("Decision", list(actions), default="Tag", required=True, key="decision")]
    with st.form("decide", border=False):
        value = ""
        if action in (TAG, UNTAG):
            value = st.text_input("Tag", max_chars=MOST_CHARACTERS, key=f"tag_{number}")
        elif action == EXCLUDE:
            value = st.text_input("Reason", max_chars=MOST_CHARACTERS, placeholder="blurred", key=f"reason_{number}")
        elif action == RELABEL:
            value = st.selectbox("New label", LABELS)
        by = st.text_input("Your name", max_chars=MOST_CHARACTERS, key="decision_by", persist_state="session")
        if action in (EXCLUDE, RELABEL):
            st.caption("The data set is not changed. Training and evaluation use the decision and say so.")
        if st.form_submit_button("Apply", type="primary", icon=":material/check:"):
            _do(lambda: _change(index, action, shas, value, by), chosen)


def _change(index: Index, action: str, shas: list[str], value: str, by: str) -> None:
    change_films(index, action, shas, value, by)
    audit.record(account(), "setting", what="decision on films", decision=action, films=len(shas))


def _export(rows: pd.DataFrame, curation: Curation) -> None:
    export_button(
        "Films as CSV",
        lambda: table_to_csv(exported(rows, curation)).encode(),
        "films.csv",
        "list of films",
        mime="text/csv",
        icon=":material/table:",
    )
    part = st.selectbox("Part, in a split table", [AS_GIVEN, "train", "val", "test"], key="export_part")
    split = rows["split"] if part == AS_GIVEN else part
    table = rows[["path", "sha256"]].assign(split=split)
    table = table[(table["split"] != "") & ~rows["sha256"].isin(list(curation.excluded))]
    export_button(
        "Split table",
        lambda: table.to_csv(index=False).encode(),
        "split.csv",
        "split",
        mime="text/csv",
        icon=":material/call_split:",
        disabled=table.empty,
    )


def _do(action: Callable[[], object], chosen: set[str]) -> None:
    """Take a decision and draw the films again."""
    try:
        action()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    chosen.clear()
    st.rerun()
