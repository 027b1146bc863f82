"""A link to any page works on a server that has had no visitor yet: frame, notice, page."""

import re

import pytest

from cxr_core.labels import NOTICE

PAGES = {"": "Diagnose", "dataset": "Dataset", "train": "Train", "evaluate": "Evaluate", "models": "Models"}


@pytest.mark.parametrize("path", PAGES)
def test_a_deep_link_on_a_cold_server_shows_frame_notice_and_page(path: str, cold_server, page) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    with cold_server() as address:
        page.goto(f"{address}/{path}")
        page.get_by_role("heading", name=PAGES[path], exact=True, level=1).wait_for()
        page.get_by_text(NOTICE, exact=True).wait_for()
        for title in PAGES.values():
            page.get_by_role("link", name=re.compile(rf"{title}$")).first.wait_for()
        assert page.get_by_text(NOTICE, exact=True).count() == 1
        assert page.get_by_role("dialog").count() == 0
        local = (f"{address}/", f"{address.replace('http', 'ws')}/", "data:", "blob:")
        assert [url for url in requests if not url.startswith(local)] == []
