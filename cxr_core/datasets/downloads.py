"""Downloads published data sets, with progress, resuming, a check of free space and a checksum.

Pooch downloads. This module adds what Pooch leaves to its users: an interrupted download is resumed, and without a
network the message says how to get the file by hand.
"""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile, is_zipfile

from cxr_core.datasets.archives import check_space
from cxr_core.errors import Busy, DataSetError, reason_of
from cxr_core.files import locked
from cxr_core.limits import DAMAGED, NETWORK_SECONDS
from cxr_core.paths import home
from cxr_core.progress import Progress
from cxr_core.quotas import note_owner, room_for

_CHUNK_BYTES = 1 << 16  # also the most that an interrupted download loses
_ZENODO = "https://zenodo.org/records/10519652/files"
_LICENCE = "CC BY 4.0, Kermany et al. 2018"


@dataclass(frozen=True)
class PublishedDataSet:
    """A data set that its publisher offers as one archive.

    bytes: approximate size of the download. page: where a person can download it by hand. md5: "" if the publisher
    states none; then the checksum that the server sends is used, if any, else those inside the archive.
    """

    name: str
    title: str
    url: str
    file: str
    bytes: int
    page: str
    md5: str = ""
    licence: str = _LICENCE


def _medmnist(side: int, md5: str, size: int) -> PublishedDataSet:
    file = "pneumoniamnist.npz" if side == 28 else f"pneumoniamnist_{side}.npz"
    return PublishedDataSet(
        f"pneumoniamnist-{side}",
        f"PneumoniaMNIST at {side} pixels",
        f"{_ZENODO}/{file}?download=1",
        file,
        size,
        "https://zenodo.org/records/10519652",
        md5,
        "CC BY 4.0, Yang et al. 2023, from Kermany et al. 2018",
    )


PUBLISHED_DATA_SETS = (
    PublishedDataSet(
        "kaggle",
        "Chest X-Ray Images (Pneumonia), Kaggle",
        "https://www.kaggle.com/api/v1/datasets/download/paultimothymooney/chest-xray-pneumonia",
        "chest-xray-pneumonia.zip",
        2_460_000_000,
        "https://www.kaggle.com/datasets/paultimothymooney/chest-xray-pneumonia",
    ),
    PublishedDataSet(
        "mendeley",
        "The original archive, Mendeley Data",
        "https://data.mendeley.com/public-files/datasets/rscbjbr9sj/files/"
        "f12eaf6d-6023-432f-acc9-80c9d7393433/file_downloaded",
        "ChestXRay2017.zip",
        1_235_512_464,
        "https://data.mendeley.com/datasets/rscbjbr9sj/2",
    ),
    _medmnist(28, "28209eda62fecd6e6a2d98b1501bb15f", 4_200_000),
    _medmnist(64, "8f4eceb4ccffa70c672198ea285246c6", 20_000_000),
    _medmnist(128, "05b46931834c231683c68f40c47b2971", 73_000_000),
    _medmnist(224, "d6a3c71de1b945ea11211b03746c1fe1", 214_384_716),
)


def download(data_set: PublishedDataSet, progress: Progress | None = None) -> Path:
    """The archive of a published data set, under `CXR_HOME`. It is downloaded once; an interrupted download is resumed.

    progress: counts bytes. Raises DataSetError for a network failure, too little space, a wrong checksum, or while
    another process downloads it, WorkError if a quota is full.
    """
    target = home() / "downloads" / data_set.file
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with locked(target, seconds=0):
            if target.exists():
                return target
            with room_for("downloads", max(0, data_set.bytes - _present(target)), data_set.title):
                note_owner(target)
                return _download(data_set, target, progress)
    except Busy as error:
        raise DataSetError(
            "another process is downloading it", thing=data_set.title, accepted="try again when it has finished"
        ) from error


def _download(data_set: PublishedDataSet, target: Path, progress: Progress | None) -> Path:
    import requests
    from pooch import HTTPDownloader, file_hash

    part, present = _part(target), _present(target)
    check_space(max(0, data_set.bytes - present), data_set.title)
    by_hand = f"get {data_set.file} by hand from {data_set.page} and open it here by its path"
    try:
        with part.open("ab") as file:
            transfer = _Transfer(data_set.title, file, present, progress)
            headers = {"Range": f"bytes={present}-"} if present else {}
            downloader = HTTPDownloader(
                progressbar=transfer,
                chunk_size=_CHUNK_BYTES,
                headers=headers,
                timeout=NETWORK_SECONDS,
                hooks={"response": transfer.begin},
            )
            downloader(data_set.url, file, None)
    except requests.HTTPError as error:
        answer = error.response.status_code if error.response is not None else "no answer"
        if answer == 416:  # range not satisfiable: the partial file is longer than the server's, so it is another file
            part.unlink(missing_ok=True)
        raise DataSetError(f"the server answered {answer}", thing=data_set.title, accepted=by_hand) from error
    except requests.RequestException as error:
        received = part.stat().st_size
        resume = f"try again to resume after the {received / 1e6:.0f} MB that are stored, or " if received else ""
        raise DataSetError(
            "cannot be downloaded, the network failed", thing=data_set.title, accepted=f"{resume}{by_hand}"
        ) from error
    except OSError as error:
        problem = f"cannot be stored ({reason_of(error)})"
        raise DataSetError(problem, thing=data_set.title, accepted="free some space and try again") from error
    expected = data_set.md5 or transfer.md5
    found = file_hash(str(part), alg="md5")
    if expected and found != expected:
        part.unlink()
        raise DataSetError(
            f"its MD5 is {found} instead of {expected}, so it was deleted", thing=data_set.title, accepted=by_hand
        )
    if not is_zipfile(part):  # an .npz is a zip file as well
        part.unlink()
        raise DataSetError(
            "the server did not send an archive, so it was deleted", thing=data_set.title, accepted=by_hand
        )
    if not expected and not _is_whole_archive(part):
        part.unlink()
        raise DataSetError(
            "the server sent a damaged archive, so it was deleted", thing=data_set.title, accepted=by_hand
        )
    part.replace(target)
    return target


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _present(target: Path) -> int:
    """Bytes that an interrupted download left."""
    return _part(target).stat().st_size if _part(target).exists() else 0


def _is_whole_archive(file: Path) -> bool:
    """Whether a zip's entries have the checksums (CRC-32) that it states; an .npz is a zip as well."""
    try:
        with ZipFile(file) as archive:
            return archive.testzip() is None
    except (OSError, *DAMAGED):
        return False


class _Transfer:
    """Pooch's progress bar, and requests' response hook that handles resuming."""

    def __init__(self, title: str, file: IO[bytes], present: int, progress: Progress | None) -> None:
        self.total, self.md5 = 0, ""
        self._title, self._file, self._present, self._progress = title, file, present, progress

    def begin(self, response: Any, *_: Any, **__: Any) -> None:
        """Called with each response before its body: starts from zero if the server does not resume."""
        if response.is_redirect:
            return
        if response.status_code == 200 and self._present:
            self._file.truncate(0)
            self._present = 0
        if response.ok:
            check_space(int(response.headers.get("content-length", 0)), self._title)
        # Google Cloud Storage, which Kaggle uses, sends its checksums in a header.
        for item in response.headers.get("x-goog-hash", "").split(","):
            name, _, value = item.strip().partition("=")
            if name == "md5":
                self.md5 = base64.b64decode(value).hex()

    def update(self, _: int) -> None:
        """Reports the size of the file; Pooch counts chunks, which is less exact."""
        if self._progress:
            done = self._file.seek(0, 2)
            self._progress(done, max(done, self._present + self.total))

    def reset(self) -> None:
        """Nothing to reset."""

    def close(self) -> None:
        """Nothing to close."""
