"""The report of an evaluation: all items of CLAIM, no network, no script, escaped file names."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.label_review import contest, film_keys
from cxr_core.evaluation.test_log import record_test_evaluation
from cxr_core.models.registry import find_model
from cxr_core.reports.evaluation.build import collect, write_report
from cxr_core.reports.evaluation.claim import SECTIONS, TITLES
from cxr_core.reports.evaluation.html import to_html
from cxr_core.reports.evaluation.items import report_of
from cxr_core.reports.evaluation.pdf import to_pdf
from tests.support.synthetic_evaluations import synthetic_evaluation


@pytest.fixture
def evaluation() -> Evaluation:
    return synthetic_evaluation(find_model())


def html_of(evaluation: Evaluation) -> str:
    return to_html(report_of(collect(evaluation, find_model())))


def test_every_item_of_claim_is_present_in_order(evaluation: Evaluation) -> None:
    html = html_of(evaluation)
    assert [int(number) for number in re.findall(r'id="item-(\d+)"', html)] == list(range(1, 45))
    assert all(title in html for title in SECTIONS.values())
    assert len(TITLES) == 44


def test_the_figures_come_before_the_checklist_and_no_value_is_cut(evaluation: Evaluation) -> None:
    report = report_of(collect(evaluation, find_model()))
    html = to_html(report)
    assert "AUROC" in html.split('id="item-1"')[0]
    assert html.split('id="item-1"')[0].count("<svg") == 6
    assert "{&quot;" not in html.split('id="item-42"')[1]
    assert " ...<" not in html


def test_it_needs_no_network_and_runs_no_script(evaluation: Evaluation) -> None:
    html = html_of(evaluation)
    assert "<script" not in html
    assert not re.findall(r"(?:src|href)\s*=", html)
    assert re.findall(r"https?://\S+", html.replace("http://www.w3.org/2000/svg", "")) == []
    assert html.count("<svg") == 6
    assert len(html) < 300_000


def test_names_from_files_are_escaped(evaluation: Evaluation) -> None:
    films = evaluation.films.assign(file=[f"<img src=x onerror=alert(1)>{i}.png" for i in range(60)])
    html = html_of(Evaluation(evaluation.record, films))
    assert "<img" not in html
    assert "&lt;img" in html


def test_test_set_accesses_and_contested_films_are_reported(evaluation: Evaluation) -> None:
    record_test_evaluation(evaluation, find_model().card.sha256)
    contest(str(film_keys(evaluation)[0]), "film0.jpeg", True)
    html = html_of(evaluation)
    assert "accessed once" in html
    assert "Without contested films" in html


@pytest.mark.parametrize(
    ("card", "start", "explained"),
    [
        (None, "To be completed by the authors", "To be completed by the authors"),
        ({"training": {"settings": {"seed": 3}}, "heatmap": None}, "Random, seed 3.", "To be completed by the authors"),
        (
            {"training": {"settings": {"pretrained": "imagenet"}}, "heatmap": {"method": "feature map"}},
            "ImageNet weights; the new layers random, seed 0.",
            "A heatmap of each film: feature map.",
        ),
    ],
)
def test_initialisation_and_explanation(evaluation: Evaluation, card: dict | None, start: str, explained: str) -> None:
    model = None if card is None else replace(find_model().described(**card), folder=Path("tiny"))
    page = to_html(report_of(replace(collect(evaluation, None), model=model)))
    for item, sentence in ((24, start), (31, explained)):
        assert sentence in page.split(f'id="item-{item}"')[1].split('id="item-')[0]


def test_a_folder_of_files_is_written(evaluation: Evaluation, tmp_path: Path) -> None:
    write_report(evaluation, find_model(), tmp_path)
    names = {file.name for file in tmp_path.iterdir()}
    assert {"report.html", "report.pdf", "roc.svg", "confusion_matrix.svg", "decision_curve.svg"} <= names
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert pdf.count(b"/Type /Page\n") >= 4


def test_another_systems_scores_have_a_report(evaluation: Evaluation) -> None:
    few = Evaluation(evaluation.record, evaluation.films[["file", "label", "score", "patient", "called"]])
    report = report_of(collect(few, None))
    assert to_pdf(report).startswith(b"%PDF")
    assert "To be completed by the authors" in to_html(report)


def test_an_empty_table_does_not_break_the_page(evaluation: Evaluation) -> None:
    report = report_of(collect(evaluation, find_model(), extra=[pd.DataFrame({"A": []})]))
    assert to_html(report)
    assert to_pdf(report)


@pytest.mark.parametrize(
    ("found", "by", "internal", "external"),
    [
        (0, "content and fingerprint", "None of these {n} films is in", "The films are in no part"),
        (5, "content and fingerprint", "5 of these {n} films are in", "other {rest} films are in no part"),
        (5, "content", "copies of another size are not found", "other {rest} films are in no part"),
        (None, "", "was not checked", "See item 32."),
    ],
)
def test_what_is_said_of_training_films_comes_from_the_overlap_check(
    evaluation: Evaluation, found: int | None, by: str, internal: str, external: str
) -> None:
    films = evaluation.metrics.films
    overlap = {"known": True, "trained_on": found or 0, "validated_on": 0, "siblings": 0, "warning": None}
    if found is not None:
        overlap |= {"in_split_table": found, "copies": 0, "compared_by": by}
    items = report_of(collect(evaluation.with_sections(seen_in_training=overlap), find_model())).items
    stated = {item.number: item.blocks[0] for item in items}
    assert internal.format(n=films) in str(stated[32])
    assert external.format(rest=films - 5) in str(stated[33])
