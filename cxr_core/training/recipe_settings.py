"""The settings of a fit: typed, checked, read from and written to JSON."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from cxr_core.errors import SettingsError
from cxr_core.imaging.preprocessing import CONTRASTS, RESIZES, Preprocessing

CHOICES: dict[str, tuple[str, ...]] = {
    "contrast": CONTRASTS,
    "resize": RESIZES,
    "optimizer": ("adamw", "adam", "sgd", "rmsprop"),
    "schedule": ("cosine", "constant", "inverse"),
    "loss": ("crossentropy", "focal"),
    "class_weights": ("balanced", "none"),
    "monitor": ("val_auc", "val_accuracy", "val_loss"),
    "pretrained": ("none", "imagenet"),
    "precision": ("float32", "mixed_float16", "mixed_bfloat16", "auto"),
    "device": ("auto", "cpu", "gpu"),
    "draw": ("uniform", "weighted"),
    "autotuning": ("on", "off"),
}
AUGMENTATION = (
    *("rotation", "shift", "zoom", "shear", "sharpness"),
    *("brightness", "contrast_range", "gamma", "noise", "erase", "flip"),
    *("lowres", "tone"),
)
RANGES: dict[str, tuple[float, float]] = {
    "size": (16, 1024),
    "dropout": (0, 0.9),
    "l2": (0, 1),
    "epochs": (1, 1000),
    "batch": (1, 1024),
    "learning_rate": (1e-7, 1),
    "decay": (0, 1),
    "weight_decay": (0, 1),
    "label_smoothing": (0, 0.5),
    "frozen_epochs": (0, 1000),
    "fine_tune_rate": (1e-7, 1),
    "rotation": (0, 45),
    "shift": (0, 0.5),
    "zoom": (0, 0.5),
    "shear": (0, 0.5),
    "sharpness": (0, 2),
    "smoothing": (0, 3),
    "brightness": (0, 0.5),
    "contrast_range": (0, 1),
    "gamma": (0, 1),
    "noise": (0, 0.5),
    "erase": (0, 1),
    "lowres": (0, 1),
    "tone": (0, 2),
    "cell_weight": (0, 100),
    "other_weight": (0, 10),
    "source_power": (0, 1),
    "small_size": (0, 1024),
    "frozen_stages": (0, 7),
    "small_epochs": (0, 1000),
    "patience": (1, 1000),
    "epoch_films": (0, 10**9),
    "val_films": (0, 10**9),
    "subset": (0, 10**9),
    "gpus": (1, 64),
    "seed": (0, 2**31 - 1),
}


@dataclass(frozen=True)
class Recipe:
    """Every setting of a fit. Raises SettingsError, which names the setting, for a value out of range.

    The default of a setting is what was done before the setting existed, so that older runs can be read.

    architecture: a family in `training/architectures`.
    size: input side in pixels. contrast, resize, smoothing: see `imaging.preprocessing.Preprocessing`.
    widths: channels of the convolutions, or of the residual stages. dense: units of the hidden dense layers.
    dropout: rate, in families that use it. l2: penalty on the kernels, added to the loss.
    optimizer, learning_rate, weight_decay (AdamW only).
    schedule: "cosine" warms up for one epoch, then falls by a cosine; "constant"; "inverse" divides the rate by
        1 + decay x step, as Keras's former `decay=` did.
    loss: "crossentropy", or "focal" (Lin et al. 2017, arXiv:1708.02002, gamma 2). label_smoothing: 0 to 0.5.
    class_weights: "balanced" weighs each class by the inverse of its share, or "none".
    source_power: several sources weigh as their numbers of films to this power: 1 as many as there are, 0 all alike.
    other_weight: how much a film of neither class (OTHER) counts, as "not pneumonia", beside a normal one; 0: it is not
        trained on.
    cell_weight: how much the cells of an evidence map count beside the film's own answer, for families that have one.
    lungs: pneumonia films without boxes teach the cells outside of the estimated lungs to be silent.
    draw: how the `epoch_films` of an epoch are drawn: "uniform", or "weighted": in proportion to their weights, which
        then do not count again in the loss.
    frozen_stages: stages of an EfficientNet-Lite, from the film on, that stay as they were pretrained.
    small_epochs, small_size: so many epochs come first with films of this size, which cost less; see `network.phases`.
    pretrained: weights to start from, for families that have any. frozen_epochs: epochs in which only the new layers
        learn; afterwards everything does, at fine_tune_rate.
    epochs, batch. epoch_films, val_films: draw this many films an epoch, validate on this many; 0 for all.
    monitor: the metric by which the best epoch is chosen. patience: epochs without improvement before the run ends.
    rotation: maximum in degrees. shift, zoom: maximum as a fraction of the side. shear: maximum, tangent of the angle.
    sharpness: maximum blurring or sharpening; 1 is a 3 x 3 blur, or a sharpening by the same amount.
    brightness, contrast_range, gamma: strengths of the random intensity changes, 0 for none.
    noise: standard deviation of the added noise, as a fraction of the grey range.
    erase: probability that a random rectangle is erased.
    lowres: probability that a film is blended with a copy of it reduced to half and enlarged again.
    tone: how much a random rising curve bends the grey values, as the processing of another machine does.
    flip: mirror films left to right with probability 0.5 (the heart is then on the right).
    precision: of the computation; weights and loss stay float32. "auto": "mixed_bfloat16" on a GPU by JAX, "float32"
        elsewhere. device: "auto" takes a GPU if there is one.
    autotuning: "off" compiles a network sooner for a GPU, whose epochs may then be slower.
    gpus: how many GPUs of this machine share each batch.
    subset: use at most this many training films, 0 for all. seed: of all random numbers.
    """

    architecture: str = "residual"
    size: int = 128
    contrast: str = "equalise"
    resize: str = "area"
    smoothing: float = 0.0
    widths: tuple[int, ...] = (24, 48, 96, 192)
    dense: tuple[int, ...] = ()
    dropout: float = 0.3
    l2: float = 0.0
    epochs: int = 24
    batch: int = 32
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "cosine"
    decay: float = 0.0
    weight_decay: float = 1e-4
    loss: str = "crossentropy"
    label_smoothing: float = 0.05
    class_weights: str = "balanced"
    pretrained: str = "none"
    frozen_epochs: int = 0
    fine_tune_rate: float = 1e-5
    monitor: str = "val_auc"
    rotation: float = 10.0
    shift: float = 0.08
    zoom: float = 0.15
    shear: float = 0.05
    sharpness: float = 0.0
    brightness: float = 0.1
    contrast_range: float = 0.3
    gamma: float = 0.3
    noise: float = 0.02
    erase: float = 0.3
    flip: bool = False
    lowres: float = 0.0
    tone: float = 0.0
    cell_weight: float = 1.0
    lungs: bool = False
    other_weight: float = 0.0
    source_power: float = 0.5
    small_size: int = 0
    small_epochs: int = 0
    draw: str = "uniform"
    frozen_stages: int = 0
    patience: int = 8
    epoch_films: int = 0
    val_films: int = 0
    subset: int = 0
    precision: str = "float32"
    device: str = "auto"
    autotuning: str = "on"
    gpus: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(thing=f"{name}={value}", accepted=f"a number from {low:g} to {high:g} is accepted")
        for name, accepted in CHOICES.items():
            if getattr(self, name) not in accepted:
                raise SettingsError(
                    thing=f"{name}={getattr(self, name)}", accepted=f"accepted are {' and '.join(accepted)}"
                )
        if not self.widths or min(self.widths) < 1 or max(self.widths) > 2048:
            raise SettingsError(
                thing=f"widths={self.widths}", accepted="one or more whole numbers from 1 to 2048 are accepted"
            )
        if self.dense and (min(self.dense) < 1 or max(self.dense) > 8192):
            raise SettingsError(
                thing=f"dense={self.dense}", accepted="whole numbers from 1 to 8192, or nothing, are accepted"
            )
        if self.small_epochs and not 16 <= self.small_size <= self.size:
            raise SettingsError(
                thing=f"small_size={self.small_size}", accepted=f"a size from 16 to size={self.size} is accepted"
            )
        if self.small_epochs and (self.small_epochs >= self.epochs or self.frozen_epochs):
            raise SettingsError(
                thing=f"small_epochs={self.small_epochs}",
                accepted=f"fewer than epochs={self.epochs} are accepted, and no frozen_epochs",
            )
        self.preprocessing()  # raises for settings that do not go together

    def preprocessing(self) -> Preprocessing:
        """The preprocessing of each film for this network."""
        return Preprocessing(self.size, self.contrast, self.resize, self.smoothing)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `recipe_from_dict` reads it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def augmentation(self) -> dict[str, Any]:
        """The settings of `FilmAugmentation`."""
        return {name: getattr(self, name) for name in AUGMENTATION}


def recipe_from_dict(settings: dict[str, Any]) -> Recipe:
    """The recipe that `to_dict` wrote, by this version or an earlier one with fewer settings.

    Raises SettingsError for a setting that this version does not know.
    """
    unknown = sorted(set(settings) - {field.name for field in fields(Recipe)})
    if unknown:
        raise SettingsError("not those of this version's recipes", thing=f"settings {', '.join(unknown)}")
    typed: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    try:
        return Recipe(**typed)
    except TypeError as error:  # a text for a number
        raise SettingsError("have a value of another kind", thing=f"settings {settings}") from error


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The settings in which two recipes, as `to_dict` wrote them, differ: name to both values."""
    first, second = recipe_from_dict(one).to_dict(), recipe_from_dict(other).to_dict()
    return {name: (first[name], second[name]) for name in first if first[name] != second[name]}


def parse_setting(name: str, text: str, kind: Any) -> Any:
    """The value of a setting given as text, of that type. Raises SettingsError."""
    try:
        if kind is bool:
            return {"true": True, "false": False, "1": True, "0": False}[text.strip().lower()]
        if kind == tuple[int, ...]:
            return tuple(int(part) for part in text.replace(",", " ").split())
        return kind(text)
    except (ValueError, KeyError) as error:
        what = {bool: "true or false", int: "a whole number", float: "a number"}.get(kind, "whole numbers, 24,48,96")
        raise SettingsError(thing=f"{name}={text}", accepted=f"{what} is accepted") from error
