"""Charts as SVG."""

import re

from cxr_core.reports.evaluation.drawing import WIDTH, Drawing, svg


def test_a_drawing_stays_on_its_sheet_and_escapes_text() -> None:
    drawing = Drawing("A", "A drawing", x_title="x")
    drawing.line([(-5, 0.5), (5, 0.5)], "#000000")
    drawing.text(0.5, 0.5, "a < b")
    text = svg(drawing)
    assert "a &lt; b" in text
    assert 'aria-label="A drawing"' in text
    points = [float(number) for pair in re.findall(r'points="([^"]+)"', text) for number in re.split("[ ,]", pair)]
    assert min(points) >= 0
    assert max(points) <= WIDTH
