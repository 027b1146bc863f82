"""Read a study of the archive: its films are fetched into memory, read, and their results may be stored back."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset, dcmread

from cxr_core.errors import UnreadableFilm
from cxr_core.hospital.answer import SCHEME, Answer, Terms, answer_of
from cxr_core.hospital.archive import Archive
from cxr_core.hospital.checks import refusal
from cxr_core.hospital.identity import instance_key
from cxr_core.hospital.results.build import result_files
from cxr_core.imaging.decode import decode_film
from cxr_core.imaging.film import Film
from cxr_core.inference.predictor import Predictor
from cxr_core.inference.reading import Reading


@dataclass(frozen=True, eq=False)
class FetchedFilm:
    """A film of the archive: its header without pixels, and its pixels."""

    header: Dataset
    film: Film

    @property
    def name(self) -> str:
        """dicomweb:STUDY-UID/INSTANCE-UID."""
        return f"{SCHEME}{self.header.StudyInstanceUID}/{self.header.SOPInstanceUID}"


def fetch(archive: Archive, study_uid: str) -> tuple[list[FetchedFilm], list[str]]:
    """The films of a study, and one sentence for each that cannot be read.

    Raises InputError for what is no UID, NotFound if there is no radiograph, WorkError if the archive fails.
    """
    films: list[FetchedFilm] = []
    messages: list[str] = []
    for data in archive.films(study_uid):
        header = dcmread(io.BytesIO(data), stop_before_pixels=True)
        name = f"{SCHEME}{study_uid}/{header.SOPInstanceUID}"
        if reason := refusal(header):
            messages.append(f"{name}: {reason}.")
            continue
        try:
            films.append(FetchedFilm(header, decode_film(data, f"{instance_key(header.SOPInstanceUID)}.dcm")))
        except UnreadableFilm as error:
            messages.append(str(error.about(name)))
    return films, messages


def read_fetched(
    films: list[FetchedFilm], predictor: Predictor, terms: Terms
) -> Iterator[tuple[FetchedFilm, Reading, Answer]]:
    """Read fetched films, in order."""
    readings = predictor.read_many((fetched.film for fetched in films), terms.choice)
    for fetched, reading in zip(films, readings, strict=True):
        yield fetched, reading, answer_of(reading, predictor.model, terms)


def store_results(archive: Archive, fetched: FetchedFilm, reading: Reading, answer: Answer) -> None:
    """Store the results on one film in its study. Raises WorkError if the archive did not take them."""
    files = result_files(fetched.header, fetched.film, reading, answer, datetime.now().astimezone())
    archive.store([dcmread(io.BytesIO(data)) for data in files.values()])
