"""A chart of lines, areas, dots and text, rendered as SVG (for HTML) or into a PDF.

The HTML report must open without a network, so its charts are inline SVG instead of a chart library of 4 MB.
"""

from dataclasses import dataclass, field
from html import escape
from typing import Any

from fpdf import FPDF

WIDTH, HEIGHT = 360.0, 290.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 30.0, 62.0
# The palette of Okabe and Ito, dark enough for white paper.
BLUE, ORANGE, GREEN, GREY, PINK, INK = "#0072b2", "#d55e00", "#009e73", "#707a84", "#b05a8c", "#1b2733"
Points = list[tuple[float, float]]
Shape = dict[str, Any]


@dataclass
class Drawing:
    """A chart. x, y: the ranges of the axes; points are in the units of the axes, and clipped to their ranges.

    alt: alternative text. ticks: whether the axes have tick labels.
    """

    title: str
    alt: str
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    x_title: str = ""
    y_title: str = ""
    ticks: bool = True
    shapes: list[Shape] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)

    def line(self, points: Points, colour: str, dashed: bool = False, name: str = "") -> None:
        """Add a line through points; with a `name` it is listed in the legend."""
        on_sheet = [self._on_sheet(*point) for point in points]
        self.shapes.append({"kind": "line", "points": on_sheet, "colour": colour, "dashed": dashed})
        if name:
            self.legend.append((name, colour))

    def area(self, points: Points, colour: str, name: str = "") -> None:
        """Add a pale area bounded by points; with a `name` it is listed in the legend."""
        self.shapes.append({"kind": "area", "points": [self._on_sheet(*p) for p in points], "colour": colour})
        if name:
            self.legend.append((name, colour))

    def dot(self, x: float, y: float, colour: str, hollow: bool = False, name: str = "") -> None:
        """Add a dot; with a `name` it is listed in the legend."""
        self.shapes.append({"kind": "dot", "at": self._on_sheet(x, y), "colour": colour, "hollow": hollow})
        if name:
            self.legend.append((name, colour))

    def text(self, x: float, y: float, text: str, size: float = 9, colour: str = INK) -> None:
        """Add text centred on a point. size: in points."""
        self._text(*self._on_sheet(x, y), text, size, colour, "middle")

    def with_axes(self) -> list[Shape]:
        """All shapes with axes, titles and legend, in points of a WIDTH x HEIGHT sheet from its upper left corner."""
        before, self.shapes = self.shapes, []
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        frame = [(LEFT, TOP), (LEFT, bottom), (right, bottom)]
        self.shapes.append({"kind": "line", "points": frame, "colour": "#9aa3ab", "dashed": False})
        for i in range(6 if self.ticks else 0):
            x, y = (low + (high - low) * i / 5 for low, high in (self.x, self.y))
            at, up = self._on_sheet(x, self.y[0])[0], self._on_sheet(self.x[0], y)[1]
            self._text(at, bottom + 12, f"{x:.3g}", 8, GREY, "middle")
            self._text(LEFT - 5, up + 3, f"{y:.3g}", 8, GREY, "end")
        self._text((LEFT + right) / 2, bottom + 26, self.x_title, 9, INK, "middle")
        self._text(4, TOP - 6, self.y_title, 9, INK, "start")
        self._text(WIDTH / 2, 14, self.title, 11, INK, "middle")
        at = LEFT
        for name, colour in self.legend:
            swatch = [(at, HEIGHT - 14.0), (at + 12, HEIGHT - 14.0)]
            self.shapes.append({"kind": "line", "points": swatch, "colour": colour, "dashed": False})
            self._text(at + 15, HEIGHT - 11, name, 8, INK, "start")
            at += 22 + 4.3 * len(name)
        all_shapes, self.shapes = self.shapes[:1] + before + self.shapes[1:], before
        return all_shapes

    def _on_sheet(self, x: float, y: float) -> tuple[float, float]:
        across = (min(max(x, self.x[0]), self.x[1]) - self.x[0]) / (self.x[1] - self.x[0])
        up = (min(max(y, self.y[0]), self.y[1]) - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def _text(self, x: float, y: float, text: str, size: float, colour: str, anchor: str) -> None:
        self.shapes.append({"kind": "text", "at": (x, y), "text": text, "size": size, "colour": colour, "end": anchor})


def svg(drawing: Drawing) -> str:
    """The drawing as a self-contained SVG element."""
    parts = []
    for shape in drawing.with_axes():
        colour = shape["colour"]
        if shape["kind"] in ("line", "area"):
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape["points"])
            if shape["kind"] == "area":
                parts.append(f'<polygon points="{points}" fill="{colour}" fill-opacity="0.18"/>')
            else:
                dash = ' stroke-dasharray="4 3"' if shape["dashed"] else ""
                parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"{dash}/>')
        elif shape["kind"] == "dot":
            x, y = shape["at"]
            fill = "none" if shape["hollow"] else colour
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="{colour}" stroke-width="2"/>')
        else:
            x, y = shape["at"]
            parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{shape["size"]}" fill="{colour}" '
                f'text-anchor="{shape["end"]}">{escape(shape["text"])}</text>'
            )
    label = escape(drawing.alt, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{label}" '
        f'font-family="Helvetica, Arial, sans-serif">{"".join(parts)}</svg>'
    )


def draw_on_pdf(pdf: FPDF, drawing: Drawing, left: float, top: float, width: float) -> float:
    """Draw with the upper left corner at (left, top), in the document's units; returns the height."""
    scale = width / WIDTH

    def at(point: tuple[float, float]) -> tuple[float, float]:
        return left + point[0] * scale, top + point[1] * scale

    for shape in drawing.with_axes():
        red, green, blue = (int(shape["colour"][i : i + 2], 16) for i in (1, 3, 5))
        pdf.set_draw_color(red, green, blue)
        pdf.set_fill_color(red, green, blue)
        pdf.set_text_color(red, green, blue)
        if shape["kind"] == "area":
            with pdf.local_context(fill_opacity=0.18):
                pdf.polygon([at(point) for point in shape["points"]], style="F")
        elif shape["kind"] == "line":
            pdf.set_line_width(0.35)
            if shape["dashed"]:
                pdf.set_dash_pattern(1.2, 0.9)
            pdf.polyline([at(point) for point in shape["points"]])
            pdf.set_dash_pattern()
        elif shape["kind"] == "dot":
            x, y = at(shape["at"])
            pdf.circle(x, y, 1.1, style="D" if shape["hollow"] else "DF")
        else:
            pdf.set_font("Helvetica", size=shape["size"] * scale / 0.3528)
            x, y = at(shape["at"])
            wide = pdf.get_string_width(shape["text"])
            pdf.text(x - {"start": 0.0, "middle": wide / 2, "end": wide}[shape["end"]], y, shape["text"])
    pdf.set_text_color(0, 0, 0)
    pdf.set_fill_color(255, 255, 255)  # otherwise the next table would be filled with the last dot's colour
    return HEIGHT * scale
