"""How many evaluated films were used in the training of a model, as it is stored and in words."""

from dataclasses import dataclass
from typing import Any, Self

from cxr_core.records import Fields


@dataclass(frozen=True)
class Overlap:
    """Films that were used in a model's training or validation, and films of patients that were.

    known: whether the model's split table is on this machine. compared_by: "content and fingerprint", "content" for a
    model without fingerprints, "" if not known. in_split_table: films of the model's split; None in evaluations of
    earlier versions, which did not count them. copies: those of `in_split_table` in other bytes: another size or
    encoding. same_patient: films that were not trained on, of patients that were. warning: a sentence, or None.
    """

    known: bool
    compared_by: str
    in_split_table: int | None
    trained_on: int
    validated_on: int
    copies: int
    same_patient: int
    warning: str | None

    @classmethod
    def of(cls, stored: Fields) -> Self:
        """The entry `seen_in_training` of `metrics.json`. Raises ValueError."""
        return cls(
            known=stored.flag("known", False),
            compared_by=stored.optional_text("compared_by") or "",
            in_split_table=stored.optional_whole("in_split_table"),
            trained_on=stored.whole("trained_on", 0),
            validated_on=stored.whole("validated_on", 0),
            copies=stored.whole("copies", 0),
            same_patient=stored.whole("siblings", 0),
            warning=stored.optional_text("warning"),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; `same_patient` has the key "siblings"."""
        return {
            "known": self.known,
            "compared_by": self.compared_by,
            "in_split_table": self.in_split_table,
            "trained_on": self.trained_on,
            "validated_on": self.validated_on,
            "copies": self.copies,
            "siblings": self.same_patient,
            "warning": self.warning,
        }


def overlap_in_words(overlap: Overlap | None, films: int) -> str:
    """One sentence on whether the evaluated films, `films` in number, are among the model's."""
    if overlap is None or overlap.in_split_table is None:
        return "Whether these films were trained on was not checked."
    if not overlap.known:
        return "Whether these films were trained on is not known: the model's split table is not on this machine."
    by = "by content and by perceptual fingerprint"
    if overlap.compared_by == "content":
        by = "by content; the model has no fingerprints, so copies of another size are not found"
    found, trained, validated = overlap.in_split_table, overlap.trained_on, overlap.validated_on
    if not found:
        return f"None of these {films:,} films is in the model's split table, compared {by}."
    return (
        f"{found:,} of these {films:,} films are in the model's split table, compared {by}: {trained:,} trained on, "
        f"{validated:,} validated on, {found - trained - validated:,} held out; {overlap.copies:,} of them in "
        "another size or encoding."
    )
