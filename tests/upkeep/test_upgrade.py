"""Upgrade: records of schema 1 are written in today's."""

import json
from pathlib import Path

from cxr_core.cli.main import main
from cxr_core.models.registry import find_model, list_models
from cxr_core.records import SCHEMA
from cxr_core.upkeep.upgrade import upgrade


def test_records_of_schema_1_are_written_in_today_s_and_damaged_ones_are_named(tiny_home: Path) -> None:
    before = [(model.name, model.version) for model in list_models()]
    card = next((tiny_home / "models").glob("*/card.json"))
    old = json.loads(card.read_text()) | {"of_a_later_version": 7}
    old.pop("schema", None)
    card.write_text(json.dumps(old))
    (tiny_home / "sites").mkdir()
    (tiny_home / "sites" / "bad.json").write_text("[]")
    done = upgrade()
    assert done.changed >= 1
    assert len(done.messages) == 1
    assert "bad.json" in done.messages[0]
    assert json.loads(card.read_text()) == old | {"schema": SCHEMA}
    assert [(model.name, model.version) for model in list_models()] == before
    assert find_model(card.parent.name).card.schema == SCHEMA
    assert upgrade().changed == 0


def test_the_verbs(tiny_home: Path, tmp_path: Path, capsys) -> None:
    assert main(["upgrade", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["records"] >= 1
    assert main(["backup", str(tmp_path / "b.tar"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] >= 1
    assert main(["restore", str(tmp_path / "b.tar")]) == 2
    assert "holds something already" in capsys.readouterr().err
