"""The report: every item of CLAIM with its number, self-contained, safe against what file names say."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.label_review import contest, film_keys
from cxr_core.evaluation.test_log import record_test_evaluation
from cxr_core.metrics.scores import Scores
from cxr_core.models.registry import Model, find_model
from cxr_core.reports.evaluation.build import gather, write_report
from cxr_core.reports.evaluation.charts import drawings
from cxr_core.reports.evaluation.claim import SECTIONS, TITLES
from cxr_core.reports.evaluation.drawing import Drawing, svg
from cxr_core.reports.evaluation.html import to_html
from cxr_core.reports.evaluation.items import report_of
from cxr_core.reports.evaluation.pdf import to_pdf
from tests.support.synthetic_evaluations import synthetic_evaluation


@pytest.fixture
def evaluation() -> Evaluation:
    return synthetic_evaluation(find_model())


def html_of(evaluation: Evaluation) -> str:
    return to_html(report_of(gather(evaluation, find_model())))


def test_every_item_of_claim_stands_in_order(evaluation: Evaluation) -> None:
    html = html_of(evaluation)
    assert [int(number) for number in re.findall(r'id="item-(\d+)"', html)] == list(range(1, 45))
    assert all(title in html for title in SECTIONS.values())
    assert len(TITLES) == 44


def test_it_needs_no_network_and_runs_no_script(evaluation: Evaluation) -> None:
    html = html_of(evaluation)
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)\s*=", html)
    assert re.findall(r"https?://\S+", html.replace("http://www.w3.org/2000/svg", "")) == []
    assert html.count("<svg") == 6
    assert len(html) < 300_000


def test_names_from_files_are_escaped(evaluation: Evaluation) -> None:
    films = evaluation.films.assign(file=[f"<img src=x onerror=alert(1)>{i}.png" for i in range(60)])
    html = html_of(Evaluation(evaluation.metrics, films))
    assert "<img" not in html
    assert "&lt;img" in html


def test_the_ledgers_count_and_the_contested_films_are_in_it(evaluation: Evaluation) -> None:
    record_test_evaluation(evaluation, find_model().card["sha256"])
    contest(str(film_keys(evaluation)[0]), "film0.jpeg", True)
    html = html_of(evaluation)
    assert "accessed once" in html
    assert "Without contested films" in html


@pytest.mark.parametrize(
    ("card", "start", "explained"),
    [
        ({}, "For the authors to say", "For the authors to say"),
        ({"training": {"settings": {"seed": 3}}}, "Random, seed 3.", "For the authors to say"),
        (
            {"training": {"settings": {"pretrained": "imagenet"}}, "heatmap": {"method": "places"}},
            "ImageNet weights; the new layers random, seed 0.",
            "A heatmap of each film: places.",
        ),
    ],
)
def test_where_a_network_starts_and_what_explains_it(
    evaluation: Evaluation, card: dict, start: str, explained: str
) -> None:
    page = to_html(report_of(replace(gather(evaluation, None), model=Model(Path("tiny"), card))))
    for item, sentence in ((24, start), (31, explained)):
        assert sentence in page.split(f'id="item-{item}"')[1].split('id="item-')[0]


def test_a_folder_of_files_is_written(evaluation: Evaluation, tmp_path: Path) -> None:
    write_report(evaluation, find_model(), tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert {"report.html", "report.pdf", "roc.svg", "confusion_matrix.svg", "decision_curve.svg"} <= names
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") >= 4


def test_another_systems_scores_have_a_report_too(evaluation: Evaluation) -> None:
    few = Evaluation(evaluation.metrics, evaluation.films[["file", "label", "score", "patient", "called"]])
    report = report_of(gather(few, None))
    assert to_pdf(report).startswith(b"%PDF")
    assert "For the authors to say" in to_html(report)


def test_one_class_leaves_out_what_cannot_be_drawn() -> None:
    scores = Scores([1, 1, 1], [0.2, 0.5, 0.9], ["a", "b", "c"])
    assert set(drawings(scores, 0.5, {})) == {"confusion_matrix", "reliability", "scores_by_class", "decision_curve"}


def test_a_drawing_stays_on_its_sheet() -> None:
    drawing = Drawing("A", "A drawing", x_title="x")
    drawing.line([(-5, 0.5), (5, 0.5)], "#000000")
    drawing.words(0.5, 0.5, "a < b")
    text = svg(drawing)
    assert "a &lt; b" in text
    assert 'aria-label="A drawing"' in text
    points = [float(number) for pair in re.findall(r'points="([^"]+)"', text) for number in re.split("[ ,]", pair)]
    assert min(points) >= 0
    assert max(points) <= 360


def test_an_empty_table_does_not_break_the_page(evaluation: Evaluation) -> None:
    report = report_of(gather(evaluation, find_model(), extra=[pd.DataFrame({"A": []})]))
    assert to_html(report)
    assert to_pdf(report)
