"""What a card says of a model's use and limits, by the films it was trained on."""

from pathlib import Path
from typing import Any

from cxr_core.datasets.demo import is_synthetic
from cxr_core.datasets.kermany_names import identify

NOT_FOR = [
    "Clinical decisions of any kind",
    "Lateral films, CT slices, photographs of films",
    "Telling bacterial from viral pneumonia, or finding any other disease",
]
DRAWN_ALIKE = (
    "The held-out patients are drawn like the training patients. Films of another hospital, another machine or another "
    "age are not, and a model of this kind fell from AUC 0.95 to 0.54 on them (Xin et al. 2021, "
    "doi 10.1007/s10140-021-01954-x)."
)
PREVALENCE = (
    "The probability holds where pneumonia is as frequent as among the training films ({share:.0%}); in a ward with "
    "less of it, the probability is too high."
)
KERMANY = {
    "intended_use": "Teaching and research on frontal chest X-rays of children of 1 to 5 years: pneumonia against "
    "normal. A person who can read the film decides.",
    "not_for": [*NOT_FOR, "Films of adults, and of children under 1 or over 5 years"],
    "limits": [
        "All its films come from one hospital, Guangzhou Women and Children's Medical Center (Kermany et al. 2018).",
        "On the official test split of this data set, which is not drawn like the training split, models of this kind "
        "call more normal films pneumonia than on held-out patients.",
    ],
    "licence": "Apache-2.0; trained on films under CC BY 4.0 (Kermany et al. 2018)",
}
SYNTHETIC = {
    "intended_use": "Trying out the app. It was trained on synthetic films, drawn by a computer.",
    "not_for": [*NOT_FOR, "Any real film"],
    "limits": ["No real film was among those it was trained on, and none among those its figures come from."],
    "licence": "Apache-2.0; trained on films drawn from a model of films under CC BY 4.0 (Kermany et al. 2018)",
}
OTHER = {
    "intended_use": "Research on frontal chest X-rays like those it was trained on: pneumonia against normal. A person "
    "who can read the film decides.",
    "not_for": [*NOT_FOR, "Patients unlike those whose films it was trained on"],
    "limits": ["Where the training films come from, and whom they show, their folder does not say."],
    "licence": "That of the films it was trained on, which their folder does not say",
}


def describe_use(data: Path, paths: list[str], pneumonia_share: float) -> dict[str, Any]:
    """`intended_use`, `not_for`, `limits` and `licence` of a card.

    data: the folder of the films. paths: of the films, relative to it. pneumonia_share: of them, 0 to 1.
    Films with the names of "Chest X-Ray Images (Pneumonia)" are taken to be of it, unless they are marked synthetic.
    """
    first = data / paths[0]
    named = sum(bool(identify(Path(path).name).series) for path in paths) / len(paths)
    told = KERMANY if named > 0.9 else OTHER
    if first.is_file() and is_synthetic(first.read_bytes()):
        told = SYNTHETIC
    return told | {"limits": [*told["limits"], DRAWN_ALIKE, PREVALENCE.format(share=pneumonia_share)]}
