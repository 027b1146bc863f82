"""From a file to a prediction, the same way everywhere: decode, check, score, each film once.

The Diagnose page, `predict` and evaluations use it. A film is decoded, checked by the gate and scored in one thread, so
that one film waits for no other, and as many films are read at a time as there are cores.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cxr_core.errors import CXRError, UnreadableFilm
from cxr_core.imaging.decode import ACCEPTED
from cxr_core.imaging.film import Film
from cxr_core.inference.prediction import Prediction
from cxr_core.languages import message
from cxr_core.log import log_surprise
from cxr_core.parallel import map_in_order

_logger = logging.getLogger(__name__)
Source = TypeVar("Source")


class PredictsFilms(Protocol):
    """What is needed of a `Predictor`."""

    def predict_film(self, film: Film, score_refused: bool = False) -> Prediction:
        """The prediction for one film."""


@dataclass(frozen=True, eq=False)
class PredictedFilm:
    """A film as decoded from its file, and its prediction."""

    film: Film
    prediction: Prediction


def predict_sources(
    sources: Iterable[Source],
    decode: Callable[[Source], Film],
    predictor: PredictsFilms,
    score_refused: bool = False,
) -> Iterator[PredictedFilm | UnreadableFilm]:
    """The prediction for each source, in order, or why there is none.

    decode: a source to its film, run in threads. Otherwise as `predict_source`.
    """
    return map_in_order(lambda source: predict_source(source, decode, predictor, score_refused), sources)


def predict_source(
    source: Source, decode: Callable[[Source], Film], predictor: PredictsFilms, score_refused: bool = False
) -> PredictedFilm | UnreadableFilm:
    """The prediction for one source, in this thread, or why there is none.

    decode: a source to its film; may raise UnreadableFilm. score_refused: see `Predictor.predict_film`. A film that
    fails unexpectedly is reported like an unreadable one. Raises CXRError where no film can be predicted, for example
    without a usable gate.
    """
    try:
        film = decode(source)
    except UnreadableFilm as error:
        return error
    try:
        return PredictedFilm(film, predictor.predict_film(film, score_refused))
    except CXRError:
        raise
    except Exception as error:
        reason = message("could not be processed (error {number})", number=log_surprise(_logger, error))
        return UnreadableFilm(reason, thing=film.name, accepted=message("accepted are {formats}", formats=ACCEPTED))
