"""The form of a new run: every setting of a recipe as a control."""

from typing import Any, get_type_hints

import pandas as pd
import streamlit as st

from cxr_core.datasets.index import Index
from cxr_core.datasets.split import saved_splits
from cxr_core.errors import CXRError
from cxr_core.training.cost_estimate import CostEstimate, estimate_cost
from cxr_core.training.preview import augmented
from cxr_core.training.recipe_settings import CHOICES, RANGES
from cxr_core.training.recipes import RECIPES, Recipe, configure
from cxr_core.training.run_actions import launch

BY_PATIENT = "By patient: four fifths to train on, one tenth to validate, one tenth held out"
FIRST = ("epochs", "batch", "size", "learning_rate")
GROUPS = {
    "Network": ("architecture", "widths", "dense", "dropout", "l2", "pretrained", "frozen_epochs", "fine_tune_rate"),
    "Learning": (
        *("optimizer", "schedule", "decay", "weight_decay", "loss", "label_smoothing", "class_weights"),
        *("monitor", "patience"),
    ),
    "Films": ("contrast", "resize", "smoothing", "subset", "epoch_films", "val_films", "seed"),
    "Augmentation": (
        *("rotation", "shift", "zoom", "shear", "sharpness"),
        *("brightness", "contrast_range", "gamma", "noise", "erase", "flip"),
    ),
    "Machine": ("device", "gpus", "precision"),
}
SMALL = ("learning_rate", "fine_tune_rate", "decay", "weight_decay", "l2")
LABELS = {
    "batch": "Batch size",
    "size": "Input size, pixels",
    "widths": "Channels",
    "dense": "Hidden dense layers",
    "l2": "L2 penalty",
    "pretrained": "Start from weights",
    "weight_decay": "Weight decay (AdamW)",
    "decay": "Decay (inverse schedule)",
    "monitor": "Best epoch by",
    "patience": "Patience, epochs",
    "subset": "Training films, 0 for all",
    "epoch_films": "Films an epoch, 0 for all",
    "val_films": "Validation films, 0 for all",
    "rotation": "Rotation, degrees",
    "shear": "Shear, tangent",
    "contrast_range": "Contrast change",
    "resize": "Resizing",
    "smoothing": "Smoothing, pixels",
    "flip": "Mirror left to right",
    "gpus": "GPUs",
}


def new_run(index: Index) -> str | None:
    """Controls for a run on this data set, with cost estimate and preview; returns the id of a run that was started."""
    films = index.readable
    st.caption(f"{index.root}: {len(films):,} films of {films['patient'].nunique():,} patients can be used.")
    name = st.selectbox("Recipe", list(RECIPES), help="Choosing another one sets every control below to its settings.")
    splits = {BY_PATIENT: None} | {file.stem: file for file in saved_splits(index)}
    with st.form(f"settings-{name}"):
        chosen = st.selectbox("Split", list(splits), help="Splits saved on the Dataset page can be chosen here.")
        settings = _controls(name, RECIPES[name])
        with st.container(horizontal=True):
            start = st.form_submit_button("Start", type="primary", icon=":material/play_arrow:")
            cost = st.form_submit_button("Estimate time and memory", icon=":material/timer:")
            look = st.form_submit_button("Preview augmentation", icon=":material/visibility:")
    try:
        recipe = configure(name, settings)
        if start:
            return launch(index.source, name, recipe, splits[chosen]).id
        if cost:
            with st.spinner("Timing a few steps in a process of its own; building a large network takes a while."):
                _show_estimate(recipe, estimate_cost(recipe, int(0.8 * len(films)), int(0.1 * len(films))))
        if look:
            _show_augmented(index, recipe)
    except CXRError as error:
        st.error(str(error), icon=":material/error:")
    return None


def label(setting: str) -> str:
    """What the page calls a setting."""
    return LABELS.get(setting, setting.replace("_", " ").capitalize())


def _controls(name: str, recipe: Recipe) -> dict[str, str]:
    """One control a setting; returns the settings that differ from the recipe's, as text."""
    values: dict[str, Any] = {}
    with st.grid(4, min_column_width=150):
        for setting in FIRST:
            values[setting] = _control(name, setting, getattr(recipe, setting))
    with st.expander("All settings", icon=":material/tune:"):
        for group, settings in GROUPS.items():
            st.markdown(f"**{group}**")
            with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
                for setting in settings:
                    values[setting] = _control(name, setting, getattr(recipe, setting))
    return {setting: str(value) for setting, value in values.items() if value != _shown(getattr(recipe, setting))}


def _control(recipe: str, setting: str, value: Any) -> Any:
    key, kind = f"{recipe}.{setting}", get_type_hints(Recipe)[setting]
    if setting in CHOICES:
        options = CHOICES[setting]
        return st.selectbox(label(setting), options, options.index(value), key=key)
    if kind is bool:
        return st.checkbox(label(setting), value, key=key)
    if kind is int:
        low, high = map(int, RANGES[setting])
        return st.number_input(label(setting), low, high, value, key=key)
    if kind is float:
        least, most = map(float, RANGES[setting])
        small = setting in SMALL
        step, shape = (None, "%.1e") if small else (most / 100, "%g")
        return st.number_input(label(setting), least, most, value, step=step, format=shape, key=key)
    return st.text_input(label(setting), _shown(value), key=key, disabled=setting == "architecture")


def _shown(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _show_estimate(recipe: Recipe, cost: CostEstimate) -> None:
    with st.grid(4, min_column_width=150):
        st.metric("All epochs", duration(cost.seconds))
        st.metric("One epoch", duration(cost.seconds_an_epoch))
        st.metric("Peak memory", f"{cost.memory / 1e9:.1f} GB")
        st.metric("Parameters", f"{cost.parameters:,}")
    st.caption(
        f"{cost.device}; {cost.seconds_a_step * 1000:.0f} ms a batch of {recipe.batch}, timed now. "
        "Other work on this machine makes it longer."
    )
    with st.expander("The network, layer by layer", icon=":material/lan:", expanded=True):
        st.dataframe(
            pd.DataFrame(cost.layers), hide_index=True, alt=f"{len(cost.layers)} layers with shapes and parameters"
        )


def _show_augmented(index: Index, recipe: Recipe) -> None:
    with st.spinner("Drawing augmented films."):
        shown = augmented(index, recipe)
    for path, films in shown:
        captions = ["as it is", *(f"draw {number}" for number in range(1, len(films)))]
        st.caption(path)
        with st.grid(len(films), min_column_width=100):
            for film, caption in zip(films, captions, strict=True):
                st.image(film, caption=caption, width="stretch", alt=f"{path}, {caption}")


def duration(seconds: float) -> str:
    """ "40 s", "12 min" or "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
