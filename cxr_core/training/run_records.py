"""What a run stores of itself: its configuration, written once, its state, and the tags and notes of its user."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from cxr_core.errors import SettingsError, reason_of
from cxr_core.jobs.job import ENDED, LIVE
from cxr_core.records import Fields, Record
from cxr_core.training.recipe_settings import Recipe, recipe_from_dict


@dataclass(frozen=True)
class Experiment:
    """A published experiment that a run repeats: its name, and its split, "image", "patient" or "official"."""

    name: str
    split: str


@dataclass(frozen=True)
class RunConfig(Record):
    """`config.json`: the run's data, recipe, settings and split table.

    created: ISO 8601, UTC. data: the data set's path, or several. split, boxes: the path of a split table and of a
    table of boxes, or None. recipe: its name; its settings are `settings`, as stored, and `parsed`. experiment: the
    published one that it repeats, or None.
    """

    what: ClassVar[str] = "a run's configuration"
    created: str
    data: str | list[str]
    split: str | None
    boxes: str | None
    recipe: str
    settings: dict[str, Any]
    parsed: Recipe
    experiment: Experiment | None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The configuration of a JSON object. Raises ValueError."""
        fields = Fields(values)
        experiment = fields.optional_part("experiment")
        settings = fields.part("settings").values
        try:
            parsed = recipe_from_dict(settings)
        except SettingsError as error:
            raise ValueError(reason_of(error)) from error
        several = isinstance(values.get("data"), list)
        return cls(
            content=values,
            created=fields.text("created"),
            data=list(fields.texts("data")) if several else fields.text("data"),
            split=fields.optional_text("split"),
            boxes=fields.optional_text("boxes"),
            recipe=fields.text("recipe"),
            settings=settings,
            parsed=parsed,
            experiment=Experiment(experiment.text("name"), experiment.text("split")) if experiment else None,
        )


@dataclass(frozen=True)
class RunNotes(Record):
    """`notes.json`: what its user says of a run. tags: in order of the alphabet, each once. note: one text."""

    what: ClassVar[str] = "a run's tags and notes"
    tags: tuple[str, ...]
    note: str

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The tags and notes of a JSON object. Raises ValueError."""
        fields = Fields(values)
        return cls(values, tuple(sorted(set(fields.texts("tags", optional=True)))), fields.optional_text("note") or "")


@dataclass(frozen=True)
class RunState(Record):
    """`state.json`: the progress of a run.

    status: one of LIVE or ENDED. message: for the user. epoch: counted from 1, 0 before the first; of `epochs`.
    pid, pid_started: the process that fits it. arrived: when it was requested, seconds since 1970. step: batches done
    of the `steps` of this epoch; validating: whether they are all done. best_epoch: None before the first has ended.
    loss, accuracy, auc: of this epoch's training films. memory, device_memory: bytes. compiling: until the first batch
    is done. val_pneumonia: the share of pneumonia among the validation films, as the validation accuracy counts them.
    heartbeat: when the process last reported, seconds since 1970. None: not known yet.
    """

    what: ClassVar[str] = "a run's state"
    status: str
    message: str
    epoch: int
    epochs: int
    pid: int
    pid_started: float
    arrived: float
    step: int
    steps: int
    validating: bool
    best_epoch: int | None
    best_val_auc: float | None
    loss: float | None
    accuracy: float | None
    auc: float | None
    learning_rate: float | None
    films_per_second: float | None
    memory: float | None
    device_memory: float | None
    device: str | None
    parameters: int | None
    fingerprint: str | None
    compiling: bool
    val_pneumonia: float | None
    heartbeat: float | None

    @property
    def live(self) -> bool:
        """Whether its process waits or works."""
        return self.status in LIVE

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The state of a JSON object. Raises ValueError."""
        fields = Fields(values)
        status = fields.text("status")
        if status not in (*LIVE, *ENDED):
            raise ValueError(f'status is "{status}", not one of {", ".join((*LIVE, *ENDED))}')
        return cls(
            content=values,
            status=status,
            message=fields.text("message"),
            epoch=fields.whole("epoch"),
            epochs=fields.whole("epochs"),
            pid=fields.whole("pid"),
            pid_started=fields.number("pid_started"),
            arrived=fields.number("arrived", 0.0),
            step=fields.whole("step", 0),
            steps=fields.whole("steps", 0),
            validating=fields.flag("validating", False),
            best_epoch=None if values.get("best_epoch") is None else fields.whole("best_epoch"),
            best_val_auc=fields.optional_number("best_val_auc"),
            loss=fields.optional_number("loss"),
            accuracy=fields.optional_number("accuracy"),
            auc=fields.optional_number("auc"),
            learning_rate=fields.optional_number("learning_rate"),
            films_per_second=fields.optional_number("films_per_second"),
            memory=fields.optional_number("memory"),
            device_memory=fields.optional_number("device_memory"),
            device=fields.optional_text("device"),
            parameters=None if values.get("parameters") is None else fields.whole("parameters"),
            fingerprint=fields.optional_text("fingerprint"),
            compiling=fields.flag("compiling", False),
            val_pneumonia=fields.optional_number("val_pneumonia"),
            heartbeat=fields.optional_number("heartbeat"),
        )
