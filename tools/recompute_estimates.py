"""Computes a published model's estimates by source and subgroup again, from the scores stored when it was published.

    .venv/bin/python -m tools.recompute_estimates MODEL

No film is read and no test split is accessed: the values stay, the intervals become those of today's bootstrap. The
share of films of neither class that are called pneumonia stays as it is, for the scores of these films are not stored.
"""

import argparse
import sys
from typing import Any

from cxr_core.errors import CXRError, WorkError
from cxr_core.evaluation.groups import group_table
from cxr_core.evaluation.sources import source_figures
from cxr_core.evaluation.store import read_evaluation
from cxr_core.models.registry import Model, find_model


def recompute(model: Model) -> dict[str, Any]:
    """Write the card's `by_source`, if it has one, and `subgroups` again; returns both.

    `by_source` is also written into the held-out evaluation. Raises WorkError if the stored scores do not give the
    card's values, DamagedRecord if they cannot be read.
    """
    file = model.folder / "evaluations" / "held-out.json"
    evaluation, figures = read_evaluation(file), model.card.to_dict()["figures"]
    fresh: dict[str, Any] = {"subgroups": group_table(evaluation)[0].to_dict("records")}
    if before := figures.get("by_source"):
        sources = {entry["source"]: entry for entry in source_figures(evaluation.films, evaluation.threshold)}
        fresh["by_source"] = [entry | sources.get(entry["source"], {}) for entry in before]
        if list(map(_values, before)) != list(map(_values, fresh["by_source"])):
            raise WorkError("the stored scores give other values by source than its card", thing=model.name)
        evaluation.with_sections(by_source=fresh["by_source"]).record.write(file)
    model.described(figures=figures | fresh).write_card()
    return fresh


def _values(entry: dict[str, Any]) -> dict[str, float | None]:
    values = {name: estimate["value"] for name, estimate in entry.get("figures", {}).items()}
    return {name: None if value is None else round(value, 9) for name, value in values.items()}


def main() -> int:
    """Recomputes, writes and prints; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the model's name")
    try:
        fresh = recompute(find_model(parser.parse_args().model))
    except CXRError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Computed again: {len(fresh.get('by_source', []))} sources, {len(fresh['subgroups'])} subgroups.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
