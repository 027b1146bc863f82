"""Examples of augmented films, to check the settings before a fit."""

import numpy as np

from cxr_core.backend import import_keras
from cxr_core.datasets.index import Index
from cxr_core.imaging.decode import read_film
from cxr_core.jobs.call import call_apart
from cxr_core.limits import MEASUREMENT_SECONDS
from cxr_core.training.recipe_settings import Recipe


def preview(index: Index, recipe: Recipe) -> list[tuple[str, np.ndarray]]:
    """`augmented` in a process of its own: the web server imports no Keras. Raises also WorkError."""
    shown: list[tuple[str, np.ndarray]] = call_apart(f"{__name__}.augmented", (index, recipe), MEASUREMENT_SECONDS)
    return shown


def augmented(index: Index, recipe: Recipe, films: int = 3, draws: int = 4) -> list[tuple[str, np.ndarray]]:
    """Some films of a data set as the network would get them in training.

    Returns for each film its path and `uint8 (draws + 1, S, S)`: the film without augmentation, then `draws` random
    augmentations. Raises UnreadableFilm if a film can no longer be read.
    """
    keras = import_keras()
    from cxr_core.training.augmentation import FilmAugmentation

    usable = index.readable
    chosen = usable["path"].iloc[np.linspace(0, len(usable) - 1, films).astype(int)].tolist()
    preprocessing = recipe.preprocessing()
    layer = FilmAugmentation(**recipe.augmentation(), seed=recipe.seed)
    shown = []
    for path in chosen:
        film = preprocessing.apply(read_film(index.root / path).pixels)
        batch = np.repeat(film[None, ..., None].astype(np.float32) / 255, draws, axis=0)
        drawn = keras.ops.convert_to_numpy(layer(batch, training=True))[..., 0]
        shown.append((path, np.concatenate([film[None], (255 * drawn).round().astype(np.uint8)])))
    return shown
