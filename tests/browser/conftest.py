"""The browser tests: all of this folder are marked `browser`."""

from pathlib import Path

import pytest

from tests.support.browser import address, browser, cold_server, models, page  # noqa: F401  fixtures


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder as browser tests."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
