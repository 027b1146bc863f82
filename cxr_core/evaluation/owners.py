"""Whose a stored evaluation is, and its way to the bin."""

from pathlib import Path

from cxr_core import audit
from cxr_core.access import Account
from cxr_core.bin import move_files_to_bin, owner_file, owner_of, set_owner
from cxr_core.errors import NotFound, SettingsError
from cxr_core.evaluation.evaluation import Evaluation
from cxr_core.evaluation.store import evaluation_file
from cxr_core.models.registry import Model


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
    place = move_files_to_bin("evaluations", evaluation.id, [file, file.with_suffix(".csv"), owner_file(file)])
    audit.record(account, "delete", evaluation=evaluation.id)
    return place
