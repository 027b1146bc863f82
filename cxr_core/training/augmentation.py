"""Random augmentation within what is radiologically plausible, as one Keras layer that is active in training only.

A film is rotated, shifted, scaled and sheared a little in one interpolation, and masks of boxes with it. It is blurred
or sharpened, or loses its fine detail, as by other resizing methods. Brightness, contrast and gamma change, and a
random tone curve is applied, as with another machine or exposure. Noise is added. A
rectangle is erased, so that the network does not depend on one spot such as a marker in a corner. Films are never
turned upside down.

Random numbers are drawn in `_draw_*`; their effects are deterministic (`apply_affine`, `apply_sharpness`,
`apply_lowres`, `apply_tone`, `apply_intensity`, `apply_erasing`).
"""

import math
from typing import Any

import keras
from keras import ops

GEOMETRY = ("rotation", "shift", "zoom", "shear")
INTENSITY = ("brightness", "contrast_range", "gamma", "noise")
TONE_BINS = 8


@keras.saving.register_keras_serializable("cxr")
class FilmAugmentation(keras.layers.Layer):  # type: ignore[misc]
    """`float32 (N, S, S, C)` in [0, 1] -> the same shape and range; the identity outside of training.

    The first channel is the film. Others, masks that belong to it, are moved with it and otherwise unchanged. The
    settings are those of `Recipe` with the same names.
    """

    def __init__(
        self,
        rotation: float = 0.0,
        shift: float = 0.0,
        zoom: float = 0.0,
        shear: float = 0.0,
        sharpness: float = 0.0,
        brightness: float = 0.0,
        contrast_range: float = 0.0,
        gamma: float = 0.0,
        noise: float = 0.0,
        erase: float = 0.0,
        flip: bool = False,
        lowres: float = 0.0,
        tone: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = {
            "rotation": rotation,
            "shift": shift,
            "zoom": zoom,
            "shear": shear,
            "sharpness": sharpness,
            "brightness": brightness,
            "contrast_range": contrast_range,
            "gamma": gamma,
            "noise": noise,
            "erase": erase,
            "flip": flip,
            "lowres": lowres,
            "tone": tone,
            "seed": seed,
        }
        self.seed_generator = keras.random.SeedGenerator(seed)
        # TensorFlow's XLA, which Keras enables on a GPU, cannot compile the affine transform.
        self.supports_jit = keras.backend.backend() != "tensorflow"

    def call(self, films: Any, training: Any = False) -> Any:
        if not training:
            return films
        count, side = ops.shape(films)[0], films.shape[1]
        settings = self.settings
        if any(settings[name] for name in GEOMETRY) or settings["flip"]:
            films = apply_affine(films, self._draw_affine(count, side))
        films, masks = films[..., :1], films[..., 1:]
        if settings["sharpness"]:
            films = apply_sharpness(films, self._uniform(count, -settings["sharpness"], settings["sharpness"]))
        if settings["lowres"]:
            films = apply_lowres(films, self._draw_lowres(count))
        if settings["tone"]:
            films = apply_tone(films, self._draw_tone(count))
        if any(settings[name] for name in INTENSITY):
            films = apply_intensity(films, *self._draw_intensity(count, ops.shape(films)))
        if settings["erase"]:
            films = apply_erasing(films, *self._draw_rectangles(count))
        return ops.concatenate([films, masks], axis=-1) if masks.shape[-1] else films

    def _uniform(self, count: Any, low: Any, high: Any) -> Any:
        return keras.random.uniform((count,), low, high, seed=self.seed_generator)

    def _draw_affine(self, count: Any, side: Any) -> Any:
        """Projective transforms `(N, 8)` from output to input coordinates, about the film's centre."""
        settings = self.settings
        limit = math.radians(settings["rotation"])
        angle = self._uniform(count, -limit, limit)
        shear = self._uniform(count, -settings["shear"], settings["shear"])
        scale = ops.exp(self._uniform(count, -settings["zoom"], settings["zoom"]))
        stretch = ops.exp(self._uniform(count, -settings["zoom"] / 2, settings["zoom"] / 2))
        dx = self._uniform(count, -settings["shift"], settings["shift"]) * side
        dy = self._uniform(count, -settings["shift"], settings["shift"]) * side
        cos, sin = ops.cos(angle), ops.sin(angle)
        a, b = scale * stretch * cos, scale * (shear * cos - sin)
        c, d = scale * stretch * sin, scale * (shear * sin + cos)
        if settings["flip"]:
            sign = ops.where(self._uniform(count, 0.0, 1.0) < 0.5, -1.0, 1.0)
            a, c = a * sign, c * sign
        middle = (side - 1) / 2
        x0, y0 = middle - a * middle - b * middle + dx, middle - c * middle - d * middle + dy
        zero = ops.zeros_like(a)
        return ops.stack([a, b, x0, c, d, y0, zero, zero], axis=1)

    def _draw_lowres(self, count: Any) -> Any:
        """Share of the small copy in each film, (N,): 0 for most, else up to 1."""
        wanted = ops.cast(self._uniform(count, 0.0, 1.0) < self.settings["lowres"], "float32")
        return wanted * self._uniform(count, 0.0, 1.0)

    def _draw_tone(self, count: Any) -> Any:
        """The slope of each film's curve in each of TONE_BINS equal bins of grey, (N, TONE_BINS), 1 on average."""
        noise = keras.random.normal((count, TONE_BINS), seed=self.seed_generator)
        return TONE_BINS * ops.softmax(self.settings["tone"] * noise, axis=-1)

    def _draw_intensity(self, count: Any, shape: Any) -> Any:
        settings = self.settings
        gamma = ops.exp(self._uniform(count, -settings["gamma"], settings["gamma"]))
        gain = ops.exp(self._uniform(count, -settings["contrast_range"], settings["contrast_range"]))
        offset = self._uniform(count, -settings["brightness"], settings["brightness"])
        grain = settings["noise"] * keras.random.normal(shape, seed=self.seed_generator)
        return gamma, gain, offset, grain

    def _draw_rectangles(self, count: Any) -> Any:
        """Whether to erase, centre (y, x), half sides and grey value, each `(N,)`; lengths as fractions of the side."""
        centre = [self._uniform(count, 0.0, 1.0) for _ in range(2)]
        half = [self._uniform(count, 0.04, 0.16) for _ in range(2)]
        wanted = ops.cast(self._uniform(count, 0.0, 1.0) < self.settings["erase"], "float32")
        return wanted, *centre, *half, self._uniform(count, 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        result: dict[str, Any] = super().get_config() | self.settings
        return result


def apply_affine(films: Any, transforms: Any) -> Any:
    """Transform films `(N, S, S, 1)` by projective transforms `(N, 8)`; the edge pixels are repeated outwards."""
    return ops.image.affine_transform(films, transforms, interpolation="bilinear", fill_mode="nearest")


def apply_sharpness(films: Any, strength: Any) -> Any:
    """Add `strength`, `(N,)`, times the detail that a 3 x 3 binomial blur removes; -1 gives the blurred film.

    Unsharp masking (Gonzalez & Woods, ch. 3).
    """
    blurred = ops.pad(films, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="symmetric")
    for _ in range(2):
        blurred = ops.average_pool(blurred, 2, strides=1, padding="valid")
    return ops.clip(films + ops.reshape(strength, (-1, 1, 1, 1)) * (films - blurred), 0.0, 1.0)


def apply_lowres(films: Any, share: Any) -> Any:
    """Blend films `(N, S, S, 1)` with themselves shrunk to half and enlarged again; share of these `(N,)` in [0, 1]."""
    side = films.shape[1]
    small = ops.average_pool(films, 2, strides=2, padding="same")
    copy = ops.image.resize(small, (side, side), interpolation="bilinear")
    share = ops.reshape(share, (-1, 1, 1, 1))
    return films * (1 - share) + copy * share


def apply_tone(films: Any, slopes: Any) -> Any:
    """Bend grey values in [0, 1] by a rising curve from 0 to 1 with these slopes, `(N, bins)` that average to 1.

    A slope above 0 in every bin keeps the order of grey values.
    """
    bins = slopes.shape[-1]
    bent = ops.zeros_like(films)
    for place in range(bins):
        slope = ops.reshape(slopes[:, place], (-1, 1, 1, 1)) / bins
        bent = bent + slope * ops.clip(films * bins - place, 0.0, 1.0)
    return bent


def apply_intensity(films: Any, gamma: Any, gain: Any, offset: Any, grain: Any) -> Any:
    """Change gamma, contrast and brightness, and add noise, of films in [0, 1].

    gamma, gain, offset: `(N,)`. grain: the noise, of the films' shape, or a scalar.
    """
    gamma, gain, offset = (ops.reshape(value, (-1, 1, 1, 1)) for value in (gamma, gain, offset))
    bent = ops.power(ops.clip(films, 1e-4, 1.0), gamma)
    return ops.clip((bent - 0.5) * gain + 0.5 + offset + grain, 0.0, 1.0)


def apply_erasing(films: Any, wanted: Any, y: Any, x: Any, half_height: Any, half_width: Any, grey: Any) -> Any:
    """Erase one rectangle in each film where `wanted` is 1; all `(N,)`, lengths as fractions of the side."""
    side = films.shape[1]
    steps = (ops.arange(side, dtype="float32") + 0.5) / side
    rows = ops.abs(steps[None] - y[:, None]) < half_height[:, None]
    columns = ops.abs(steps[None] - x[:, None]) < half_width[:, None]
    inside = ops.cast(ops.logical_and(rows[:, :, None], columns[:, None, :]), "float32") * wanted[:, None, None]
    inside = inside[..., None]
    return films * (1 - inside) + inside * ops.reshape(grey, (-1, 1, 1, 1))
