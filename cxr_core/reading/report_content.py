"""What a report says, item by item of CLAIM, before it is laid out as a page or as paper.

CLAIM: Checklist for Artificial Intelligence in Medical Imaging, 2024 update, 44 items (Tejani et al., Radiology:
Artificial Intelligence 2024; 6:e240300, doi 10.1148/ryai.240300). Titles are in our words. An item that no software
can know says so, so that the authors see what they still have to write.
"""

from dataclasses import dataclass, field

import pandas as pd

from cxr_core.reading.report_drawing import Drawing

AUTHORS = "For the authors to say; the software does not know it."
Block = str | pd.DataFrame | Drawing


@dataclass
class Item:
    """One item of the checklist: its number, its title, and paragraphs, tables and drawings in order."""

    number: int
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Report:
    """A whole report. lead: what stands at its top, before the checklist."""

    title: str
    lead: list[Block]
    items: list[Item]


SECTIONS = {
    1: "Title and abstract",
    3: "Introduction",
    5: "Methods: study design",
    7: "Methods: data",
    14: "Methods: reference standard",
    19: "Methods: data partitions",
    21: "Methods: testing data",
    22: "Methods: model",
    25: "Methods: training",
    28: "Methods: evaluation",
    35: "Results: data",
    37: "Results: model performance",
    40: "Discussion",
    42: "Other information",
}
TITLES = {
    1: "Identification as a study of AI",
    2: "Summary",
    3: "Background and intended use",
    4: "Aims and hypotheses",
    5: "Prospective or retrospective",
    6: "Study goal",
    7: "Data sources",
    8: "Inclusion and exclusion",
    9: "Preprocessing",
    10: "Selection of data subsets",
    11: "De-identification",
    12: "Missing data",
    13: "Image acquisition",
    14: "Definition of the reference standard",
    15: "Why this reference standard",
    16: "Source of the annotations",
    17: "Annotation of the test set",
    18: "Inter- and intrarater variability",
    19: "Assignment to partitions",
    20: "Level at which partitions are disjoint",
    21: "Intended sample size",
    22: "Description of the model",
    23: "Software",
    24: "Initialisation of the parameters",
    25: "Training",
    26: "Selection of the final model",
    27: "Ensembling",
    28: "Metrics",
    29: "Uncertainty",
    30: "Robustness",
    31: "Explainability",
    32: "Evaluation on internal data",
    33: "Testing on external data",
    34: "Clinical trial registration",
    35: "Patients and films included and excluded",
    36: "Characteristics of the cases in each partition",
    37: "Performance and its uncertainty",
    38: "Diagnostic performance and its precision",
    39: "Failure analysis",
    40: "Limitations",
    41: "Implications for practice",
    42: "Protocol and technical details",
    43: "Availability of software, model and data",
    44: "Funding",
}
