"""The Ledger tab: the log of test-set accesses on this machine."""

from typing import Any

import pandas as pd
import streamlit as st

from cxr_core.evaluation.evaluation import Evaluation, split_label
from cxr_core.evaluation.test_log import read_test_accesses
from cxr_core.metrics.estimate_text import number
from cxr_core.paths import home


def show_test_log(evaluation: Evaluation) -> None:
    """Draw every access to a test split, the latest first. Raises WorkError if the log is damaged."""
    fingerprint = evaluation.record.films_fingerprint
    rows = [
        {
            "Time (UTC)": access.time.replace("T", " ")[:19],
            "System": access.model_sha256[:12],
            "Films": "these" if access.data_fingerprint == fingerprint else access.data_fingerprint[:10],
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


def _auroc(estimates: dict[str, Any]) -> str:
    estimate = estimates.get("auroc")
    return number(estimate[0]) if isinstance(estimate, list) else number((estimate or {}).get("value"))
