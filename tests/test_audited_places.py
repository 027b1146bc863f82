"""Each place that exports, publishes, deletes or sets leaves its line in the audit log."""

import json
import re
from argparse import Namespace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cxr_core.cli.audited import record_verb
from tests.conftest import REPOSITORY
from tests.support.sign_in import write_access

THROUGH = {"cxr_core/app/components/export_button.py", "cxr_core/app/diagnose/export.py"}
CHANGES = re.compile(
    r"\b(set_default|store_profile|change_films|save_split|save_view|delete_view|contest|import_model|retire|restore"
    r"|delete_for_good|start_conversion|move_to_bin|\w+\.clear_all)\("
)


def test_every_download_of_a_page_is_an_export() -> None:
    files = [*(REPOSITORY / "cxr_core" / "app").rglob("*.py"), *(REPOSITORY / "pages").glob("*.py")]
    direct = {str(f.relative_to(REPOSITORY)) for f in files if "st.download_button(" in f.read_text(encoding="utf-8")}
    assert direct == THROUGH


def test_every_page_that_changes_something_records_it() -> None:
    for file in (REPOSITORY / "cxr_core" / "app").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if CHANGES.search(text):
            assert "audit.record(" in text, file


def _page() -> None:
    import streamlit as st

    from cxr_core.access import Account
    from cxr_core.app.components.export_button import _recorded, export_button

    who = Account("a1", "researcher")
    st.session_state.account = who
    export_button("Table", "a,b", "secret-name.csv", "table")
    _recorded("a,b", "table", who)


def test_a_download_is_recorded_without_its_file_name(cxr_home: Path) -> None:
    assert not AppTest.from_function(_page).run().exception
    entry = json.loads((cxr_home / "audit.jsonl").read_text())
    assert (entry["event"], entry["what"], entry["account"]) == ("export", "table", "a1")
    assert "secret-name" not in json.dumps(entry)


VERBS = {
    "export of readings": (Namespace(verb="prediction.predict_films", csv=Path("a.csv")), ["export"]),
    "reading alone": (Namespace(verb="prediction.predict_films", csv=None), []),
    "publish": (Namespace(verb="models.publish_run", convert=None), ["publish"]),
    "acceptance": (Namespace(verb="models.evaluate_model", accept=True, out=Path("o")), ["export", "acceptance"]),
    "model export": (Namespace(verb="models.show_models", export="m", archive=None), ["export"]),
    "model import": (Namespace(verb="models.show_models", export=None, archive=Path("m.zip")), ["publish"]),
    "backup": (Namespace(verb="upkeep.backup", out=Path("b.tar")), ["export"]),
    "restore": (Namespace(verb="upkeep.restore", backup=Path("b.tar")), ["setting"]),
    "upgrade": (Namespace(verb="upkeep.upgrade"), ["setting"]),
    "shadow mode": (Namespace(verb="ward.compare_shadow", out=Path("o")), ["export", "acceptance"]),
    "list": (Namespace(verb="models.show_models", export=None, archive=None), []),
}


@pytest.mark.parametrize("case", VERBS)
def test_a_verb_is_recorded_on_a_server_with_sign_in(case: str, cxr_home: Path) -> None:
    options, events = VERBS[case]
    cxr_home.mkdir()
    record_verb(options)
    log = cxr_home / "audit.jsonl"
    assert not log.exists()
    write_access(cxr_home, "https://id.example.org", "8501")
    record_verb(options)
    entries = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    assert [entry["event"] for entry in entries] == events
    assert all(entry["account"].startswith("uid-") for entry in entries)
