"""The New run view: a form with every setting of a recipe, cost estimate and augmentation preview."""

from typing import Any, get_type_hints

import streamlit as st

from cxr_core.app.account import account
from cxr_core.app.markdown import escape_markdown
from cxr_core.app.train.cost import ask_for_estimate, show_estimate
from cxr_core.bin import set_owner
from cxr_core.datasets.curation import curated
from cxr_core.datasets.index import Index
from cxr_core.datasets.split import saved_splits
from cxr_core.errors import CXRError
from cxr_core.quotas import acting
from cxr_core.training.preview import preview as preview_films
from cxr_core.training.recipe_settings import CHOICES, RANGES
from cxr_core.training.recipes import RECIPES, Recipe, configure
from cxr_core.training.run_actions import launch

BY_PATIENT = "By patient: four fifths to train on, one tenth to validate, one tenth held out"
MAIN_SETTINGS = ("epochs", "batch", "size", "learning_rate")
GROUPS = {
    "Network": (
        *("architecture", "widths", "dense", "dropout", "l2", "pretrained", "frozen_epochs", "fine_tune_rate"),
        *("frozen_stages", "cell_weight", "lungs"),
    ),
    "Learning": (
        *("optimizer", "schedule", "decay", "weight_decay", "loss", "label_smoothing", "class_weights"),
        *("monitor", "patience", "small_epochs"),
    ),
    "Films": (
        *("contrast", "resize", "smoothing", "small_size", "subset", "epoch_films", "draw", "val_films"),
        *("source_power", "other_weight", "seed"),
    ),
    "Augmentation": (
        *("rotation", "shift", "zoom", "shear", "sharpness"),
        *("brightness", "contrast_range", "gamma", "noise", "erase", "lowres", "tone", "flip"),
    ),
    "Machine": ("device", "gpus", "precision", "autotuning"),
}
SMALL_VALUES = ("learning_rate", "fine_tune_rate", "decay", "weight_decay", "l2")
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
    "small_epochs": "Epochs with smaller films first",
    "small_size": "Their size, pixels",
    "source_power": "Weight of a source by its size",
    "other_weight": "Weight of films of neither class",
    "draw": "Films of an epoch drawn",
    "cell_weight": "Weight of the cells",
    "lungs": "Cells outside the lungs are taught to be silent",
    "frozen_stages": "Stages kept as pretrained",
    "lowres": "Loss of fine detail",
    "tone": "Tone curve",
    "gpus": "GPUs",
}


def new_run(index: Index) -> str | None:
    """Draw the form for a run on this data set; returns the run's id if it has just been started."""
    index = curated(index)
    films = index.readable
    st.caption(
        f"{escape_markdown(str(index.root))}: {len(films):,} usable films of {films['patient'].nunique():,} patients. "
        f"{index.decisions}"
    )
    for key, value in st.session_state.pop("new_run_settings", {}).items():
        st.session_state[key] = value
    name = st.selectbox(
        "Recipe",
        list(RECIPES),
        key="new_run_recipe",
        help="Choosing another recipe sets all controls below to its settings.",
    )
    splits = {BY_PATIENT: None} | {file.stem: file for file in saved_splits(index)}
    with st.form(f"settings-{name}"):
        chosen = st.selectbox("Split", list(splits), help="Splits saved on the Dataset page can be chosen here.")
        settings = _controls(name, RECIPES[name])
        with st.container(horizontal=True):
            start = st.form_submit_button("Start", type="primary", icon=":material/play_arrow:")
            estimate = st.form_submit_button("Estimate time and memory", icon=":material/timer:")
            preview = st.form_submit_button("Preview augmentation", icon=":material/visibility:")
    try:
        recipe = configure(name, settings)
        if start:
            with acting(account()):
                run = launch(index.source, name, recipe, splits[chosen])
            fill_form(name, recipe)
            if not account().is_local:
                set_owner(run.folder, account().id)
            return run.id
        if estimate:
            ask_for_estimate(name, recipe, int(0.8 * len(films)), int(0.1 * len(films)))
        show_estimate(recipe)
        if preview:
            _show_augmented(index, recipe)
    except CXRError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
    return None


def fill_form(recipe: str, settings: Recipe) -> None:
    """The form shows this recipe with these settings when it is drawn next."""
    controls = [*MAIN_SETTINGS, *(setting for group in GROUPS.values() for setting in group)]
    values = {f"{recipe}.{setting}": _initial(setting, getattr(settings, setting)) for setting in controls}
    st.session_state.new_run_settings = {"new_run_recipe": recipe} | values


def label(setting: str) -> str:
    """The display name of a setting."""
    return LABELS.get(setting, setting.replace("_", " ").capitalize())


def _controls(name: str, recipe: Recipe) -> dict[str, str]:
    """Draw a control for each setting; returns the settings that differ from the recipe's, as text."""
    values: dict[str, Any] = {}
    with st.grid(4, min_column_width=150):
        for setting in MAIN_SETTINGS:
            values[setting] = _control(name, setting, getattr(recipe, setting))
    with st.expander("All settings", icon=":material/tune:"):
        for group, settings in GROUPS.items():
            st.markdown(f"**{group}**")
            with st.grid(4, min_column_width=150, vertical_alignment="bottom"):
                for setting in settings:
                    values[setting] = _control(name, setting, getattr(recipe, setting))
    return {setting: str(value) for setting, value in values.items() if value != _as_input(getattr(recipe, setting))}


def _control(recipe: str, setting: str, value: Any) -> Any:
    key, kind = f"{recipe}.{setting}", get_type_hints(Recipe)[setting]
    st.session_state.setdefault(key, _initial(setting, value))
    if setting in CHOICES:
        return st.selectbox(label(setting), CHOICES[setting], key=key)
    if kind is bool:
        return st.checkbox(label(setting), key=key)
    if kind is int:
        low, high = map(int, RANGES[setting])
        return st.number_input(label(setting), low, high, key=key)
    if kind is float:
        least, most = map(float, RANGES[setting])
        small = setting in SMALL_VALUES
        step, number_format = (None, "%.1e") if small else (most / 100, "%g")
        return st.number_input(label(setting), least, most, step=step, format=number_format, key=key)
    return st.text_input(label(setting), key=key, disabled=setting == "architecture")


def _initial(setting: str, value: Any) -> Any:
    """The value of a control: a number of the kind that the control accepts."""
    return float(value) if get_type_hints(Recipe)[setting] is float else _as_input(value)


def _as_input(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else value


def _show_augmented(index: Index, recipe: Recipe) -> None:
    with st.spinner("Augmenting films."):
        shown = preview_films(index, recipe)
    for path, films in shown:
        captions = ["original", *(f"augmented {number}" for number in range(1, len(films)))]
        st.caption(escape_markdown(path))
        with st.grid(len(films), min_column_width=100):
            for film, caption in zip(films, captions, strict=True):
                st.image(film, caption=caption, width="stretch", alt=f"{path}, {caption}")
