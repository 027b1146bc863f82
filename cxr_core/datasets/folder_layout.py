"""Finds the files of a data set in the Kaggle folder layout.

    ROOT/{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg     as published
    ROOT/{NORMAL,PNEUMONIA}/*.jpeg                      no splits

The root may lie one or two folders deeper, as in the Kaggle archive (`chest_xray/chest_xray/train`). Names of splits
and classes are matched without regard to case. `__MACOSX`, hidden files and `Thumbs.db` are ignored silently; whatever
else is ignored gets a note for the user.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cxr_core.errors import DataSetError, reason_of
from cxr_core.labels import CLASSES, SPLITS
from cxr_core.limits import FOLDER_DEPTH

LAYOUT = "a folder with train/, val/ or test/ holding NORMAL/ and PNEUMONIA/, or with these two themselves"
_SPLIT_NAMES = {"train": "train", "val": "val", "validation": "val", "valid": "val", "test": "test"}
_IGNORED = {"__macosx", "thumbs.db", "desktop.ini"}
_MOST_NAMES = 5  # in one note


class FoundFile(NamedTuple):
    """A file of a data set that has not been read yet.

    path: relative to the root, POSIX. split: "train", "val", "test" or "" for none. label: NORMAL or PNEUMONIA. size:
    bytes; modified: nanoseconds; both of the target if the file is a link. fault: "" or why it cannot be opened.
    patient, source (the hospital), age, sex, view: "" unless a table gives them.
    """

    path: str
    split: str
    label: str
    size: int
    modified: int
    fault: str = ""
    patient: str = ""
    source: str = ""
    age: str = ""
    sex: str = ""
    view: str = ""


@dataclass
class FoundFiles:
    """The files of a data set in a fixed order, and a note for the user on everything else that was ignored."""

    files: list[FoundFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_root(folder: Path | str) -> Path:
    """The folder that holds the splits or the classes: `folder` itself, or one or two levels below it.

    Raises DataSetError if there is none, or more than one.
    """
    folder = Path(folder).expanduser()
    shown = printable(str(folder)[:200])
    try:
        exists = folder.exists()
    except OSError as error:
        raise DataSetError(
            f"cannot be opened ({reason_of(error)})", thing=shown, accepted=f"a data set is {LAYOUT}"
        ) from error
    if not exists:
        raise DataSetError("no such folder", thing=shown, accepted=f"a data set is {LAYOUT}")
    if not folder.is_dir():
        raise DataSetError("is a file", thing=folder, accepted=f"a data set is {LAYOUT}")
    level = [folder]
    for _ in range(3):
        roots = [candidate for candidate in level if _split_folders(candidate) or _class_folders(candidate)]
        if len(roots) > 1:
            names = ", ".join(root.name for root in roots)
            raise DataSetError(f"holds {len(roots)} data sets ({names})", thing=folder, accepted="name one of them")
        if roots:
            return roots[0]
        level = [child for parent in level for child in _folders(parent)]
    raise DataSetError("holds no data set", thing=folder, accepted=f"one is {LAYOUT}")


def find_files(root: Path) -> FoundFiles:
    """The files in the class folders of `root` and below; links to files are followed, links to folders are not."""
    found = FoundFiles()
    splits = _split_folders(root)
    for split, split_folder in splits or [("", root)]:
        classes = _class_folders(split_folder)
        for label, class_folder in classes:
            before = len(found.files)
            _add_files(class_folder, class_folder.relative_to(root).as_posix(), split, label, found)
            if len(found.files) == before:
                found.notes.append(f"{class_folder.relative_to(root).as_posix()}/ is empty.")
        missing = set(CLASSES) - {label for label, _ in classes}
        found.notes += [f"{split or 'The folder'} has no {label} folder." for label in sorted(missing)]
        others = _other_names(split_folder, {path for _, path in classes})
        where = f"{split_folder.relative_to(root).as_posix()}/" if split else "The folder"
        if others:
            found.notes.append(f"{where} also holds {others}, outside the class folders: not looked at.")
    if splits:
        others = _other_names(root, {path for _, path in splits}, files=False)
        if others:
            found.notes.append(f"The folder also holds {others}, outside the split folders: not looked at.")
    return found


def _add_files(folder: Path, prefix: str, split: str, label: str, found: FoundFiles, depth: int = 0) -> None:
    """Adds the files in `folder` and at most FOLDER_DEPTH folders below; prefix: its path relative to the root."""
    if depth > FOLDER_DEPTH:
        note = f"{printable(prefix)[:200]}/ lies more than {FOLDER_DEPTH} folders deep: not looked at."
        found.notes.append(note)
        return
    try:
        with os.scandir(folder) as entries:
            inside = sorted((entry for entry in entries if not _is_ignored(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        found.notes.append(f"{printable(prefix)}/ cannot be listed ({reason_of(error)}): its films are missing here.")
        return
    folders: list[str] = []
    for entry in inside:
        path = f"{prefix}/{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            found.files.append(_found_file(entry, path, split, label))
        else:
            folders.append(entry.name)
    for name in folders:
        _add_files(folder / name, f"{prefix}/{name}", split, label, found, depth + 1)


def _found_file(entry: os.DirEntry[str], path: str, split: str, label: str) -> FoundFile:
    shown = printable(path)
    if shown != path:
        return FoundFile(shown, split, label, 0, 0, "has a name that is not valid UTF-8; rename it")
    try:
        if entry.is_symlink() and entry.is_dir():
            return FoundFile(path, split, label, 0, 0, "is a link to a folder, which is not followed")
        status = entry.stat()
    except OSError as error:
        fault = "is a link that leads nowhere" if entry.is_symlink() else f"cannot be read: {reason_of(error)}"
        return FoundFile(path, split, label, 0, 0, fault)
    if not entry.is_file():
        return FoundFile(path, split, label, 0, 0, "is not a regular file")
    return FoundFile(path, split, label, status.st_size, status.st_mtime_ns)


def printable(path: str) -> str:
    """The path with each undecodable byte replaced by U+FFFD, so that it can be shown and stored."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _other_names(folder: Path, known: set[Path], files: bool = True) -> str:
    """The names in `folder` other than `known`, as a list in words; "" for none. files: whether to name files too."""
    try:
        names = sorted(
            printable(child.name) for child in folder.iterdir() if child not in known and (files or child.is_dir())
        )
    except OSError:
        return ""
    names = [name for name in names if not _is_ignored(name)]
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _split_folders(folder: Path) -> list[tuple[str, Path]]:
    found = [(_SPLIT_NAMES[f.name.lower()], f) for f in _folders(folder) if f.name.lower() in _SPLIT_NAMES]
    found = [(split, path) for split, path in found if _class_folders(path)]
    return sorted(found, key=lambda item: (SPLITS.index(item[0]), item[1].name))


def _class_folders(folder: Path) -> list[tuple[str, Path]]:
    return sorted((f.name.upper(), f) for f in _folders(folder) if f.name.upper() in CLASSES)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if not _is_ignored(child.name) and child.is_dir())
    except OSError:
        return []


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in _IGNORED
