"""Hostile files: each is read or refused with a reason, soon, and none of it becomes markup."""

import time
from html import escape

import pytest

from cxr_core.app.diagnose.dropped_files import Dropped, unpack
from cxr_core.app.diagnose.session import Answer, read_batches
from cxr_core.imaging.film import Provenance
from cxr_core.models.registry import list_models
from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import QuickPredictor, drop, html, open_page, quick_reader  # noqa: F401
from tests.support.hostile_files import MAKERS, SCRIPT, dicom, hostile_files, real_files

SOME = 2 * len(MAKERS)  # all 500 by `python -m benchmarks.load.hostile_files`


# pydicom warns, rightly, as the odd headers are made.
pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")


@pytest.fixture
def reader() -> QuickPredictor:
    if not (RELEASED_MODELS / "RELEASED").exists():
        pytest.skip("no released model in models/")
    return QuickPredictor(list_models()[0])


def test_every_file_is_read_or_refused_with_a_reason_within_ten_seconds(reader: QuickPredictor) -> None:
    for number, (name, data) in enumerate(hostile_files(SOME)):
        started = time.perf_counter()
        files, refused = unpack([Dropped(str(number), name, data)])
        results = next(read_batches([files], reader))  # type: ignore[arg-type]
        assert len(results) == len(files)
        assert results or refused, name
        for sentence in refused + [one.sentence for one in results if not isinstance(one, Answer)]:
            assert "accepted are" in sentence, sentence
            assert len(sentence.splitlines()) == 1, sentence
        assert time.perf_counter() - started < 10, name


def test_the_sound_files_among_them_are_read(reader: QuickPredictor) -> None:
    files = [Dropped(kind, kind, data) for kind, data in real_files().items()]
    assert all(isinstance(one, Answer) for one in next(read_batches([files], reader)))  # type: ignore[arg-type]


@pytest.mark.usefixtures("quick_reader", "reader")
def test_none_of_it_becomes_markup() -> None:
    page = drop(open_page(), *hostile_files(len(MAKERS)), ("<img src=x>.jpg", b"x"))
    drawn = html(page)
    for piece in ("<script", "<img", "<svg", "onerror=window.hacked=1>.png</li>"):
        assert piece not in drawn, piece
    assert escape("<img src=x>.jpg: not an image") in drawn
    for element in [*page.markdown, *page.caption, *page.error, *page.info, *page.warning]:
        assert "hacked" not in element.value


@pytest.mark.usefixtures("quick_reader", "reader")
def test_a_header_is_shown_as_text_and_the_patient_not_at_all() -> None:
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 255, (120, 100), np.uint8)
    page = drop(open_page(), ("film.dcm", dicom(pixels, Manufacturer=SCRIPT, InstitutionName="St Elsewhere")))
    everything = html(page) + "".join(str(element) for element in page.main)
    for piece in ("Roe", "MRN-4711", "Elsewhere", "<script>window"):
        assert piece not in everything, piece
    kept = next(iter(page.session_state["results"].values()))
    assert isinstance(kept.source, Provenance)
    assert "Roe" not in repr(kept.source)
