"""The model card: today's cards are read, later sections survive, a card that is not one is refused with its reason."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from cxr_core.inference.decision import Rules
from cxr_core.models.card import ModelCard
from cxr_core.models.registry import damaged_models, find_model, list_models
from cxr_core.paths import home
from tests.conftest import REPOSITORY

RELEASED = REPOSITORY / "models" / (REPOSITORY / "models" / "RELEASED").read_text().strip() / "card.json"


@pytest.fixture
def stored() -> dict[str, Any]:
    return json.loads(RELEASED.read_text())


def test_the_released_card_is_read_and_written_again_without_a_loss(stored: dict[str, Any], tmp_path: Path) -> None:
    card = ModelCard.read(RELEASED)
    assert card.operating_points[card.operating_point].threshold == stored["operating_points"]["balanced"]["threshold"]
    assert card.limits_by_error_rate[card.error_rate].normal_to == stored["conformal"]["limits"]["normal_to"]
    assert card.training.settings == stored["training"]["settings"]
    assert card.estimates.values["auroc"].to_dict() == stored["figures"]["values"]["auroc"]
    changed = card.changed(later={"by": "another version"})
    changed.write(tmp_path / "card.json")
    assert json.loads((tmp_path / "card.json").read_text()) == stored | {
        "schema": 2,
        "later": {"by": "another version"},
    }


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (["sha256"], "abc", "sha256 is not 64 hexadecimal digits"),
        (["operating_point"], "other", "operating_point is not one of operating_points"),
        (["operating_points", "balanced", "threshold"], "0.5", 'operating_points.balanced.threshold is "0.5"'),
        (["operating_points", "balanced", "sensitivity", "n"], None, r"balanced\.sensitivity\.n is missing"),
        (["conformal", "error_rate"], 0.3, "conformal.error_rate is not one of"),
        (["conformal", "limits_by_error_rate"], {"x": {"pneumonia_from": 1, "normal_to": 0}}, "the rate 'x'"),
        (["figures", "values", "auroc"], [1], r"figures\.values\.auroc is a list"),
        (["training", "data_flow"], [{"films": "many"}], "films is "),
        (["limits"], ["a", 7], "an entry of limits is 7, not a text"),
        (["second_look"], {}, "second_look.rule is missing"),
        (["input", "preprocessing", "size"], 1.5, "size is 1.5"),
    ],
)
def test_a_card_that_is_not_one_says_why(stored: dict[str, Any], path: list[str], value: Any, reason: str) -> None:
    changed = copy.deepcopy(stored)
    part = changed
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(ValueError, match=reason):
        ModelCard.from_dict(changed)


def test_a_damaged_model_is_passed_over_by_name_and_the_others_stay() -> None:
    file = home() / "models" / "mine" / "card.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"sha256": 7}')
    assert list_models()[0].name == find_model().name
    assert "mine" not in [model.name for model in list_models()]
    assert damaged_models() == [
        f"{file}: is not a model card (sha256 is 7, not a text) and is passed over; restore it or remove it."
    ]


def test_the_sections_of_the_released_card_are_read(stored: dict[str, Any]) -> None:
    card = ModelCard.from_dict(stored)
    assert card.conversion
    assert (card.conversion.of_sha256, len(card.conversion.outputs)) == (card.sha256, 3)
    assert card.training.split["val"].films == stored["training"]["split"]["val"]["films"]
    assert sum(row.films for row in card.frequencies) == sum(row["films"] for row in stored["frequencies"])
    assert (card.max_spread, card.clear) == (stored["stability"]["max_spread"], stored["stability"]["clear"])
    assert card.heatmap
    assert card.augmentation


def test_a_card_without_later_sections_is_read(stored: dict[str, Any]) -> None:
    later = ("second_look", "heatmap", "conversion", "stability", "frequencies", "population", "training")
    card = ModelCard.from_dict({key: value for key, value in stored.items() if key not in later})
    assert (card.augmentation, card.heatmap, card.conversion) == (None, None, None)
    assert (card.max_spread, card.clear, Rules.of(card).clear) == (None, None, 0.0)
    assert (card.frequencies, card.population_years, card.training.data) == ((), None, "")
