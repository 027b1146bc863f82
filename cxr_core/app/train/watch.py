"""One run on the screen: how far it is, what it says, what can be done with it."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from cxr_core.app.train.learning_curves import learning_curves
from cxr_core.app.train.new_run import duration
from cxr_core.errors import CXRError
from cxr_core.training.curve_remarks import remark
from cxr_core.training.run_actions import delete, kill, rename, resume, stop, weights_h5
from cxr_core.training.runs import LIVE, Run

REFRESH_SECONDS = 1.7  # and 0.25 s from one report of a fit to the next
STATUS: dict[str, tuple[str, Any]] = {
    "starting": (":material/hourglass_top:", "blue"),
    "queued": (":material/schedule:", "gray"),
    "preparing": (":material/hourglass_top:", "blue"),
    "running": (":material/play_circle:", "blue"),
    "stopping": (":material/pending:", "orange"),
    "finished": (":material/check_circle:", "green"),
    "stopped": (":material/stop_circle:", "gray"),
    "failed": (":material/error:", "red"),
    "dead": (":material/error:", "red"),
}


def watch(run: Run) -> None:
    """The run as it stands. The head refreshes while a process is at work; the curves when an epoch has ended."""
    live, epochs = run.live, len(run.history())
    st.fragment(_head, run_every=REFRESH_SECONDS if live else None)(run, live, epochs)
    if epochs:
        history = run.history()
        said = remark(history, ended=not live)
        if said:
            st.warning(said, icon=":material/trending_flat:")
        with st.grid(3, min_column_width=300):
            for name, chart, alt in learning_curves(history, run.state().get("best_epoch")):
                st.plotly_chart(chart, key=f"curve-{name}", width="stretch", alt=alt, config={"displayModeBar": False})
    else:
        st.caption("Curves appear when the first epoch has ended.")


def _head(run: Run, was_live: bool, epochs_drawn: int) -> None:
    state = run.state()
    status = state["status"]
    if was_live != (status in LIVE) or len(run.history()) != epochs_drawn:
        st.rerun()
    icon, colour = STATUS[status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(status, icon=icon, color=colour)
        st.write(state["message"] if status != "stopping" else "Stopping after the batch it is at.")
    if status == "dead":
        st.error(
            "Its process is gone without a word; the last lines of its log are below. Resume goes on from the "
            "last whole epoch.",
            icon=":material/error:",
        )
    st.progress(progress(state), _where(run, state))
    _figures(run, state)
    _buttons(run, status)
    with st.expander("Log", expanded=status in ("dead", "failed"), icon=":material/notes:"):
        st.code("\n".join(run.log_tail()) or "Nothing yet.", language=None, wrap_lines=True)


def progress(state: dict) -> float:
    """Share of the run that is done, 0 to 1."""
    if state["status"] == "finished":
        return 1.0
    within = 1.0 if state.get("validating") else state.get("step", 0) / max(1, state.get("steps", 1))
    return min(1.0, max(0.0, (state["epoch"] - 1 + within) / state["epochs"]))


def time_left(run: Run, state: dict) -> float | None:
    """Seconds left: from the epochs so far, or from the pace within the first; None while there is neither."""
    history = run.history()
    if state["status"] != "running":
        return None
    if len(history):
        an_epoch = history["seconds"].median()
    elif state.get("films_per_second"):
        an_epoch = state["steps"] * run.config()["settings"]["batch"] / state["films_per_second"]
    else:
        return None
    return an_epoch * state["epochs"] * (1 - progress(state))


def _where(run: Run, state: dict) -> str:
    said = f"Epoch {state['epoch']} of {state['epochs']}"
    if state["status"] in ("running", "stopping") and state.get("steps"):
        doing = "validating" if state.get("validating") else f"batch {state.get('step', 0):,} of {state['steps']:,}"
        said += f", {doing}"
    left = time_left(run, state)
    return said if left is None else f"{said}, about {duration(left)} left"


def _figures(run: Run, state: dict) -> None:
    history = run.history()
    latest = dict(history.iloc[-1]) if len(history) else {}
    memory = f"{state['memory'] / 1e9:.1f} GB" if state.get("memory") else "–"
    if state.get("device_memory"):
        memory += f", GPU {state['device_memory'] / 1e9:.1f} GB"
    rate = state.get("learning_rate")
    pace = state.get("films_per_second")
    best = f"Best validation AUC, epoch {state['best_epoch']}" if "best_epoch" in state else "Best validation AUC"
    with st.grid(6, min_column_width=120):
        st.metric("Loss", figure(state.get("loss")))
        st.metric("Accuracy", figure(state.get("accuracy")))
        st.metric("AUC", figure(state.get("auc")))
        st.metric("Validation loss", figure(latest.get("val_loss")))
        st.metric("Validation accuracy", figure(latest.get("val_accuracy")))
        st.metric("Validation AUC", figure(latest.get("val_auc")))
        st.metric(best, figure(state.get("best_val_auc")))
        st.metric("Learning rate", "–" if rate is None else f"{rate:.1e}")
        st.metric("Films a second", "–" if pace is None else f"{pace:,.0f}")
        st.metric("Memory", memory)
    st.caption(
        f"{state.get('device', 'Device not known yet')}; recipe {run.config()['recipe']}"
        + (f", {state['parameters']:,} parameters" if "parameters" in state else "")
        + f"; {run.config()['data']}."
    )


def _buttons(run: Run, status: str) -> None:
    """Callbacks, which come before the script: one that ends early, since an epoch has ended, would drop the click."""
    with st.container(horizontal=True):
        if status in ("running", "preparing", "queued"):
            st.button("Stop", icon=":material/stop:", on_click=_ask, args=(stop, run))
        if status == "stopping":
            told = "Ends the process at once; the last whole epoch stays."
            st.button("Kill", icon=":material/dangerous:", help=told, on_click=_ask, args=(kill, run))
        if status in ("stopped", "failed", "dead"):
            st.button("Resume", icon=":material/play_arrow:", on_click=_ask, args=(resume, run))
    if problem := st.session_state.pop("train_error", None):
        st.error(problem, icon=":material/error:")


def _ask(action: Callable[[Run], None], run: Run) -> None:
    try:
        action(run)
    except CXRError as error:
        st.session_state.train_error = str(error)


def manage(run: Run) -> None:
    """Rename, take along, delete."""
    with st.container(horizontal=True):
        with st.popover("Rename", icon=":material/edit:"), st.form(f"rename-{run.id}", border=False):
            name = st.text_input("Name", run.name)
            if st.form_submit_button("Rename"):
                _do(rename, run, name)
        if len(run.history()):
            st.download_button(
                "History (CSV)",
                (run.folder / "history.csv").read_bytes(),
                f"{run.id}.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
            )
        if (run.folder / "best.keras").exists():
            weights = {
                ".keras": lambda: (run.folder / "best.keras").read_bytes(),
                ".weights.h5": lambda: weights_h5(run),
            }
            for suffix, read in weights.items():
                st.download_button(
                    f"Weights ({suffix})", read, f"{run.id}{suffix}", icon=":material/download:", on_click="ignore"
                )
        if not run.live:
            with st.popover("Delete", icon=":material/delete:"):
                st.write(f"Removes {run.folder} for good. Models published from it stay.")
                if st.button("Delete this run", type="primary"):
                    _do(delete, run)


def figure(value: float | None) -> str:
    """A figure for a tile."""
    return "–" if value is None else f"{value:.3f}"


def _do(action, run: Run, *arguments) -> None:
    try:
        action(run, *arguments)
        st.rerun()
    except CXRError as error:
        st.error(str(error), icon=":material/error:")
