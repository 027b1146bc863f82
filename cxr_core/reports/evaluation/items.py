"""The report of an evaluation: the content of each item of the CLAIM checklist."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from cxr_core import __version__
from cxr_core.evaluation.evaluation import Evaluation, split_label
from cxr_core.evaluation.overlap import overlap_in_words
from cxr_core.evaluation.train_test_overlap import leaked_share
from cxr_core.labels import ESTIMATES
from cxr_core.metrics.estimate_text import rows, value_with_interval
from cxr_core.metrics.film_metrics import Metrics, estimate_to_report
from cxr_core.models.card import ModelCard
from cxr_core.models.card_sections import CardTraining
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation import tables
from cxr_core.reports.evaluation.claim import AUTHORS, TITLES, Block, Item, Report
from cxr_core.reports.evaluation.drawing import Drawing

MISCLASSIFIED_SHOWN = 40


@dataclass
class ReportData:
    """What a report is made from, see `build.collect`.

    model: None for another system's scores. charts: by file name. groups, group_notes: estimates of subgroups.
    access_note: how often the test films were accessed; None for other films. uncontested: the number of contested
    films, and the estimates without them; None if there are none. split_warnings: if the model's own split
    separates films instead of patients. extra: further blocks for the results.
    """

    evaluation: Evaluation
    model: Model | None
    charts: dict[str, Drawing]
    groups: pd.DataFrame
    group_notes: list[str]
    access_note: str | None = None
    uncontested: tuple[int, Metrics] | None = None
    split_warnings: list[str] = field(default_factory=list)
    extra: list[Block] = field(default_factory=list)

    @property
    def card(self) -> ModelCard | None:
        """The model's card; None for another system's scores."""
        return self.model.card if self.model else None


def report_of(data: ReportData) -> Report:
    """The report, item by item; items without content are for the authors."""
    evaluation, metrics, card = data.evaluation, data.evaluation.metrics, data.card
    record, training = evaluation.record, card.training if card else None
    split = split_label(evaluation.split)
    films = f"{metrics.films:,} films of {metrics.patients:,} patients, {split}, data set {record.data}"
    headline = "; ".join(
        f"{ESTIMATES[name].split(' (')[0]} {value_with_interval(estimate_to_report(metrics, name))}"
        for name in ("auroc", "sensitivity", "specificity")
    )
    overlap_warning = record.overlap.warning if record.overlap else None
    warnings = [text for text in (overlap_warning, data.access_note, *data.split_warnings) if text]
    content: dict[int, list[Block]] = {
        1: ["Evaluation of a deep-learning classifier of chest X-rays, pneumonia versus normal."],
        2: [f"{evaluation.name}, version {evaluation.version}, on {films}: {headline}.", *warnings],
        3: [card.intended_use, *_list("Not for", card.not_for)] if card else [],
        5: ["Retrospective: films and labels existed before the system read the films."],
        6: ["Measurement of a trained model's diagnostic accuracy."],
        7: [_data_source(data)],
        9: [_preprocessing(card)],
        10: [f"The evaluated films are: {split}. Every readable film of it was evaluated."],
        11: [
            "Films are identified by file name, patients by the data set's own key. Of a DICOM header, the patient "
            "number is stored as a hash only; age, sex, view and manufacturer are the only other fields used."
        ],
        12: ["Unreadable files are excluded and listed by `index`; every other film has a score."],
        19: [_partitions(training)],
        20: [_disjoint(data)],
        22: [card.summary, *_recipe(card.training)] if card else [],
        23: [
            (card and card.made_with) or AUTHORS,
            f"This report: cxr_core {__version__}; intervals with SciPy and NumPy.",
        ],
        24: [_initialisation(training)],
        25: _training(training),
        26: [_selection(training)],
        27: ["One network; no ensemble." if card else AUTHORS, *_test_time_augmentation(card)],
        28: [
            "See item 37. A film is classified as pneumonia if its score is at or above the threshold.",
            *_operating_points(data),
        ],
        29: [
            "Wilson intervals for proportions, DeLong intervals for the AUROC; for all other estimates, and in "
            f"addition for these, percentile intervals of {metrics.draws:,} bootstrap resamples of whole patients, "
            f"seed {metrics.seed}. All intervals are 95% confidence intervals."
        ],
        30: ["Estimates of subgroups; small groups are marked.", data.groups, *data.group_notes],
        31: [f"A heatmap of each film: {card.heatmap.method}."] if card and card.heatmap else [],
        32: [_overlap(data)],
        33: [_external(data)],
        35: [
            f"{metrics.films:,} films of {metrics.patients:,} patients: {metrics.pneumonia:,} labelled "
            f"pneumonia, {metrics.normal:,} normal. Unreadable files are not included."
        ],
        36: [tables.cases(evaluation, training)],
        37: ["The figures at the beginning of this report.", *_contested(data)],
        38: [
            tables.operating_points_on(
                evaluation.scores,
                record.operating_points or {"threshold in use": evaluation.threshold},
            )
        ],
        39: _failures(evaluation),
        40: [*card.limits] if card else [],
        41: [card.intended_use] if card else [],
        42: [f"Data fingerprint {record.fingerprint}. Model sha256 {card.sha256 if card else 'not known'}."],
        43: [f"Licence of the model: {card.licence}. Its card is the file card.json of its folder."] if card else [],
    }
    summary = f"{films[0].upper()}{films[1:]}. {headline}."
    figures = [pd.DataFrame(rows(metrics)), *data.charts.values(), *data.extra]
    lead: list[Block] = [summary, *warnings, *figures]
    items = [Item(number, title, content.get(number) or [AUTHORS]) for number, title in TITLES.items()]
    return Report(f"{evaluation.name}, version {evaluation.version}", lead, items)


def _list(title: str, lines: Sequence[str]) -> list[Block]:
    return [f"{title}: {'; '.join(lines)}."] if lines else []


def _data_source(data: ReportData) -> str:
    record, trained_on = data.evaluation.record, data.card.training.data if data.card else ""
    trained = f" The model was trained on {trained_on}." if trained_on else ""
    return f"Evaluated on {record.data}, fingerprint {record.fingerprint[:16]}.{trained}"


def _preprocessing(card: ModelCard | None) -> str:
    if card is None:
        return AUTHORS
    steps = ", ".join(f"{key} {value}" for key, value in card.preprocessing.items())
    return f"One grey channel, resized to a square: {steps}. {card.input_scaling}."


def _test_time_augmentation(card: ModelCard | None) -> list[Block]:
    return [card.augmentation.rule] if card and card.augmentation else []


def _partitions(training: CardTraining | None) -> str:
    if training is None or not training.split:
        return AUTHORS
    parts = "; ".join(
        f"{name}: {part.films:,} films of {part.patients:,} patients" for name, part in training.split.items()
    )
    return f"Of the training data: {parts}."


def _disjoint(data: ReportData) -> str:
    if data.split_warnings:
        return " ".join(data.split_warnings)
    share = leaked_share(data.model) if data.model else None
    if share == 0:
        return "By patient: no patient of the held-out films is in the training set."
    return "The model's split table is not on this machine, so this cannot be checked here."


def _recipe(training: CardTraining) -> list[Block]:
    if not training.settings:
        return []
    return [f"Recipe {training.recipe or 'not known'}.", tables.recipe_settings(training)]


def _initialisation(training: CardTraining | None) -> str:
    if training is None or not training.settings:
        return AUTHORS
    weights = "ImageNet weights; the new layers random" if training.pretrained else "Random"
    return f"{weights}, seed {training.seed}."


def _training(training: CardTraining | None) -> list[Block]:
    if training is None or training.epochs is None:
        return [AUTHORS]
    return [f"{training.epochs} epochs with the settings of item 22, augmentation included."]


def _selection(training: CardTraining | None) -> str:
    if training is None or training.best_epoch is None:
        return AUTHORS
    return f"Best epoch {training.best_epoch} of {training.epochs} by {training.chosen_by}."


def _operating_points(data: ReportData) -> list[Block]:
    if data.card is None:
        return [f"Threshold {data.evaluation.threshold:.4f}, given with the scores."]
    return ["Operating points, chosen on validation patients:", tables.operating_points_of_card(data.card)]


def _overlap(data: ReportData) -> str:
    if data.model is None:
        return "Scores without films: whether the system was trained on these films cannot be checked here."
    return overlap_in_words(data.evaluation.record.overlap, data.evaluation.metrics.films)


def _external(data: ReportData) -> str:
    overlap, films = data.evaluation.record.overlap, data.evaluation.metrics.films
    found = overlap.in_split_table if overlap and overlap.known else None
    if data.model is None or found is None:
        return "See item 32."
    if found == films:
        return "Not in this report: every film is in the model's split table."
    rest = "The films" if not found else f"The other {films - found:,} films"
    return f"{rest} are in no part of the model's split table. Whether they come from the same hospital is not known."


def _contested(data: ReportData) -> list[Block]:
    if data.uncontested is None:
        return ["No film has a label that a reviewer marked as doubtful."]
    films, without = data.uncontested
    table = tables.with_and_without_contested(data.evaluation.metrics, without)
    return [f"A reviewer marked the labels of {films:,} films as doubtful. Estimates with and without them:", table]


def _failures(evaluation: Evaluation) -> list[Block]:
    table, wrong = tables.misclassified(evaluation, MISCLASSIFIED_SHOWN)
    if not wrong:
        return ["No film was misclassified at the threshold in use."]
    shown = f"the {MISCLASSIFIED_SHOWN} most confident" if wrong > MISCLASSIFIED_SHOWN else "the most confident first"
    return [f"{wrong:,} of {len(evaluation.films):,} films were misclassified; {shown}:", table]
