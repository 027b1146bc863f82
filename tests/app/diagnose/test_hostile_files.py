"""Malicious and damaged files: each is read or refused with a reason, and nothing in it becomes markup."""

from html import escape

import pytest

from cxr_core.app.diagnose.dropped_files import DroppedFile, unpack
from cxr_core.app.diagnose.session import FilmResult, read_files
from cxr_core.imaging.film import Provenance
from cxr_core.models.registry import list_models
from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import QuickPredictor, drop, html, open_page, quick_predictor  # noqa: F401
from tests.support.files.hostile_files import MAKERS, SCRIPT, dicom, hostile_files, real_files

SOME = 2 * len(MAKERS)  # all 500 by `python -m benchmarks.load.hostile_files`


# pydicom warns, rightly, as the odd headers are made.
pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")


@pytest.fixture
def predictor() -> QuickPredictor:
    if not (RELEASED_MODELS / "RELEASED").exists():
        pytest.skip("no released model in models/")
    return QuickPredictor(list_models()[0])


def test_every_file_is_read_or_refused_with_a_reason(predictor: QuickPredictor) -> None:
    for number, (name, data) in enumerate(hostile_files(SOME)):
        files, messages = unpack([DroppedFile(str(number), name, data)])
        results = [result for result, _ in read_files(files, predictor)]  # type: ignore[arg-type]
        assert len(results) == len(files)
        assert results or messages, name
        for message in [str(error) for error in messages] + [
            str(one.error) for one in results if not isinstance(one, FilmResult)
        ]:
            assert "accepted are" in message, message
            assert len(message.splitlines()) == 1, message


def test_undamaged_files_among_them_are_read(predictor: QuickPredictor) -> None:
    files = [DroppedFile(kind, kind, data) for kind, data in real_files().items()]
    assert all(isinstance(one, FilmResult) for one, _ in read_files(files, predictor))  # type: ignore[arg-type]


@pytest.mark.usefixtures("quick_predictor", "predictor")
def test_nothing_becomes_markup() -> None:
    page = drop(open_page(), *hostile_files(len(MAKERS)), ("<img src=x>.jpg", b"x"))
    drawn = html(page)
    for piece in ("<script", "<img", "<svg", "onerror=window.hacked=1>.png</li>"):
        assert piece not in drawn, piece
    assert escape("<img src=x>.jpg: not an image") in drawn
    for element in [*page.markdown, *page.caption, *page.error, *page.info, *page.warning]:
        assert "hacked" not in element.value


@pytest.mark.usefixtures("quick_predictor", "predictor")
def test_header_fields_are_shown_as_text_and_patient_data_not_at_all() -> None:
    import numpy as np

    pixels = np.random.default_rng(0).integers(0, 255, (120, 100), np.uint8)
    page = drop(open_page(), ("film.dcm", dicom(pixels, Manufacturer=SCRIPT, InstitutionName="St Elsewhere")))
    everything = html(page) + "".join(str(element) for element in page.main)
    for piece in ("Roe", "MRN-4711", "Elsewhere", "<script>window"):
        assert piece not in everything, piece
    result = next(iter(page.session_state["results"].values()))
    assert isinstance(result.source, Provenance)
    assert "Roe" not in repr(result.source)
