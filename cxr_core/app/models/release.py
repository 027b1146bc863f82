"""The files that a released model has in addition to its card: estimates by fold, known failures, change log."""

import json
import re

import streamlit as st

from cxr_core.app.components.passed_over import show_passed_over
from cxr_core.app.markdown import escape_markdown
from cxr_core.errors import DamagedRecord
from cxr_core.labels import ESTIMATES
from cxr_core.models.registry import Model
from cxr_core.records import Fields, damaged, read_table

FOLD_COLUMNS = {
    "fold": "Fold",
    "epochs": "Epochs",
    "best_epoch": "Best epoch",
    "specificity_at_97": "Specificity at 97% sensitivity",
}


def show_release(model: Model) -> None:
    """Draw those of the files that the model has; a damaged one is passed over."""
    for draw in (_show_folds, _show_known_failures, _show_changes):
        try:
            draw(model)
        except DamagedRecord as error:
            show_passed_over([str(error)])


def _show_folds(model: Model) -> None:
    if not model.folds.exists():
        return
    folds = read_table(model.folds, ("fold",), "the estimates by fold").rename(columns=ESTIMATES | FOLD_COLUMNS)
    with st.expander("Cross-validation by patient", icon=":material/repeat:"):
        st.caption("Five fits with the same recipe, each tested on its held-out fold.")
        st.dataframe(folds, hide_index=True, alt=f"Estimates of five fits with the recipe of {model.name}")


def _show_known_failures(model: Model) -> None:
    file = model.known_failures / "failures.json"
    if not model.known_failures.exists():
        return
    try:
        failures = [Fields(failure) for failure in json.loads(file.read_text(encoding="utf-8"))]
        pictures = [(model.known_failures / one.text("picture"), one.text("said")) for one in failures]
        missing = [picture.name for picture, _ in pictures if not picture.is_file()]
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise damaged(file, "a list of known failures", "it cannot be read") from error
    if missing:
        raise damaged(file, "a list of known failures", f"{missing[0]} is missing")
    with st.expander("Known failures", icon=":material/report:"):
        st.caption("On synthetic films; left the original, right the film on which the model fails.")
        for row in range(0, len(pictures), 2):
            for column, (picture, said) in zip(st.columns(2), pictures[row : row + 2], strict=False):
                column.image(str(picture), caption=escape_markdown(said), alt=said, width="stretch")


def _show_changes(model: Model) -> None:
    if not model.changes.exists():
        return
    try:
        text = model.changes.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(model.changes, "a change log", "it cannot be read") from error
    with st.expander("Change log", icon=":material/history:"):
        st.markdown("\n".join(map(_escaped_line, text.splitlines())))


def _escaped_line(line: str) -> str:
    """A line of the change log: headings and lists stay Markdown, all else is shown as it is."""
    mark, text = re.fullmatch(r"(\s*(?:#+ |[-*] )?)(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
    return mark + escape_markdown(text)
