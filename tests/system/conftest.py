"""The slow tests: real servers, long journeys, killed processes. `make system` runs them."""

from tests.support.browser import browser, models  # noqa: F401  fixtures
