"""One run while it trains: progress, metrics, log, learning curves; stop, kill and resume."""

from collections.abc import Callable

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.components.jobs import STATUS
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.duration import duration_text
from cxr_core.app.train.learning_curves import learning_curves
from cxr_core.app.train.run_settings import show_settings
from cxr_core.bin import owner_of
from cxr_core.errors import CXRError
from cxr_core.jobs.job import LIVE
from cxr_core.metrics.estimate_text import number
from cxr_core.quotas import acting
from cxr_core.training.batch_history import batch_history
from cxr_core.training.curve_remarks import constant_answer_remark, remark
from cxr_core.training.run_actions import check_owner, kill, resume, stop
from cxr_core.training.run_records import RunState
from cxr_core.training.runs import Run

CURVES_SECONDS = 5.0
REFRESH_SECONDS = 1.7  # a fit updates its state every 0.25 s, so what is shown is at most 2 s old


def watch_run(run: Run) -> None:
    """Draw the run. While it trains, progress, metrics and curves refresh regularly."""
    live, epochs = run.live, len(run.history())
    st.fragment(_progress_and_metrics, run_every=REFRESH_SECONDS if live else None)(run, live, epochs)
    st.fragment(_curves, run_every=CURVES_SECONDS if live else None)(run)
    show_settings(run)


def _curves(run: Run) -> None:
    state, history, batches = run.state(), run.history(), batch_history(run)
    remarks = (remark(history, ended=not state.live), constant_answer_remark(history, state.val_pneumonia))
    for message in filter(None, remarks):
        st.warning(escape_markdown(message), icon=":material/trending_flat:")
    if history.empty and batches.empty:
        st.caption("Curves appear with the first batch.")
        return
    with st.grid(3, min_column_width=300):
        for name, chart, alt in learning_curves(history, batches, state.best_epoch):
            st.plotly_chart(chart, key=f"curve-{name}", width="stretch", alt=alt, config={"displayModeBar": False})


def _progress_and_metrics(run: Run, was_live: bool, epochs_drawn: int) -> None:
    state = run.state()
    status = state.status
    if was_live != (status in LIVE) or len(run.history()) != epochs_drawn:
        st.rerun()
    icon, colour = STATUS[status]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(status, icon=icon, color=colour)
        if status != "dead":  # the message below says more
            st.write(escape_markdown(state.message) if status != "stopping" else "Stopping after the current batch.")
    if status == "dead":
        st.error(
            f"{escape_markdown(state.message)} The last lines of its log are below. "
            "Resume continues from the last complete epoch.",
            icon=":material/error:",
        )
    st.progress(progress(state), _progress_text(run, state))
    _metrics(run, state)
    _buttons(run, status)
    with st.expander("Log", expanded=status in ("dead", "failed"), icon=":material/notes:"):
        st.code("\n".join(run.log_tail()) or "Empty.", language=None, wrap_lines=True)


def progress(state: RunState) -> float:
    """Share of the run's batches and epochs that is done, 0 to 1."""
    if state.status == "finished":
        return 1.0
    within = 1.0 if state.validating else state.step / max(1, state.steps)
    return min(1.0, max(0.0, (state.epoch - 1 + within) / max(1, state.epochs)))


def time_left(run: Run, state: RunState) -> float | None:
    """Seconds left, from the median time of an epoch or the speed within the first; None while neither is known."""
    history = run.history()
    if state.status != "running":
        return None
    if len(history):
        epoch_seconds = float(history["seconds"].median())
    elif state.films_per_second:
        epoch_seconds = state.steps * run.config().parsed.batch / state.films_per_second
    else:
        return None
    return epoch_seconds * state.epochs * (1 - progress(state))


def _progress_text(run: Run, state: RunState) -> str:
    text = f"Epoch {state.epoch} of {state.epochs}"
    if state.status in ("running", "stopping") and state.steps:
        phase = "compiling" if state.compiling else "validating" if state.validating else ""
        phase = phase or f"batch {state.step:,} of {state.steps:,}"
        text += f", {phase}"
    left = time_left(run, state)
    return text if left is None else f"{text}, about {duration_text(left)} left"


def _metrics(run: Run, state: RunState) -> None:
    history, config = run.history(), run.config()
    latest = dict(history.iloc[-1]) if len(history) else {}
    memory = f"{state.memory / 1e9:.1f} GB" if state.memory else "–"
    if state.device_memory:
        memory += f", GPU {state.device_memory / 1e9:.1f} GB"
    rate, speed = state.learning_rate, state.films_per_second
    best = f"Best validation AUC, epoch {state.best_epoch}" if state.best_epoch else "Best validation AUC"
    with st.grid(6, min_column_width=120):
        st.metric("Loss", number(state.loss))
        st.metric("Accuracy", number(state.accuracy))
        st.metric("AUC", number(state.auc))
        st.metric("Validation loss", number(latest.get("val_loss")))
        st.metric("Validation accuracy", number(latest.get("val_accuracy")))
        st.metric("Validation AUC", number(latest.get("val_auc")))
        st.metric(best, number(state.best_val_auc))
        st.metric("Learning rate", "–" if rate is None else f"{rate:.1e}")
        st.metric("Films a second", "–" if speed is None else f"{speed:,.0f}")
        st.metric("Memory", memory)
    sources = [config.data] if isinstance(config.data, str) else config.data
    st.caption(
        f"{escape_markdown(state.device or 'Device not known yet')}; recipe {escape_markdown(config.recipe)}"
        + (f", {state.parameters:,} parameters" if state.parameters else "")
        + f"; {escape_markdown(' + '.join(sources))}."
    )


def _buttons(run: Run, status: str) -> None:
    """Draw the buttons. Callbacks run before the script, so a click counts even if an epoch's end reruns the script."""
    if account().may_delete(owner_of(run.folder)):
        _draw_buttons(run, status)
    if message := st.session_state.pop("train_error", None):
        st.error(escape_markdown(message), icon=":material/error:")


def _draw_buttons(run: Run, status: str) -> None:
    with st.container(horizontal=True):
        if status in ("running", "preparing", "queued"):
            st.button("Stop", icon=":material/stop:", on_click=_apply, args=(stop, run))
        if status == "stopping":
            help_text = "Ends the process at once; the last complete epoch is kept."
            st.button("Kill", icon=":material/dangerous:", help=help_text, on_click=_apply, args=(kill, run))
        if status in ("stopped", "failed", "dead"):
            st.button("Resume", icon=":material/play_arrow:", on_click=_apply, args=(resume, run))


def _apply(action: Callable[[Run], None], run: Run) -> None:
    try:
        with acting(account()):
            check_owner(run, account())
            action(run)
    except CXRError as error:
        st.session_state.train_error = str(error)
