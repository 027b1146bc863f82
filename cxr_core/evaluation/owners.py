"""Whose a stored evaluation is, and its way to the bin and back."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.bin import in_bin, move_files_to_bin, owner_file, owner_of, set_owner
from cxr_core.errors import DamagedRecord, NotFound, SettingsError, work_error
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.store import evaluation_file, evaluations_folder, read_evaluation
from cxr_core.files import locked
from cxr_core.models.registry import Model

KIND = "evaluations"
"""The folder of the bin."""


def own(evaluation: Evaluation, model: Model | None, account: Account) -> None:
    """Note whose an evaluation is. Who repeats another's evaluation does not get it. Raises WorkError."""
    file = evaluation_file(evaluation, model)
    if file is not None and not account.is_local and not owner_file(file).exists():
        set_owner(file, account.id)


def may_delete(evaluation: Evaluation, model: Model | None, account: Account) -> bool:
    """Whether an account may delete an evaluation: it is not one that came with the app, and theirs, or any to an
    administrator.
    """
    file = evaluation_file(evaluation, model)
    return file is not None and account.may_delete(owner_of(file))


def delete(evaluation: Evaluation, model: Model | None, account: Account) -> Path:
    """Move an evaluation to the bin; returns its folder there. The record of test-set accesses keeps its entry.

    Raises NotFound if it is no longer there or came with the app, SettingsError if the account may not delete it,
    WorkError if it cannot be moved.
    """
    file = evaluation_file(evaluation, model)
    if file is None:
        raise NotFound("came with the app or is no longer on this machine", thing=f"evaluation {evaluation.id}")
    if not account.may_delete(owner_of(file)):
        raise SettingsError(
            thing=f"evaluation {evaluation.id}", accepted="only who made it, or an administrator, can delete it"
        )
    place = move_files_to_bin(KIND, evaluation.id, [file, file.with_suffix(".csv"), owner_file(file)])
    audit.record(account, "delete", evaluation=evaluation.id)
    return place


def binned(account: Account) -> dict[str, str]:
    """The titles, by id, of the evaluations in the bin that an account may bring back; damaged ones are left out."""
    titles = {}
    for name, place in in_bin(KIND).items():
        file = place / f"{name}.json"
        if account.may_delete(owner_of(file)):
            try:
                titles[name] = read_evaluation(file).title
            except DamagedRecord:
                continue
    return titles


def bring_back(evaluation_id: str, models: Sequence[Model], account: Account) -> None:
    """Move an evaluation from the bin to where its model's evaluations are. models: those on this machine.

    Raises NotFound if it is not in the bin, SettingsError if the account may not bring it back or it was repeated
    since, DamagedRecord if it cannot be read, WorkError if it cannot be moved.
    """
    place = in_bin(KIND).get(evaluation_id)
    if place is None:
        raise NotFound("is not in the bin", thing=f"evaluation {evaluation_id}")
    if not account.may_delete(owner_of(place / f"{evaluation_id}.json")):
        accepted = "only who made it, or an administrator, can bring it back"
        raise SettingsError(thing=f"evaluation {evaluation_id}", accepted=accepted)
    record = read_evaluation(place / f"{evaluation_id}.json").record
    model = next((one for one in models if one.version == record.version), None)
    folder = evaluations_folder(record.name, model)
    target = folder / f"{evaluation_id}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(target):
            if target.exists():
                raise SettingsError(
                    "was repeated since", thing=f"evaluation {evaluation_id}", accepted="delete the new one first"
                )
            for file in sorted(place.iterdir()):  # the films before the estimates, `.csv` before `.json`
                shutil.move(file, folder / file.name)
        place.rmdir()
    except OSError as error:
        raise work_error(f"evaluation {evaluation_id}", "cannot be brought back", error) from error
    audit.record(account, "setting", what="evaluation brought back", evaluation=evaluation_id)
