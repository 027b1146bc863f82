"""Published data sets, fetched with progress, resume, a free-space check and a checksum.

Pooch fetches; here is only what it leaves to its users: going on where a cut connection stopped, and one sentence
with the manual way when there is no network.
"""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import is_zipfile

from cxr_core.datasets.archives import check_space
from cxr_core.errors import DataSetError
from cxr_core.paths import home
from cxr_core.progress import Progress

TIMEOUT_SECONDS = 20
_CHUNK = 1 << 16  # what a cut connection costs at most
_ZENODO = "https://zenodo.org/records/10519652/files"
_LICENCE = "CC BY 4.0, Kermany et al. 2018"


@dataclass(frozen=True)
class Source:
    """A published archive.

    `md5` is "" where the publisher names none: then the server's own checksum counts, if it sends one, and the
    archive's sums as it is unpacked. `bytes` is about how much comes down. `page` is where a person gets it by hand.
    """

    name: str
    title: str
    url: str
    file: str
    bytes: int
    page: str
    md5: str = ""
    licence: str = _LICENCE


def _medmnist(side: int, md5: str, size: int) -> Source:
    file = "pneumoniamnist.npz" if side == 28 else f"pneumoniamnist_{side}.npz"
    return Source(
        f"pneumoniamnist-{side}",
        f"PneumoniaMNIST at {side} pixels",
        f"{_ZENODO}/{file}?download=1",
        file,
        size,
        "https://zenodo.org/records/10519652",
        md5,
        "CC BY 4.0, Yang et al. 2023, from Kermany et al. 2018",
    )


SOURCES = (
    Source(
        "kaggle",
        "Chest X-Ray Images (Pneumonia), Kaggle",
        "https://www.kaggle.com/api/v1/datasets/download/paultimothymooney/chest-xray-pneumonia",
        "chest-xray-pneumonia.zip",
        2_460_000_000,
        "https://www.kaggle.com/datasets/paultimothymooney/chest-xray-pneumonia",
    ),
    Source(
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


def fetch(source: Source, progress: Progress | None = None) -> Path:
    """The archive of a source, under `CXR_HOME`; fetched once, going on where an earlier attempt stopped.

    `progress(done, total)` counts bytes. Raises DataSetError: no network, too little space, a wrong checksum.
    """
    import requests
    from pooch import HTTPDownloader, file_hash

    target = home() / "downloads" / source.file
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    check_space(max(0, source.bytes - have), source.title)
    by_hand = f"Get {source.file} by hand from {source.page} and open it here by its path."
    try:
        with part.open("ab") as file:
            transfer = _Transfer(source.title, file, have, progress)
            headers = {"Range": f"bytes={have}-"} if have else {}
            download = HTTPDownloader(
                progressbar=transfer,
                chunk_size=_CHUNK,
                headers=headers,
                timeout=TIMEOUT_SECONDS,
                hooks={"response": transfer.begin},
            )
            download(source.url, file, None)
    except requests.HTTPError as error:
        answer = error.response.status_code if error.response is not None else "no answer"
        if answer == 416:  # what we have goes beyond what the server has: it is another file
            part.unlink(missing_ok=True)
        raise DataSetError(f"{source.title}: the server answered {answer}. {by_hand}") from error
    except requests.RequestException as error:
        kept = part.stat().st_size
        again = f" {kept / 1e6:.0f} MB are kept: try again and it goes on from there." if kept else ""
        raise DataSetError(f"{source.title}: cannot be fetched, the network failed.{again} {by_hand}") from error
    except OSError as error:
        raise DataSetError(
            f"{source.title}: cannot be kept ({error.strerror}); free some space and try again."
        ) from error
    expected = source.md5 or transfer.md5
    found = file_hash(str(part), alg="md5")
    if expected and found != expected:
        part.unlink()
        raise DataSetError(f"{source.title}: its MD5 is {found}, expected was {expected}; it was deleted. {by_hand}")
    if not is_zipfile(part):  # an .npz is one as well
        part.unlink()
        raise DataSetError(f"{source.title}: what the server sent is no archive; it was deleted. {by_hand}")
    part.replace(target)
    return target


class _Transfer:
    """Pooch's progress bar and requests' response hook: where the transfer begins, and how far it is."""

    def __init__(self, title: str, file: IO[bytes], have: int, progress: Progress | None) -> None:
        self.total, self.md5 = 0, ""
        self._title, self._file, self._have, self._progress = title, file, have, progress

    def begin(self, response: Any, *_: Any, **__: Any) -> None:
        """Called with each answer before its body: start anew where the server does not go on."""
        if response.is_redirect:
            return
        if response.status_code == 200 and self._have:
            self._file.truncate(0)
            self._have = 0
        if response.ok:
            check_space(int(response.headers.get("content-length", 0)), self._title)
        # Google's storage, where Kaggle keeps its files, sends its checksums in a header.
        for item in response.headers.get("x-goog-hash", "").split(","):
            name, _, value = item.strip().partition("=")
            if name == "md5":
                self.md5 = base64.b64decode(value).hex()

    def update(self, _: int) -> None:
        """Pooch's count is of chunks; the file's own size is exact."""
        if self._progress:
            done = self._file.seek(0, 2)
            self._progress(done, max(done, self._have + self.total))

    def reset(self) -> None:
        """Nothing to reset."""

    def close(self) -> None:
        """Nothing to close."""
