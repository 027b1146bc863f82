"""Finds the films of a data set folder in the Kaggle layout.

    ROOT/{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg     as published
    ROOT/{NORMAL,PNEUMONIA}/*.jpeg                      no splits

The root may be nested once or twice, as the Kaggle archive is (`chest_xray/chest_xray/train`). Names of splits
and classes are matched without regard to case; `__MACOSX`, hidden files and `Thumbs.db` are passed over. What else is
passed over is noted, so that the page can say so.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from cxr_core.errors import DataSetError
from cxr_core.labels import CLASSES, SPLITS

LAYOUT = "a folder with train/, val/ or test/ holding NORMAL/ and PNEUMONIA/, or with these two themselves"
_SPLIT_NAMES = {"train": "train", "val": "val", "validation": "val", "valid": "val", "test": "test"}
_PASSED_OVER = {"__macosx", "thumbs.db", "desktop.ini"}
_NAMED_AT_MOST = 5


class Place(NamedTuple):
    """Where a file lies: its path relative to the root (POSIX), its split ("" for none) and its class.

    `size` (bytes) and `modified` (nanoseconds) are those of the file that the path leads to; `fault` is "" or why it
    cannot be opened at all. `patient` is "" unless a table names it.
    """

    path: str
    split: str
    label: str
    size: int
    modified: int
    fault: str = ""
    patient: str = ""


@dataclass
class Walk:
    """What a walk found: `places` in a fixed order, and `notes`, a sentence for each thing that was passed over."""

    places: list[Place] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def find_root(folder: Path | str) -> Path:
    """The folder that holds the splits or the classes: `folder` itself, or one or two levels below it.

    Raises DataSetError if there is none, or more than one.
    """
    folder = Path(folder).expanduser()
    named = printable(str(folder)[:200])
    try:
        there = folder.exists()
    except OSError as error:
        raise DataSetError(f"{named}: cannot be opened ({error.strerror}); a data set is {LAYOUT}.") from error
    if not there:
        raise DataSetError(f"{named}: no such folder; a data set is {LAYOUT}.")
    if not folder.is_dir():
        raise DataSetError(f"{folder}: is a file; a data set is {LAYOUT}.")
    level = [folder]
    for _ in range(3):
        roots = [place for place in level if _split_folders(place) or _class_folders(place)]
        if len(roots) > 1:
            names = ", ".join(root.name for root in roots)
            raise DataSetError(f"{folder}: holds {len(roots)} data sets ({names}); name one of them.")
        if roots:
            return roots[0]
        level = [child for place in level for child in _folders(place)]
    raise DataSetError(f"{folder}: holds no data set; one is {LAYOUT}.")


def walk(root: Path) -> Walk:
    """Every file below the class folders of `root`; links to files are followed, links to folders are not."""
    found = Walk()
    splits = _split_folders(root)
    for split, split_folder in splits or [("", root)]:
        classes = _class_folders(split_folder)
        for label, class_folder in classes:
            before = len(found.places)
            _below(class_folder, class_folder.relative_to(root).as_posix(), split, label, found)
            if len(found.places) == before:
                found.notes.append(f"{class_folder.relative_to(root).as_posix()}/ is empty.")
        missing = set(CLASSES) - {label for label, _ in classes}
        found.notes += [f"{split or 'The folder'} has no {label} folder." for label in sorted(missing)]
        strays = _strays(split_folder, {path for _, path in classes})
        where = f"{split_folder.relative_to(root).as_posix()}/" if split else "The folder"
        if strays:
            found.notes.append(f"{where} also holds {strays}, outside the class folders: not looked at.")
    if splits:
        strays = _strays(root, {path for _, path in splits}, files=False)
        if strays:
            found.notes.append(f"The folder also holds {strays}, outside the split folders: not looked at.")
    return found


def _below(folder: Path, prefix: str, split: str, label: str, found: Walk) -> None:
    """Adds the files below `folder`, whose path from the root is `prefix`, without following links to folders."""
    try:
        with os.scandir(folder) as entries:
            inside = sorted((entry for entry in entries if _wanted(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        found.notes.append(f"{printable(prefix)}/ cannot be listed ({error.strerror}): its films are missing here.")
        return
    folders: list[str] = []
    for entry in inside:
        path = f"{prefix}/{entry.name}"
        if not entry.is_dir(follow_symlinks=False):
            found.places.append(_place(entry, path, split, label))
        else:
            folders.append(entry.name)
    for name in folders:
        _below(folder / name, f"{prefix}/{name}", split, label, found)


def _place(entry: os.DirEntry, path: str, split: str, label: str) -> Place:
    shown = printable(path)
    if shown != path:
        return Place(shown, split, label, 0, 0, "has a name that is not valid UTF-8; rename it")
    try:
        if entry.is_symlink() and entry.is_dir():
            return Place(path, split, label, 0, 0, "is a link to a folder, which is not followed")
        status = entry.stat()
    except OSError as error:
        fault = "is a link that leads nowhere" if entry.is_symlink() else f"cannot be read: {error.strerror}"
        return Place(path, split, label, 0, 0, fault)
    if not entry.is_file():
        return Place(path, split, label, 0, 0, "is not a regular file")
    return Place(path, split, label, status.st_size, status.st_mtime_ns)


def printable(path: str) -> str:
    """A path whose undecodable bytes became U+FFFD, so that it can be shown and saved."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _strays(folder: Path, known: set[Path], files: bool = True) -> str:
    """What `folder` holds beside `known`, in words; "" for nothing."""
    keep: Callable[[Path], bool] = (lambda child: True) if files else Path.is_dir
    try:
        names = sorted(printable(child.name) for child in folder.iterdir() if child not in known and keep(child))
    except OSError:
        return ""
    names = [name for name in names if _wanted(name)]
    more = f" and {len(names) - _NAMED_AT_MOST} more" if len(names) > _NAMED_AT_MOST else ""
    return ", ".join(names[:_NAMED_AT_MOST]) + more


def _split_folders(folder: Path) -> list[tuple[str, Path]]:
    found = [(_SPLIT_NAMES[f.name.lower()], f) for f in _folders(folder) if f.name.lower() in _SPLIT_NAMES]
    found = [(split, path) for split, path in found if _class_folders(path)]
    return sorted(found, key=lambda item: (SPLITS.index(item[0]), item[1].name))


def _class_folders(folder: Path) -> list[tuple[str, Path]]:
    return sorted((f.name.upper(), f) for f in _folders(folder) if f.name.upper() in CLASSES)


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if _wanted(child.name) and child.is_dir())
    except OSError:
        return []


def _wanted(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in _PASSED_OVER
