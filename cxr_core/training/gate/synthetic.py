"""Synthetic pictures for the gate to refuse: noise, clouds, gradients, pages of text, drawings."""

import cv2
import numpy as np

WORDS = ("film", "of a chest", "is read by", "a person", "who decides", "what it shows", "0123456789", "Name:", "Date:")


def synthetic_picture(rng: np.random.Generator, side: int = 128) -> np.ndarray:
    """A picture of a random kind, `uint8 (side, side)`."""
    kinds = (noise, clouds, gradient, page, page, drawing, clouds)
    return kinds[rng.integers(len(kinds))](rng, side)


def noise(rng: np.random.Generator, side: int) -> np.ndarray:
    """White noise, evenly or normally distributed, in fine or coarse grain."""
    coarse = int(rng.choice([side, side // 2, side // 4, side // 8]))
    values = rng.integers(0, 256, (coarse, coarse)) if rng.random() < 0.5 else rng.normal(128, 50, (coarse, coarse))
    small = np.clip(values, 0, 255).astype(np.uint8)
    return cv2.resize(small, (side, side), interpolation=int(rng.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC])))


def clouds(rng: np.random.Generator, side: int) -> np.ndarray:
    """Noise with a spectrum of 1 / f^a, a from 0.8 to 2.5, as natural pictures and smooth films have."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(size=(side, side))) / frequency ** rng.uniform(0.8, 2.5)
    values = np.fft.irfft2(spectrum, (side, side))
    low, high = np.percentile(values, [1, 99])
    result: np.ndarray = (np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    return result


def gradient(rng: np.random.Generator, side: int) -> np.ndarray:
    """A straight or round gradient, sometimes in steps."""
    y, x = np.mgrid[:side, :side] / side
    angle = rng.uniform(0, 2 * np.pi)
    straight = x * np.cos(angle) + y * np.sin(angle)
    values = straight if rng.random() < 0.5 else np.hypot(x - rng.random(), y - rng.random())
    values = (values - values.min()) / np.ptp(values)
    if rng.random() < 0.4:
        values = np.floor(values * rng.integers(2, 9)) / 8
    result: np.ndarray = (values * 255).astype(np.uint8)
    return result


def page(rng: np.random.Generator, side: int) -> np.ndarray:
    """A page of text, dark on light or light on dark, with a heading, a box or a table now and then."""
    sheet = np.full((2 * side, 2 * side), int(rng.integers(200, 256)), np.uint8)
    ink, size = int(rng.integers(0, 90)), rng.uniform(0.25, 0.8)
    left, y = int(rng.integers(4, 40)), int(rng.integers(10, 60))
    while y < 2 * side - 8:
        if rng.random() < 0.85:
            line = " ".join(rng.choice(WORDS, rng.integers(1, 12)))
            cv2.putText(sheet, line, (left, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)
        y += int(size * rng.uniform(26, 40)) + 2
    if rng.random() < 0.4:
        corners = np.sort(rng.integers(0, 2 * side, (2, 2)), axis=0)
        cv2.rectangle(sheet, corners[0].tolist(), corners[1].tolist(), ink, int(rng.choice([-1, 1, 2])))
    small = cv2.resize(sheet, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return 255 - small if rng.random() < 0.25 else small


def drawing(rng: np.random.Generator, side: int) -> np.ndarray:
    """Shapes, bars and curves on a uniform background, as icons, charts and screenshots have."""
    sheet = np.full((side, side), int(rng.integers(0, 256)), np.uint8)
    for _ in range(rng.integers(2, 14)):
        a, b = rng.integers(0, side, 2).tolist(), rng.integers(0, side, 2).tolist()
        grey, line = int(rng.integers(0, 256)), int(rng.choice([-1, 1, 3]))
        shape = rng.integers(3)
        if shape == 0:
            cv2.rectangle(sheet, a, b, grey, line)
        elif shape == 1:
            cv2.circle(sheet, a, int(rng.integers(3, side // 3)), grey, line)
        else:
            cv2.line(sheet, a, b, grey, abs(line), cv2.LINE_AA)
    return sheet
