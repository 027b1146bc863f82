"""The Ledger tab: the log of test-set accesses on this machine."""

from typing import Any

import pandas as pd
import streamlit as st

from cxr_core.evaluation.evaluation import Evaluation, split_label
from cxr_core.evaluation.test_log import read_test_accesses
from cxr_core.metrics.estimate_text import number
from cxr_core.models.registry import Model
from cxr_core.paths import home


def show_test_log(evaluation: Evaluation, stored: list[Evaluation], models: list[Model]) -> None:
    """Draw every access to a test split, the latest first; systems and films by name where one is known.

    stored: the evaluations that know the names of their systems and films. Raises WorkError if the log is damaged.
    """
    fingerprint = evaluation.record.films_fingerprint
    systems = {one.version: one.name for one in stored} | {model.version: model.name for model in models}
    films = {one.record.films_fingerprint: one.record.data for one in stored}
    rows = [
        {
            "Time (UTC)": access.time.replace("T", " ")[:19],
            "System": _system(access.model_sha256, systems),
            "Films": films.get(access.data_fingerprint, access.data_fingerprint[:10])
            + (" (these)" if access.data_fingerprint == fingerprint else ""),
            "Split": split_label(access.split),
            "AUROC": _auroc(access.figures),
        }
        for access in reversed(read_test_accesses(home()))
    ]
    if not rows:
        st.caption("No test split has been accessed on this machine.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Every access to a test split on this machine", key="ledger")
    st.caption("Every evaluation on a test split is logged: on this page, on the command line and at publishing.")


def _system(sha256: str, names: dict[str, str]) -> str:
    """As in "chest-v2 (3fa2b1)"; the beginning of the sha256 alone for a system that is not here any more."""
    name = next((name for version, name in names.items() if version and sha256.startswith(version)), None)
    return f"{name} ({sha256[:6]})" if name else sha256[:12]


def _auroc(estimates: dict[str, Any]) -> str:
    estimate = estimates.get("auroc")
    return number(estimate[0]) if isinstance(estimate, list) else number((estimate or {}).get("value"))
