"""The film viewer: heatmap, zoom, window and level, and invert, all in the browser.

The server sends one JPEG and one small heatmap a film; no control of the viewer calls the server.
"""

import base64

import cv2
import numpy as np

from cxr_core.app.components.browser_component import show_component
from cxr_core.inference.explain.heatmap import outline

MAX_SIDE = 1600
JPEG_QUALITY = 90


def show_film(picture: bytes, heatmap: np.ndarray | None, alt: str, film: str) -> None:
    """Draw the viewer.

    picture: the film as a JPEG, see `screen_jpeg`. heatmap: `float32 (h, w)` in [0, 1], or None to show none.
    alt: the film's alternative text. film: its key; window, level and zoom are reset when it changes.
    """
    heat = None
    if heatmap is not None:
        heat = {
            "width": heatmap.shape[1],
            "height": heatmap.shape[0],
            "outline": [line.round(4).tolist() for line in outline(heatmap)],
            "values": base64.b64encode((np.clip(heatmap, 0, 1) * 255).astype(np.uint8).tobytes()).decode(),
        }
    source = "data:image/jpeg;base64," + base64.b64encode(picture).decode()
    show_component("diagnose/viewer", "viewer", {"film": film, "picture": source, "heat": heat, "alt": alt})


def screen_jpeg(pixels: np.ndarray, side: int = MAX_SIDE) -> bytes:
    """A film, `uint8 (H, W)`, as a JPEG with no side longer than `side` pixels."""
    scale = side / max(pixels.shape)
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
