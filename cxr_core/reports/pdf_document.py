"""The PDF that all reports are written into: A4 pages with the notice and the page number at their foot."""

import re
from collections.abc import Iterator
from datetime import datetime

from fpdf import FPDF

from cxr_core.labels import NOTICE
from cxr_core.languages import ENGLISH, in_language, message

Colour = tuple[int, int, int]
INK: Colour = (27, 39, 51)
GREY: Colour = (85, 97, 108)
BOTTOM_MARGIN = 20.0  # millimetres
LINE_HEIGHT = 0.46  # millimetres a point of the font size


class PDFDocument(FPDF):
    """An A4 document in Helvetica; lengths are in millimetres, font sizes in points."""

    def __init__(
        self, title: str, created: datetime | None = None, footnote: str = "", language: str = ENGLISH
    ) -> None:
        """Starts the first page. footnote: a sentence after the notice at the foot of every page.

        language: of the notice.
        """
        super().__init__(format="A4")
        self.footnote, self.language = footnote, language
        self.set_lang(language)
        self.set_title(latin(title))
        self.set_creator("CXR Workbench")
        if created:
            self.set_creation_date(created)
        self.set_auto_page_break(True, margin=BOTTOM_MARGIN)
        self.add_page()

    def footer(self) -> None:
        """The notice, the footnote and the page number; called by FPDF at the end of a page."""
        self.set_y(-15)
        self.set_font("Helvetica", size=8)
        self.set_text_color(*GREY)
        self.cell(
            0, 4, latin(f"{in_language(NOTICE, self.language)} {self.footnote}".strip()), new_x="LMARGIN", new_y="NEXT"
        )
        self.cell(0, 4, latin(in_language(message("Page {number}", number=self.page_no()), self.language)))
        self.set_text_color(*INK)

    def paragraph(self, text: str, size: float, bold: bool = False, colour: Colour = INK) -> None:
        """Text across the page from the left margin, wrapped. FPDF's own wrapping takes ten times as long."""
        self.set_font("Helvetica", "B" if bold else "", size)
        self.set_text_color(*colour)
        for line in self._wrapped(latin(text)):
            self.cell(0, size * LINE_HEIGHT, line, new_x="LEFT", new_y="NEXT")
        self.set_x(self.l_margin)

    def keep_together(self, height: float) -> None:
        """Start a new page if less than `height` is left on this one."""
        if self.will_page_break(height):
            self.add_page()

    def _wrapped(self, text: str) -> Iterator[str]:
        """Lines, broken at spaces, but not after < and >; a word that is wider than a line is broken anywhere."""
        text = re.sub("(?<=[<>]) (?=[0-9])", "\xa0", text)
        font, room = self.current_font, self.w - self.r_margin - self.x - 2 * self.c_margin
        assert font is not None
        widths = {letter: font.get_text_width(letter, self.font_size_pt, None)[1] / self.k for letter in {*text, " "}}
        for part in text.split("\n"):
            line, used = "", -widths[" "]
            for word in part.split(" "):
                wide = sum(map(widths.__getitem__, word))
                if used + widths[" "] + wide <= room:
                    line, used = f"{line} {word}" if used >= 0 else word, used + widths[" "] + wide
                    continue
                if used >= 0:
                    yield line
                line, used = "", 0.0
                for letter in word:
                    if used + widths[letter] > room and line:
                        yield line
                        line, used = "", 0.0
                    line, used = line + letter, used + widths[letter]
            yield line


def latin(text: str) -> str:
    """The text in the characters of PDF's built-in fonts, Latin-1; any other becomes "?", so no font is embedded."""
    return text.replace("–", "-").encode("latin-1", "replace").decode("latin-1")
