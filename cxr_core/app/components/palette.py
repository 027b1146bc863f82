"""The colours of all charts: the palette of Okabe and Ito, distinct for colour-blind readers.

The same as in `.streamlit/config.toml`. Legible on light and dark background.
"""

BLUE, ORANGE, GREEN, PINK, YELLOW, SKY_BLUE = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
PALETTE = (BLUE, ORANGE, GREEN, PINK, YELLOW, SKY_BLUE)
LINE_BLUE = "#1f83c0"  # a lighter blue for thin lines, on dark background too
GREY = "#8a949e"  # for reference lines
