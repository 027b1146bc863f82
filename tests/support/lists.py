"""Selectboxes in a browser."""

import re

OPENS_WITHIN_MS = 5_000
TRIES = 10


def pick(page, label: str | re.Pattern, option: str | re.Pattern) -> None:
    """Choose an option of a selectbox. The list closes if the page is redrawn meanwhile; it is then opened again."""
    from playwright.sync_api import TimeoutError as NotThere

    wanted = page.get_by_role("option", name=option, exact=isinstance(option, str)).first
    for left in reversed(range(TRIES)):
        page.get_by_role("combobox", name=label).first.click()
        try:
            return wanted.click(timeout=OPENS_WITHIN_MS)
        except NotThere:
            if not left:
                raise
