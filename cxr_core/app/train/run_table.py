"""The table of all runs: search, filter, choose columns, group, tag, compare, delete to the bin."""

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from cxr_core import audit
from cxr_core.app.account import account
from cxr_core.app.components.binned import show_bin
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.compare import MAX_RUNS
from cxr_core.app.train.new_run import label
from cxr_core.bin import KEEP_DAYS, owner_of
from cxr_core.errors import CXRError
from cxr_core.training.run_actions import describe, restore, retire, retired_runs
from cxr_core.training.run_comparison import FIGURES, grouped_runs, run_table, title_of
from cxr_core.training.runs import Run

FIRST = ["Run", "Status", "Started", "Recipe", "Tags"]
OTHERS = [*FIGURES, "Best epoch", "Epochs", "Seconds an epoch", "Data", "Note"]
DEFAULT = [*FIGURES[:2], "Epochs", "Note"]
NO_GROUP = "No grouping"
ROW_PIXELS, MOST_PIXELS = 35, 420


def show_run_table(runs: list[Run]) -> None:
    """Draw the controls, the table, the groups, and what can be done with the runs that are chosen in it."""
    table = run_table(runs)
    settings = [str(name) for name in table if name not in (*FIRST, *OTHERS)]
    differing = [name for name in settings if table[name].astype(str).nunique() > 1]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Search", placeholder="name, recipe, data, note", key="runs_search", width=260)
        with st.popover("Filters, groups, columns", icon=":material/tune:"):
            own = sorted({tag for tags in table["Tags"] for tag in tags})
            tags = st.multiselect("Tags", own, key="runs_tags")
            status = st.multiselect("Status", sorted(set(table["Status"])), key="runs_status")
            by = [NO_GROUP, "Tags", "Recipe", "Data", *settings]
            group = str(st.selectbox("Group by", by, format_func=_title, key="runs_group"))
            columns = st.multiselect(
                "Columns",
                [*OTHERS, *settings],
                default=[*DEFAULT, *differing[:4]],
                format_func=_title,
                key="runs_columns",
            )
    shown = table[_matches(table, text, tags, status)]
    if group != NO_GROUP:
        groups = grouped_runs(shown, group)
        alt = f"{len(groups)} groups of runs by {group}"
        formats = _formats([]) | {group: _title(group)}
        st.dataframe(groups, hide_index=True, placeholder="–", column_config=formats, alt=alt)
        shown = shown.sort_values([group, "Validation AUC"], ascending=[True, False], key=_sortable)
    if shown.empty:
        st.info("No run is left by these filters.", icon=":material/filter_alt:")
        return
    visible = shown[[*FIRST, *([group] if group in settings else []), *(name for name in columns if name != group)]]
    chosen = st.dataframe(
        visible,
        hide_index=True,
        height=min(MOST_PIXELS, ROW_PIXELS * (len(visible) + 1) + 3),
        placeholder="–",
        column_config=_formats(settings),
        on_select="rerun",
        selection_mode="multi-row",
        key=f"run_table_{hash(tuple(shown.index))}",
        alt=f"{len(visible)} runs with their settings and figures",
    )
    ids = [str(shown.index[row]) for row in chosen.selection.rows if row < len(shown)]
    by_id = {run.id: run for run in runs}
    _actions([by_id[name] for name in ids], runs)
    show_deleted_runs()


def _matches(table: pd.DataFrame, text: str, tags: list[str], status: list[str]) -> pd.Series:
    found = pd.Series(True, index=table.index)
    if text.strip():
        searched = table[["Run", "Recipe", "Data", "Note"]].agg(" ".join, axis=1).str.lower() + " " + table.index
        found &= searched.str.contains(text.strip().lower(), regex=False)
    if tags:
        found &= table["Tags"].map(lambda own: set(tags) <= set(own))
    return found & table["Status"].isin(status) if status else found


def _sortable(column: pd.Series) -> pd.Series:
    return column.map(str) if column.dtype == object else column


def _title(column: str) -> str:
    """The heading of a column; a setting that is called like a figure says that it is one."""
    shown = (NO_GROUP, *FIRST, *OTHERS)
    return column if column in shown else f"{label(column)} (setting)" if label(column) in shown else label(column)


def _formats(settings: list[str]) -> dict[str, Any]:
    places = dict.fromkeys([*FIGURES, "Best", "Median", "Lowest"], st.column_config.NumberColumn(format="%.3f"))
    titles = {name: _title(name) for name in settings}
    return titles | places | {"Tags": st.column_config.ListColumn(), "Run": st.column_config.TextColumn(pinned=True)}


def _actions(chosen: list[Run], runs: list[Run]) -> None:
    """Draw what can be done with the chosen runs, of all runs."""
    if not chosen:
        st.caption("Choose runs in the first column to open, compare, tag or delete them.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(chosen)} chosen**", width="content")
        if len(chosen) == 1:
            st.button("Open", icon=":material/open_in_new:", on_click=_open, args=(chosen[0],))
        else:
            too_many = f"At most {MAX_RUNS} runs are compared." if len(chosen) > MAX_RUNS else None
            st.button(
                "Compare",
                icon=":material/compare:",
                on_click=_compare,
                args=(chosen, runs),
                disabled=bool(too_many),
                help=too_many,
            )
        with st.popover("Tags and note", icon=":material/sell:"):
            _describe(chosen)
        deletable = [run for run in chosen if not run.live and account().may_delete(owner_of(run.folder))]
        with st.popover("Delete", icon=":material/delete:", disabled=len(deletable) < len(chosen)):
            st.write(f"They stay in the bin for {KEEP_DAYS} days. Models published from them stay.")
            if st.button("Delete the chosen runs", type="primary"):  # a client may press what is disabled
                _do(partial(_retire, chosen))
    if len(deletable) < len(chosen):
        st.caption("A run that is running, or is another person's, cannot be deleted.")


def _describe(chosen: list[Run]) -> None:
    """One run: its tags and note. Several: tags that are added to all, and tags that are removed."""
    own = [set(run.notes().tags) for run in chosen]
    key = "-".join(run.id for run in chosen)
    with st.form(f"describe-{hash(key)}", border=False):
        note = None
        if len(chosen) == 1:
            tags = st.text_input("Tags, separated by commas", ", ".join(sorted(own[0])))
            note = st.text_area("Note", chosen[0].notes().note, max_chars=2000)
            removed = own[0]
        else:
            tags = st.text_input("Add tags, separated by commas")
            removed = set(st.multiselect("Remove tags", sorted(set().union(*own))))
        if st.form_submit_button("Save", icon=":material/save:"):
            added = {tag.strip() for tag in tags.split(",") if tag.strip()}
            _do(partial(_save, list(zip(chosen, own, strict=True)), added, removed, note))


def _save(runs: list[tuple[Run, set[str]]], added: set[str], removed: set[str], note: str | None) -> None:
    for run, own in runs:
        describe(run, (own - removed) | added, note)
        audit.record(account(), "setting", what="tags and note of a run", run=run.id)


def _retire(runs: list[Run]) -> None:
    for run in runs:
        retire(run, account())
        audit.record(account(), "delete", run=run.id)


def _open(run: Run) -> None:
    st.session_state.run, st.session_state.train_go_to = run.id, "Runs"


def _compare(chosen: list[Run], runs: list[Run]) -> None:
    st.session_state.compare_runs = [title_of(run, runs) for run in chosen]
    st.session_state.train_go_to = "Compare"


def show_deleted_runs() -> None:
    """Draw the runs in the bin that the account may bring back, each with the way back."""
    show_bin(retired_runs(account()), _bring_back)


def _bring_back(run_id: str) -> None:
    restore(run_id)
    audit.record(account(), "setting", what="a run brought back", run=run_id)


def _do(action: partial[None]) -> None:
    """Run an action and draw the page again; an error is shown in place."""
    try:
        action()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    st.rerun()
