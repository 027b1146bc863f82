"""Finds burnt-in marks in the corners of a film: side letters, clips and labels."""

import cv2
import numpy as np

CORNERS = ("upper left", "upper right", "lower left", "lower right")
_CORNER_FRACTION = 5  # a corner measures a fifth of the side
# Checked by eye on 400 films: every mark found was a letter or a clip, none was a rib.
_MIN_CONTRAST = 70  # grey values between a mark and its surroundings
_MIN_AREA = 6  # pixels
_MAX_FRAME_RATIO = 0.65  # of the surroundings' brightness to the mark's


def find_corner_marks(pixels: np.ndarray) -> list[bool]:
    """Whether there is a mark in each of CORNERS of a film, `uint8 (S, S)`, bone white.

    A white top-hat transform keeps what is small and brighter than its surroundings: marks, and also ribs. A mark is
    dark on all sides; a rib continues.
    """
    side = len(pixels)
    corner = side // _CORNER_FRACTION + 1
    hat = cv2.morphologyEx(pixels, cv2.MORPH_TOPHAT, np.ones((side // 16, side // 16), np.uint8))
    number, blobs, boxes, centres = cv2.connectedComponentsWithStats((hat > _MIN_CONTRAST).astype(np.uint8))
    found = [False] * 4
    for i in range(1, number):
        x, y, width, height, area = boxes[i]
        across, down = centres[i]
        in_corner = min(across, side - across) < corner and min(down, side - down) < corner
        if not in_corner or area < _MIN_AREA or max(width, height) > side // 7:
            continue
        around = pixels[max(0, y - 3) : y + height + 3, max(0, x - 3) : x + width + 3]
        frame = np.concatenate([around[0], around[-1], around[:, 0], around[:, -1]])
        if np.percentile(frame, 90) < _MAX_FRAME_RATIO * pixels[blobs == i].mean():
            found[2 * int(down > side / 2) + int(across > side / 2)] = True
    return found
