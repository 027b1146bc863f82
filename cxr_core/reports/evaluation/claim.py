"""The CLAIM checklist: its items and sections, and a report structured by them, before its layout as HTML or PDF.

CLAIM: Checklist for Artificial Intelligence in Medical Imaging, 2024 update, 44 items (Tejani et al., Radiology:
Artificial Intelligence 2024; 6:e240300, doi 10.1148/ryai.240300), which replaces the 42 items of 2020 (Mongan et al.,
2:e200029). Numbers, sections and order are those of the checklist; titles are shortened. Items that the software cannot
fill in contain AUTHORS, so that the authors see what they still have to write.
"""

from dataclasses import dataclass, field

import pandas as pd

from cxr_core.reports.evaluation.drawing import Drawing

AUTHORS = "To be completed by the authors; the software has no information on this item."
Block = str | pd.DataFrame | Drawing


@dataclass
class Item:
    """One item of the checklist. blocks: its paragraphs, tables and drawings in order."""

    number: int
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Report:
    """A whole report. lead: the blocks at its top, before the checklist."""

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
    1: "Identification as a study of AI and its technology",
    2: "Summary of design, methods, results and conclusions",
    3: "Background, intended use and role of the AI",
    4: "Aims, objectives and hypotheses",
    5: "Prospective or retrospective study",
    6: "Study goal",
    7: "Data sources",
    8: "Inclusion and exclusion criteria",
    9: "Data preprocessing",
    10: "Selection of data subsets",
    11: "De-identification methods",
    12: "How missing data were handled",
    13: "Image acquisition protocol",
    14: "Methods used to obtain the reference standard",
    15: "Rationale for the reference standard",
    16: "Source of the reference standard's annotations",
    17: "Annotation of the test set",
    18: "Inter- and intrarater variability",
    19: "How data were assigned to partitions",
    20: "Level at which partitions are disjoint",
    21: "Intended sample size",
    22: "Detailed description of the model",
    23: "Software libraries, frameworks and packages",
    24: "Initialisation of the parameters",
    25: "Training approach",
    26: "Method of selecting the final model",
    27: "Ensembling techniques",
    28: "Metrics of model performance",
    29: "Statistical significance and uncertainty",
    30: "Robustness or sensitivity analysis",
    31: "Explainability or interpretability",
    32: "Evaluation on internal data",
    33: "Testing on external data",
    34: "Clinical trial registration",
    35: "Patients or films included and excluded",
    36: "Characteristics of the cases in each partition",
    37: "Performance metrics and their uncertainty",
    38: "Estimates of diagnostic performance and their precision",
    39: "Failure analysis of incorrect results",
    40: "Study limitations",
    41: "Implications for practice, intended use and clinical role",
    42: "Full study protocol or technical details",
    43: "Availability of software, trained model and data",
    44: "Funding, other support and the role of funders",
}
