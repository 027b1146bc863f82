"""Films of the model's own training are counted and lead to a warning."""

from pathlib import Path

from cxr_core.datasets.index import build_index
from cxr_core.evaluation.train_test_overlap import training_overlap
from cxr_core.models.registry import Model
from tests.support.synthetic_chests import write_data_set


def test_films_that_were_trained_on_are_counted(tmp_path: Path, model: Model) -> None:
    index = build_index(write_data_set(tmp_path / "data", patients=4, split="test"))
    folder = tmp_path / "model"
    folder.mkdir()
    films = index.readable.assign(split="train")
    films.iloc[8:12, films.columns.get_loc("split")] = "val"
    films.iloc[12:, films.columns.get_loc("split")] = "test"
    films[["path", "label", "kind", "patient", "sha256", "split"]].to_csv(folder / "split.csv", index=False)
    card = model.card | {"training": model.card["training"] | {"fingerprint": index.fingerprint}}
    overlap = training_overlap(Model(folder, card), index, index.readable)
    assert (overlap["trained_on"], overlap["validated_on"]) == (8, 4)
    assert "optimistic" in overlap["warning"]
    held_out = training_overlap(Model(folder, card), index, index.readable.iloc[12:])
    assert held_out["trained_on"] == held_out["siblings"] == 0
    assert held_out["warning"] is None
    unknown = training_overlap(Model(tmp_path / "gone", card), index, index.readable)
    assert not unknown["known"]
    assert "not on this machine" in unknown["warning"]
