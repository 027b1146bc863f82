"""What a site shares of its acceptance: counts that add up, no small cells, no names; and several sites' files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.acceptance_coverage import PREVALENCE, THRESHOLD, site_scores
from cxr_core.errors import DataSetError, SettingsError
from cxr_core.metrics.scores import Scores
from cxr_core.metrics.site_acceptance import ReleasedPoint, accept
from cxr_core.models.registry import find_model
from cxr_core.models.shared_counts import (
    LEAST_CELL,
    SharedCounts,
    histogram,
    read_shared_counts,
    shared_counts,
)
from cxr_core.reports.site_table import COLUMNS, site_csv, site_document, site_lines
from tests.support.damaged_files import WAYS

RELEASED = {"balanced": ReleasedPoint(THRESHOLD, 0.94, 0.68)}


def counts(site: str = "north", seed: int = 1, films: int = 200) -> SharedCounts:
    scores = site_scores(seed, films, 0.0, 0.7)
    found = accept(scores, RELEASED, "balanced", PREVALENCE, draws=200)
    return shared_counts(found, scores, find_model(), site, "2026-01-02T10:11:12+00:00")


def test_the_counts_add_up_and_are_the_rates() -> None:
    shared, scores = counts(), site_scores(1, 200, 0.0, 0.7)
    point = shared.points[shared.point]
    assert point.true_positives == int((scores.called(THRESHOLD) & (scores.labels == 1)).sum())
    assert point.sensitivity.value == pytest.approx(point.true_positives / shared.pneumonia)
    assert point.specificity.value == pytest.approx(point.true_negatives / shared.normal)
    assert (shared.films, shared.when) == (shared.pneumonia + shared.normal, "2026-01-02")
    for name in ("pneumonia", "normal"):
        cells = shared.content["histograms"][name]
        assert sum(cells["films"]) == getattr(shared, name)
        assert len(cells["edges"]) == len(cells["films"]) + 1


def test_nothing_but_counts_and_estimates_is_in_it() -> None:
    shared = counts().to_dict()
    assert set(shared) == {
        *("schema", "site", "model", "version", "when", "films", "pneumonia", "normal", "patients", "verdict"),
        *("auroc", "point", "points", "histograms"),
    }
    assert set(shared["points"]["balanced"]) == {
        *("threshold", "true_positives", "true_negatives", "sensitivity", "specificity")
    }


@pytest.mark.parametrize("seed", range(20))
def test_no_cell_of_a_histogram_is_small(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.beta(0.3, 0.6, int(rng.integers(LEAST_CELL, 300)))
    cells = histogram(values)
    assert min(cells["films"]) >= LEAST_CELL
    assert sum(cells["films"]) == len(values)
    assert (cells["edges"][0], cells["edges"][-1]) == (0, 1)
    assert np.all(np.diff(cells["edges"]) > 0)
    counted = np.histogram(values, cells["edges"])[0]
    assert counted.tolist() == cells["films"]


def test_a_histogram_of_no_or_few_films_is_one_cell() -> None:
    assert histogram(np.zeros(0)) == {"edges": [0.0, 1.0], "films": [0]}
    assert histogram(np.array([0.2, 0.9])) == {"edges": [0.0, 1.0], "films": [2]}


def test_few_films_or_patients_are_not_shared() -> None:
    with pytest.raises(SettingsError, match=r"site 'north': 40 films, .* at least 50 films"):
        counts(films=40)
    scores = site_scores(1, 200, 0.0, 0.7)
    few = Scores(scores.labels, scores.scores, np.arange(200) % 9)
    found = accept(few, RELEASED, "balanced", PREVALENCE, draws=200)
    with pytest.raises(SettingsError, match="of 9 patients in the rarer class"):
        shared_counts(found, few, find_model(), "north", "2026")
    with pytest.raises(SettingsError, match="up to 64 letters"):
        counts(site="St. Anna Hospital")


def test_the_sites_are_one_table_with_intervals(tmp_path: Path) -> None:
    files = []
    for number, name in enumerate(("south", "north")):
        files.append(tmp_path / f"{name}.json")
        counts(name, seed=number).write(files[-1])
    sites = read_shared_counts(files)
    assert [site.site for site in sites] == ["north", "south"]
    document = site_document(sites)
    assert document["films_of_all"]["films"] == 400
    assert json.loads(json.dumps(document, allow_nan=False))["sites"][0]["site"] == "north"
    header, north, south = site_csv(sites).splitlines()
    assert header.split(",") == list(COLUMNS)
    row = dict(zip(header.split(","), north.split(","), strict=True))
    assert int(row["true_positives"]) + int(row["false_negatives"]) == int(row["pneumonia"])
    assert float(row["sensitivity_low"]) < float(row["sensitivity"]) < float(row["sensitivity_high"])
    assert south.startswith("south,")
    assert [line["Site"] for line in site_lines(sites)] == ["north", "south"]
    assert " to " in site_lines(sites)[0]["Specificity"]


def test_two_of_a_site_and_two_models_are_refused(tmp_path: Path) -> None:
    a, b = tmp_path / "a.json", tmp_path / "b.json"
    counts().write(a)
    counts().write(b)
    with pytest.raises(DataSetError, match=r"b\.json: is of site north like another file; one file a site"):
        read_shared_counts([a, b])
    replace(counts(), content=counts("south").content | {"version": "0" * 12}).write(b)
    with pytest.raises(DataSetError, match=r"b\.json: is of model .* 000000000000, another file of"):
        read_shared_counts([a, b])


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_is_none_is_one_sentence(way: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    counts().write(file)
    WAYS[way](file)
    with pytest.raises(DataSetError, match=r"a\.json: does not hold a site's shared counts; a file that") as raised:
        read_shared_counts([file])
    assert str(tmp_path) not in str(raised.value)


@pytest.mark.parametrize(
    "changed",
    [{"site": "a/b"}, {"films": 1}, {"verdict": "good"}, {"point": "rule_in"}, {"pneumonia": 0, "normal": 200}],
)
def test_counts_that_contradict_themselves_are_refused(changed: dict[str, object], tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(counts().to_dict() | changed))
    with pytest.raises(DataSetError, match=r"a\.json: does not hold"):
        read_shared_counts([file])
