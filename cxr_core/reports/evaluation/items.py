"""The report of an evaluation, item by item, from what was gathered for it."""

import json
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from cxr_core import __version__
from cxr_core.evaluation.patient_split_results import leaked_share
from cxr_core.evaluation.store import Evaluation, split_in_words
from cxr_core.evaluation.misclassified_films import wrong_films
from cxr_core.labels import ESTIMATES, OPERATING_POINTS
from cxr_core.metrics.estimate import wilson
from cxr_core.metrics.estimate_text import in_short, number, quoted, rows
from cxr_core.models.registry import Model
from cxr_core.reports.evaluation.claim import AUTHORS, TITLES, Block, Item, Report
from cxr_core.reports.evaluation.drawing import Drawing

ERRORS_SHOWN = 40


@dataclass
class Gathered:
    """Everything a report rests on."""

    evaluation: Evaluation
    model: Model | None
    charts: dict[str, Drawing]
    groups: pd.DataFrame
    group_notes: list[str]
    beside: str | None = None
    uncontested: tuple[int, dict[str, Any]] | None = None
    siblings: list[str] = field(default_factory=list)
    extra: list[Block] = field(default_factory=list)

    @property
    def card(self) -> dict[str, Any]:
        """The model's card; empty for another system's scores."""
        return self.model.card if self.model else {}


def report_of(g: Gathered) -> Report:
    """The report, item by item."""
    m, card = g.evaluation.metrics, g.card
    training = card.get("training", {})
    where = f"{m['films']:,} films of {m['patients']:,} patients, {split_in_words(g.evaluation.split)}"
    where = f"{where}, data set {m['data']['name']}"
    headline = "; ".join(
        f"{ESTIMATES[name].split(' (')[0]} {in_short(quoted(m, name))}"
        for name in ("auroc", "sensitivity", "specificity")
    )
    seen = (m.get("seen_in_training") or {}).get("warning")
    caution = [text for text in (seen, g.beside, *g.siblings) if text]
    said: dict[int, list[Block]] = {
        1: ["Evaluation of a deep-learning classifier of chest X-rays, pneumonia against normal."],
        2: [f"{g.evaluation.name}, version {g.evaluation.version}, on {where}: {headline}.", *caution],
        3: [card.get("intended_use", AUTHORS), *_list("Not for", card.get("not_for"))],
        5: ["Retrospective: the films and their labels existed before the system read them."],
        6: ["Measurement of a trained model's diagnostic accuracy."],
        7: [_data_source(g)],
        9: [_preprocessing(card)],
        10: [f"The evaluated films are the {split_in_words(g.evaluation.split)}; every readable film of it was read."],
        11: [
            "Films are named by their file, patients by the data set's own key; a DICOM patient number is kept as a "
            "hash only, and of a header no more than age, sex, view and manufacturer."
        ],
        12: ["Files that cannot be read as films are left out and listed by `index`; every other film has its score."],
        19: [_partitions(training)],
        20: [_disjoint(g)],
        22: [card.get("summary", AUTHORS), *_settings(training)],
        23: [card.get("made_with", AUTHORS), f"This report: cxr_core {__version__}; intervals with SciPy and NumPy."],
        24: [_start(training.get("settings"))],
        25: _trained(training),
        26: [
            f"Best epoch {training['best_epoch']} of {training['epochs']} by {training['chosen_by']}."
            if "best_epoch" in training
            else AUTHORS
        ],
        27: ["One network; no ensemble." if card else AUTHORS, *_second_look(card)],
        28: ["Named in item 37. A film is called pneumonia at the threshold or above it.", *_points(g)],
        29: [
            "Wilson's interval for proportions; DeLong's for the AUROC; for all others, and beside these, a bootstrap "
            f"of {m['draws']:,} draws of whole patients (percentiles), seed {m['seed']}. All at 95%."
        ],
        30: ["Figures of parts of the films; small groups say so.", g.groups, *g.group_notes],
        31: [f"A heatmap of each film: {card['heatmap']['method']}." if "heatmap" in card else AUTHORS],
        32: [_internal(g)],
        33: [_external(g)],
        35: [_counts(m)],
        36: _cases(g, training),
        37: [*caution, pd.DataFrame(rows(m)), *_without_contested(g), *list(g.charts.values()), *g.extra],
        38: [_at_points(g)],
        39: _failures(g.evaluation),
        40: [*(card.get("limits") or [AUTHORS])],
        41: [card.get("intended_use", AUTHORS)],
        42: [f"Data fingerprint {m['data']['fingerprint']}. Model sha256 {card.get('sha256', 'not known')}."],
        43: [f"Licence of the model: {card['licence']}." if "licence" in card else AUTHORS, *_whole_card(card)],
    }
    lead: list[Block] = [f"{where[0].upper()}{where[1:]}. {headline}.", *caution]
    items = [Item(key, title, said.get(key) or [AUTHORS]) for key, title in TITLES.items()]
    return Report(f"{g.evaluation.name}, version {g.evaluation.version}", lead, items)


def _list(title: str, lines: list[str] | None) -> list[Block]:
    return [f"{title}: {'; '.join(lines)}."] if lines else []


def _data_source(g: Gathered) -> str:
    data, training = g.evaluation.metrics["data"], g.card.get("training", {})
    trained = f" The model was trained on {training['data']}." if "data" in training else ""
    return f"Evaluated on {data['name']}, fingerprint {data['fingerprint'][:16]}.{trained}"


def _preprocessing(card: dict[str, Any]) -> str:
    if "input" not in card:
        return AUTHORS
    steps = ", ".join(f"{key} {value}" for key, value in card["input"]["preprocessing"].items())
    return f"One grey channel, stretched to a square: {steps}. {card['input']['scaling']}."


def _second_look(card: dict[str, Any]) -> list[Block]:
    return [card["second_look"]["rule"]] if "second_look" in card else []


def _partitions(training: dict[str, Any]) -> str:
    if "split" not in training:
        return AUTHORS
    parts = "; ".join(
        f"{name}: {part['films']:,} films of {part['patients']:,} patients" for name, part in training["split"].items()
    )
    return f"Of the training data: {parts}."


def _disjoint(g: Gathered) -> str:
    if g.siblings:
        return " ".join(g.siblings)
    share = leaked_share(g.model) if g.model else None
    if share == 0:
        return "By patient: no patient of the held-out films is among those trained on."
    return "The split table of the model is not on this machine, so this cannot be checked here."


def _settings(training: dict[str, Any]) -> list[Block]:
    if "settings" not in training:
        return []
    settings = [{"Setting": key, "Value": str(value)} for key, value in training["settings"].items()]
    return [f"Recipe {training.get('recipe', 'not known')}.", pd.DataFrame(settings)]


def _start(settings: dict[str, Any] | None) -> str:
    if not settings:
        return AUTHORS
    pretrained = settings.get("pretrained", "none") != "none"
    return f"{'ImageNet weights; the new layers random' if pretrained else 'Random'}, seed {settings.get('seed', 0)}."


def _trained(training: dict[str, Any]) -> list[Block]:
    if "epochs" not in training:
        return [AUTHORS]
    return [f"{training['epochs']} epochs by the settings of item 22, augmentation included."]


def _points(g: Gathered) -> list[Block]:
    points = g.card.get("operating_points", {})
    if not points:
        return [f"Threshold {g.evaluation.threshold:.4f}, given with the scores."]
    table = [
        {
            "Operating point": OPERATING_POINTS.get(name, name)
            + (" (in use)" if name == g.card["operating_point"] else ""),
            "Threshold": number(point["threshold"], 4),
            "Rule": point["rule"],
            "Sensitivity on validation": in_short(point["sensitivity"]),
            "Specificity on validation": in_short(point["specificity"]),
        }
        for name, point in points.items()
    ]
    return ["Operating points, chosen on validation patients:", pd.DataFrame(table)]


def _internal(g: Gathered) -> str:
    same = g.card.get("training", {}).get("fingerprint") == g.evaluation.metrics["data"]["fingerprint"]
    return "These films come from the data set that the model was trained on." if same else "See the model's card."


def _external(g: Gathered) -> str:
    same = g.card.get("training", {}).get("fingerprint") == g.evaluation.metrics["data"]["fingerprint"]
    return "Not by this report." if same else "These films are not from the data set that the model was trained on."


def _counts(m: dict[str, Any]) -> str:
    return (
        f"{m['films']:,} films of {m['patients']:,} patients: {m['pneumonia']:,} labelled pneumonia, "
        f"{m['normal']:,} normal. Files that cannot be read are not among them."
    )


def _cases(g: Gathered, training: dict[str, Any]) -> list[Block]:
    films = g.evaluation.films
    table = []
    parts = {f"training data, {name}": part for name, part in training.get("split", {}).items()}
    for name, part in parts.items():
        told = ", ".join(f"{films:,} {kind}" for kind, films in part["kinds"].items())
        table.append({"Part": name, "Films": part["films"], "Patients": part["patients"], "Kinds": told})
    kinds = films["kind"].value_counts().sort_index() if "kind" in films else films["label"].value_counts()
    told = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    here = {"Part": "evaluated here", "Films": len(films), "Patients": films["patient"].nunique(), "Kinds": told}
    return [pd.DataFrame([*table, here])]


def _without_contested(g: Gathered) -> list[Block]:
    if g.uncontested is None:
        return ["No film of these is marked as having a doubtful label."]
    films, rest = g.uncontested
    figures = g.evaluation.metrics["figures"]
    table = [
        {
            "Figure": title,
            "All films": in_short(figures[name]),
            "Without contested films": in_short(rest["figures"][name]),
        }
        for name, title in ESTIMATES.items()
    ]
    return [f"{films:,} films have a label that a reviewer doubts. With and without them:", pd.DataFrame(table)]


def _at_points(g: Gathered) -> pd.DataFrame:
    scores = g.evaluation.scores
    points = g.evaluation.metrics.get("operating_points") or {"threshold in use": g.evaluation.threshold}
    table = []
    for name, threshold in points.items():
        called, sick = scores.called(threshold), scores.labels == 1
        found, cleared = (
            wilson(int(called[sick].sum()), scores.pneumonia),
            wilson(int((~called)[~sick].sum()), scores.normal),
        )
        row = {"Operating point": OPERATING_POINTS.get(name, name), "Threshold": number(threshold, 4)}
        table.append(row | {"Sensitivity": in_short(found.to_dict()), "Specificity": in_short(cleared.to_dict())})
    return pd.DataFrame(table)


def _failures(evaluation: Evaluation) -> list[Block]:
    wrong = wrong_films(evaluation)
    if wrong.empty:
        return ["At the threshold in use no film was called wrongly."]
    shown = wrong.head(ERRORS_SHOWN)
    table = pd.DataFrame(
        {
            "Film": shown["file"].str.rsplit("/").str[-1],
            "Patient": shown["patient"],
            "Label": shown["label"],
            "Called": shown["called"],
            "Score": [f"{score:.3f}" for score in shown["score"]],
        }
    )
    more = f", the {ERRORS_SHOWN} most confident of them" if len(wrong) > ERRORS_SHOWN else ", the most confident first"
    return [f"{len(wrong):,} of {len(evaluation.films):,} films were called wrongly{more}:", table]


def _whole_card(card: dict[str, Any]) -> list[Block]:
    if not card:
        return []
    return ["The model card:", pd.DataFrame([{"Field": key, "Value": _short(value)} for key, value in card.items()])]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 400 else f"{text[:400]} ..."
