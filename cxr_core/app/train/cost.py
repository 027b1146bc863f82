"""What a run would cost: a rough figure at once, the timed one as soon as it is there."""

import threading
from concurrent.futures import Future
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.duration import duration_text
from cxr_core.errors import CXRError
from cxr_core.training.cost.estimate import CostEstimate, epoch_seconds, estimate_cost, known_cost
from cxr_core.training.cost.rough import rough_step
from cxr_core.training.recipe_settings import Recipe

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Estimating:
    """An estimate that was asked for. rough: seconds an epoch, None if nothing is known before steps are timed."""

    recipe: Recipe
    rough: float | None
    timed: Future[CostEstimate]


def ask_for_estimate(name: str, recipe: Recipe, train: int, val: int) -> None:
    """Begin an estimate for `train` training films and `val` validation films; `show_estimate` draws it.

    Steps are timed in a process of their own, for which a thread waits; what was timed today is there at once.
    """
    timed: Future[CostEstimate] = Future()
    rough = None
    if known_cost(recipe) is None:
        step = rough_step(name, recipe)
        rough = None if step is None else epoch_seconds(recipe, step, train, val)
        threading.Thread(target=_complete, args=(timed, recipe, train, val), daemon=True).start()
    else:
        _complete(timed, recipe, train, val)
    st.session_state.run_cost = Estimating(recipe, rough, timed)


def show_estimate(recipe: Recipe) -> None:
    """Draw the estimate for this recipe, if it was asked for; it is drawn anew until steps were timed."""
    asked: Estimating | None = st.session_state.get("run_cost")
    if asked is None or asked.recipe != recipe:
        return
    if asked.timed.done():
        _show_timed(asked)
    else:
        st.fragment(_wait, run_every=POLL_SECONDS)(asked)


def _complete(timed: Future[CostEstimate], recipe: Recipe, train: int, val: int) -> None:
    try:
        timed.set_result(estimate_cost(recipe, train, val))
    except Exception as error:
        timed.set_exception(error)


def _wait(asked: Estimating) -> None:
    if asked.timed.done():
        st.rerun()
    if asked.rough is not None:
        with st.grid(4, min_column_width=150):
            st.metric("All epochs, roughly", duration_text(asked.rough * asked.recipe.epochs))
            st.metric("One epoch, roughly", duration_text(asked.rough))
    st.caption(
        (
            "From the size of the network and a short calibration here; it may be wrong by a factor of three. "
            if asked.rough is not None
            else ""
        )
        + "A few steps are being timed in a separate process; time, memory and layers appear here."
    )


def _show_timed(asked: Estimating) -> None:
    try:
        cost = asked.timed.result()
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    with st.grid(4, min_column_width=150):
        st.metric("All epochs", duration_text(cost.seconds))
        st.metric("One epoch", duration_text(cost.seconds_an_epoch))
        st.metric("Peak memory", f"{cost.memory / 1e9:.1f} GB")
        st.metric("Parameters", f"{cost.parameters:,}")
    st.caption(
        f"{escape_markdown(cost.device)}; {cost.seconds_a_step * 1000:.0f} ms a batch of {asked.recipe.batch}, "
        f"timed {'before, for a network of the same cost' if cost.remembered else 'now'}. "
        "It takes longer if the machine is busy."
    )
    with st.expander("The network, layer by layer", icon=":material/lan:", expanded=True):
        st.dataframe(
            pd.DataFrame(cost.layers), hide_index=True, alt=f"{len(cost.layers)} layers with shapes and parameters"
        )
