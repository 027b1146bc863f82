"""Fixtures of tests in a real browser: Chromium, and the app served once for all tests of the process."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from cxr_core.paths import RELEASED_MODELS
from tests.support.server import served

CHROMIUM = os.environ.get("CXR_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 90_000  # a step that takes longer has failed; a loaded machine is slow

Serve = Callable[[], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def models() -> Path | None:
    """Models to serve in addition to the released one, from CXR_TEST_MODELS. Skips if there is no model at all."""
    named = os.environ.get("CXR_TEST_MODELS")
    if not named and not (RELEASED_MODELS / "RELEASED").exists():
        pytest.skip("no released model in models/ and CXR_TEST_MODELS is not set")
    return Path(named) if named else None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Headless Chromium. Skips if it is not installed."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine; install Debian's `chromium` or set CXR_CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def address(browser: Any, models: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app, served once for all tests of the process."""
    with served(tmp_path_factory.mktemp("served"), models) as url:
        yield url


@pytest.fixture
def cold_server(browser: Any, models: Any, tmp_path_factory: pytest.TempPathFactory) -> Serve:
    """Serves the app in a new process: `with cold_server() as address`."""
    return lambda: served(tmp_path_factory.mktemp("cold"), models)


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A new tab, 1280 x 900 or the size given by `parametrize(..., indirect=True)`."""
    width, height = getattr(request, "param", (1280, 900))
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()
