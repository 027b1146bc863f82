"""The slow tests: real servers, long journeys, killed processes. `make system` runs them."""

from tests.support.browser import address, browser, cold_server, models, page  # noqa: F401  fixtures
