"""The viewer's data: values survive the way to the browser, the ruler's millimetres, films side by side."""

import base64
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.app.diagnose.viewer import millimetres, values_data
from cxr_core.imaging.film import Provenance
from cxr_core.imaging.full_range import FullRange
from cxr_core.paths import RELEASED_MODELS
from tests.support.diagnose_page import (  # noqa: F401
    bright_film,
    check,
    component,
    drop,
    open_page,
    quick_predictor,
)

needs_a_model = pytest.mark.skipif(not (RELEASED_MODELS / "RELEASED").exists(), reason="no released model in models/")


def test_values_survive_the_way_to_the_browser() -> None:
    values = np.random.default_rng(0).integers(0, 65_536, (40, 30)).astype(np.uint16)
    sent = values_data(FullRange(values, np.arange(65_536).astype(np.uint8), 1, 0, 16, 1))
    planes = np.frombuffer(zlib.decompress(base64.b64decode(sent["data"])), np.uint8).reshape(2, 40, 30)
    changes = planes[0].astype(np.uint16) << 8 | planes[1]
    assert np.array_equal(np.cumsum(changes, axis=1, dtype=np.uint16), values)
    assert (sent["width"], sent["height"]) == (30, 40)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"ImagerPixelSpacing": "0.2\\0.2"}, (0.2, True)),
        ({"PixelSpacing": "0.15\\0.15", "ImagerPixelSpacing": "0.2\\0.2"}, (0.15, False)),
        ({"PixelSpacing": "0.2\\0.2", "ImagerPixelSpacing": "0.2\\0.2"}, (0.2, True)),
        ({"PixelSpacing": "0.1\\0.2"}, (0.1, False)),  # enlarged along the longer side
        ({"PixelSpacing": "0\\0"}, None),
        ({"PixelSpacing": "1e9\\1e9"}, None),
        ({"PixelSpacing": "0.2"}, None),
        ({}, None),
    ],
)
def test_millimetres_where_the_pixel_spacing_is_known(header: dict[str, str], expected: object) -> None:
    assert millimetres(Provenance("DICOM", 10, 10, 12, header=header)) == expected


def asked(page: AppTest, function: str, **values: object) -> AppTest:
    """The page after the viewer asked for something, as AppTest cannot send a component's values."""
    from cxr_core.app.diagnose import film_view

    state = SimpleNamespace(**values)
    with pytest.MonkeyPatch.context() as patch:
        session = page.session_state
        fake = SimpleNamespace(session_state=_State(session, state))
        patch.setattr(film_view, "st", fake)
        getattr(film_view, function)()
    return check(page.run())


class _State:
    """A session state with the values of the viewer."""

    def __init__(self, session: object, viewer: object) -> None:
        object.__setattr__(self, "session", session)
        object.__setattr__(self, "viewer", viewer)

    def __getitem__(self, name: str) -> object:
        return self.viewer

    def get(self, name: str, default: object = None) -> object:
        return self.session.get(name, default)

    def __setattr__(self, name: str, value: object) -> None:
        self.session[name] = value


@needs_a_model
@pytest.mark.usefixtures("quick_predictor")
def test_values_are_sent_when_the_reader_windows_the_film() -> None:
    page = drop(open_page(), ("one.png", bright_film(0.9)))
    viewer = component(page, "viewer")
    assert viewer["values"] is None
    page = asked(page, "_want", wanted=viewer["film"])
    assert component(page, "viewer")["values"]["bits"] == 8
    page = asked(page, "_want", wanted=["anything"])
    assert component(page, "viewer")["values"]["bits"] == 8


@needs_a_model
@pytest.mark.usefixtures("quick_predictor")
def test_another_film_beside_the_chosen_one() -> None:
    page = drop(open_page(), *((f"{seed}.png", bright_film(0.95 - seed / 5, seed)) for seed in range(3)))
    assert component(page, "viewer")["beside"] is None
    page = asked(page, "_change_beside", beside="toggle")
    chosen, first = component(page, "viewer")["name"], component(page, "viewer")["beside"]["name"]
    page = asked(page, "_change_beside", beside="next")
    assert len({chosen, first, component(page, "viewer")["beside"]["name"]}) == 3
    page = asked(page, "_change_beside", beside="next")
    assert component(page, "viewer")["beside"]["name"] == first  # never the chosen film itself
    page = asked(page, "_change_beside", beside="toggle")
    assert component(page, "viewer")["beside"] is None
