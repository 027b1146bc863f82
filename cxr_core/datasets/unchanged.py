"""Whether a film is still the one that was indexed: what is computed of it is stored under the sha256 of the index."""

from pathlib import Path

from cxr_core.errors import UnreadableFilm, reason_of


def check_unchanged(file: Path, size: int, modified: int) -> None:
    """Raises UnreadableFilm if a film's size or time of change is not that of the index.

    size: bytes. modified: nanoseconds; the columns `bytes` and `modified` of the index, by which the index itself
    recognises a film that it has read before. Called after the film was read, so that a change while it was being read
    is noticed as well.
    """
    try:
        status = file.stat()
    except OSError as error:
        raise UnreadableFilm(
            f"can no longer be read ({reason_of(error)})", thing=file.name, accepted="restore it"
        ) from error
    if (status.st_size, status.st_mtime_ns) != (size, modified):
        raise UnreadableFilm(
            "has changed since the data set was indexed", thing=file.name, accepted="open the data set again"
        )
