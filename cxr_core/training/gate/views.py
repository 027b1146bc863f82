"""Random views of pictures for fitting the gate: the variety of films from other hospitals, and of pictures to refuse.

A frontal film is rotated, scaled, stretched, framed, marked, changed in its grey values and blurred, as by other
machines and archives. Views to refuse are made from the same films: inverted, sideways, upside down, cut. All random
numbers come from the generator that is passed in, so a seed reproduces a fit.
"""

import cv2
import numpy as np

from cxr_core.imaging.gate_input import SIDE

# Box of the lungs in these films, as fractions of width and height: left, top, right, bottom.
LUNGS = (0.12, 0.10, 0.88, 0.80)
MARKS = ("R", "L", "AP", "PA", "PORTABLE", "SUPINE", "12:40", "ERECT")


def frontal(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A view to accept: upright, both lungs complete, bones white. `uint8 (H, W)` -> `uint8 (SIDE, SIDE)`."""
    scale = np.exp(rng.uniform(-0.13, 0.45))
    stretch = np.exp(rng.uniform(-0.3, 0.3))
    view = window(
        film,
        centre=(0.5 + rng.uniform(-0.05, 0.05) * scale, 0.5 + rng.uniform(-0.05, 0.05) * scale),
        width=scale * stretch,
        height=scale / stretch,
        degrees=rng.uniform(-12, 12),
        flip=rng.random() < 0.2,
        fill=_frame(rng),
    )
    return vary_exposure(add_marks(view, rng), rng)


def inverted(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An upright film with black bones."""
    return 255 - frontal(film, rng)


def sideways(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A film rotated by 90 degrees, clockwise or counterclockwise."""
    return np.ascontiguousarray(np.rot90(frontal(film, rng), rng.choice([1, 3])))


def upside_down(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A film rotated by 180 degrees."""
    return np.ascontiguousarray(np.rot90(frontal(film, rng), 2))


def cut(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A part of a film with at most 60% of the lungs' box, or a film that is black or white except for such a part."""
    while True:
        kind = rng.integers(4)
        width, height = (0.95, rng.uniform(0.25, 0.55)) if kind == 0 else (rng.uniform(0.25, 0.55), 0.95)
        if kind >= 2:
            width, height = rng.uniform(0.25, 0.65, 2)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        if kind < 2:  # from an edge, as in a careless crop
            left, top = (rng.choice([0, 1 - width]), rng.choice([0, 1 - height]))
        if visible_lungs(left, top, left + width, top + height) <= 0.6:
            break
    centre = (left + width / 2, top + height / 2)
    degrees = rng.uniform(-8, 8)
    if rng.random() < 0.75:
        view = window(film, centre, width, height, degrees, rng.random() < 0.2, fill=None)
    else:
        view = window(film, (0.5, 0.5), 1, 1, degrees, rng.random() < 0.2, fill=0)
        rows, columns = np.arange(SIDE)[:, None] / SIDE, np.arange(SIDE)[None] / SIDE
        visible = (rows >= top) & (rows < top + height) & (columns >= left) & (columns < left + width)
        view = np.where(visible, view, rng.choice([0, 0, 255])).astype(np.uint8)
    return vary_exposure(add_marks(view, rng), rng)


def other(picture: np.ndarray, rng: np.random.Generator, zoom: float = 0.35) -> np.ndarray:
    """A view of a picture to refuse in any orientation: lateral films, slices, limbs, photographs.

    zoom: the greatest magnification, as the natural logarithm of the scale.
    """
    scale = np.exp(rng.uniform(-zoom, 0.2))
    stretch = np.exp(rng.uniform(-0.25, 0.25))
    free = max(0.0, 1 - scale) / 2 + 0.06
    view = window(
        picture,
        (0.5 + rng.uniform(-free, free), 0.5 + rng.uniform(-free, free)),
        scale * stretch,
        scale / stretch,
        rng.uniform(-15, 15),
        rng.random() < 0.5,
        fill=_frame(rng),
    )
    if rng.random() < 0.1:
        view = 255 - view
    return vary_exposure(add_marks(view, rng), rng)


def shuffled(film: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A film's patches in random order: its texture without its shape, so that texture alone is not accepted."""
    parts = rng.choice([2, 4])
    step = SIDE // parts
    view = frontal(film, rng)
    order = rng.permutation(parts * parts)
    while parts == 2 and np.abs(order - np.arange(4)).sum() < 4:
        order = rng.permutation(4)
    patches = [view[i * step : (i + 1) * step, j * step : (j + 1) * step] for i in range(parts) for j in range(parts)]
    rows = [np.hstack([patches[order[i * parts + j]] for j in range(parts)]) for i in range(parts)]
    return np.vstack(rows)


def visible_lungs(left: float, top: float, right: float, bottom: float) -> float:
    """The fraction of the lungs' box inside a window; coordinates are fractions of the film's sides."""
    width = min(right, LUNGS[2]) - max(left, LUNGS[0])
    height = min(bottom, LUNGS[3]) - max(top, LUNGS[1])
    return max(0.0, width) * max(0.0, height) / ((LUNGS[2] - LUNGS[0]) * (LUNGS[3] - LUNGS[1]))


def window(
    picture: np.ndarray,
    centre: tuple[float, float],
    width: float,
    height: float,
    degrees: float,
    flip: bool,
    fill: int | None,
) -> np.ndarray:
    """The part of a picture, `uint8 (H, W)`, in a rotated, possibly mirrored window.

    centre, width, height: of the window, as fractions of the picture's sides. degrees: its rotation. flip: mirror it.
    fill: the grey value beyond the picture's edge; None repeats the edge. Returns `uint8 (SIDE, SIDE)`.
    """
    rows, columns = picture.shape
    # Reduce large windows first, so that fine texture does not alias.
    shrink = max(width * columns, height * rows) / SIDE
    if shrink > 2:
        picture = cv2.resize(picture, None, fx=2 / shrink, fy=2 / shrink, interpolation=cv2.INTER_AREA)
        rows, columns = picture.shape
    angle = np.radians(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    x_step = np.array([cos, sin]) * width * columns / SIDE * (-1 if flip else 1)
    y_step = np.array([-sin, cos]) * height * rows / SIDE
    middle = np.array([centre[0] * columns, centre[1] * rows]) - 0.5
    start = middle - (x_step + y_step) * (SIDE - 1) / 2
    matrix = np.column_stack([x_step, y_step, start])
    border = cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=flags, borderMode=border, borderValue=fill or 0)


def add_marks(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add, at random, letters, a bright cable or the dark or bright frame of a collimator, to `uint8 (SIDE, SIDE)`."""
    view = view.copy()
    if rng.random() < 0.35:
        place = (int(rng.integers(0, SIDE - 14)), int(rng.choice([rng.integers(8, 18), rng.integers(SIDE - 10, SIDE)])))
        size = rng.uniform(0.25, 0.5)
        cv2.putText(view, str(rng.choice(MARKS)), place, cv2.FONT_HERSHEY_SIMPLEX, size, 255, 1, cv2.LINE_AA)
    if rng.random() < 0.1:
        points = rng.integers(0, SIDE, (4, 2)).astype(np.int32)
        cv2.polylines(view, [points], False, int(rng.integers(180, 256)), 1, cv2.LINE_AA)
    if rng.random() < 0.2:
        edges = rng.integers(0, 7, 4) * (rng.random(4) < 0.6)
        fill = int(rng.choice([0, 0, 0, 255]))
        view[: edges[0]], view[SIDE - edges[1] :] = fill, fill
        view[:, : edges[2]], view[:, SIDE - edges[3] :] = fill, fill
    return view


def vary_exposure(view: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change grey values, shading, sharpness and noise, as with another machine and body. `uint8 (SIDE, SIDE)`."""
    values = view.astype(np.float32) / 255
    low, high = rng.uniform(0, 0.12), rng.uniform(0.8, 1.0)
    values = np.clip((values - low) / (high - low), 0, 1) ** np.exp(rng.uniform(-0.9, 0.7))
    if rng.random() < 0.3:  # breasts, the heel effect, a thick arm: broad and smooth
        shade = cv2.resize(rng.uniform(-0.25, 0.25, (4, 4)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
        values = np.clip(values + shade, 0, 1)
    if rng.random() < 0.3:
        values = cv2.GaussianBlur(values.astype(np.float32), (0, 0), rng.uniform(0.3, 1.0))
    if rng.random() < 0.25:  # local contrast, as many machines' processing does
        values = np.clip(values + rng.uniform(0.3, 1.5) * (values - cv2.GaussianBlur(values, (0, 0), 6)), 0, 1)
    values = values * rng.uniform(0.5, 1) + rng.normal(0, rng.uniform(0, 0.03), values.shape)
    pixels = (np.clip(values, 0, 1) * 255).astype(np.uint8)
    if rng.random() < 0.15:
        pixels = cv2.createCLAHE(rng.uniform(1, 4), (4, 4)).apply(pixels)
    result: np.ndarray = cv2.equalizeHist(pixels) if rng.random() < 0.08 else pixels
    return result


def _frame(rng: np.random.Generator) -> int | None:
    """The fill beyond a picture's edge: most often black, or the edge repeated (None), grey or white."""
    return [0, 0, 0, None, None, 255, int(rng.integers(30, 220))][rng.integers(7)]
