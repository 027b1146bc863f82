"""The verbs `node` and `studies`, and what `predict` does with films of the archive."""

import argparse
import signal
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxr_core.cli.audited import reading_recorder, recorded
from cxr_core.cli.output import DONE, print_result
from cxr_core.errors import InputError, SettingsError, WorkError

if TYPE_CHECKING:
    from cxr_core.hospital.answer import Answer, Terms
    from cxr_core.hospital.fhir import Subject
    from cxr_core.inference.decision import Choice
    from cxr_core.inference.reading import Reading
    from cxr_core.models.registry import Model

MISSING = "this needs the packages of the extra `hospital`: pip install -r requirements-hospital.txt."


def run_node(options: argparse.Namespace) -> int:
    """Listen until SIGTERM or SIGINT."""
    try:
        from cxr_core.hospital.aside import refused
        from cxr_core.hospital.service import Service
        from cxr_core.hospital.spool import Spool
    except ModuleNotFoundError as error:
        raise InputError(f"{MISSING} ({error.name} is missing)", thing="node") from None
    from cxr_core.hospital.address import Caller, Peer, checked_title, configured_archive
    from cxr_core.hospital.node import Tls
    from cxr_core.hospital.send import Sender, StoreSender, WebSender, archive_tls
    from cxr_core.hospital.ward.keeper import Keeper
    from cxr_core.hospital.ward.metrics_page import MetricsPage
    from cxr_core.hospital.ward.store import Ward
    from cxr_core.hospital.workers import Workers
    from cxr_core.inference.decision import Choice, Rules
    from cxr_core.log import log_on_standard_error
    from cxr_core.paths import home

    folder = options.spool or home() / "hospital"
    if options.aside:
        rows = [{"film": key, "reason": reason} for key, reason in refused(folder)]
        return print_result(options, rows, "\n".join(f"{row['film']}: {row['reason']}" for row in rows) or "None.")
    title, callers = checked_title(options.aet), [Caller.parse(text) for text in options.callers]
    if not callers:
        raise SettingsError(
            "is missing", thing="--from", accepted="it says who may send films, for example --from MODALITY@127.0.0.1"
        )
    if not options.to and not options.shadow:
        raise SettingsError(
            "is missing",
            thing="--to",
            accepted="it names the archive, for example --to ORTHANC@127.0.0.1:4242, or dicomweb",
        )
    check_ward_options(options)
    if not 0 < options.port < 65536 or options.quota <= 0:
        raise SettingsError(thing="node", accepted="--port is 1 to 65535, and --quota a number of gigabytes above 0")
    terms, model = terms_of(options, Choice(options.operating_point, options.error_rate))
    if bool(options.tls_certificate) != bool(options.tls_key):
        raise SettingsError(thing="node", accepted="--tls-certificate and --tls-key belong together")
    tls = Tls(options.tls_certificate, options.tls_key, options.tls_authority) if options.tls_certificate else None
    sender: Callable[[], Sender] | None = None
    if options.to == "dicomweb":
        sender = partial(WebSender, configured_archive())
    elif options.to:
        sender = partial(StoreSender, title, Peer.parse(options.to), archive_tls(options.to_tls, tls))
    with log_on_standard_error():
        Rules.of(model.card).chosen(terms.choice)  # refuses an unknown choice before a film arrives
        spool = Spool(folder, model.version, int(options.quota * 1e9))
        try:
            ward = Ward(folder)
            keeper = Keeper(spool, ward, options.worklist, options.shadow, options.updates)
            with Workers(model, terms, options.shadow) as workers:
                read = recorded(workers.read, model)
                service = Service(title, callers, spool, read, sender, keeper.keep, keeper.run)
                for number in (signal.SIGTERM, signal.SIGINT):
                    signal.signal(number, lambda *_: service.stop())
                page = closing(MetricsPage(spool, ward, options.metrics)) if options.metrics else nullcontext()
                with page:  # healthy only once films can be read
                    service.run(options.bind, options.port, tls)
        finally:
            spool.close()
    return DONE


def check_ward_options(options: argparse.Namespace) -> None:
    """Raises SettingsError for options of the ward that do not go together."""
    if options.shadow and (options.to or options.worklist is not None or options.updates or options.site):
        raise SettingsError(
            "shows and sends nothing",
            thing="--shadow",
            accepted="it is used without --to, --worklist, --updates, --site",
        )
    if options.updates and options.worklist is None:
        raise SettingsError("sends what readers decide", thing="--updates", accepted="it is used with --worklist")
    if options.worklist is not None and not 1 <= options.worklist <= 3650:
        raise SettingsError(f"is {options.worklist:g}", thing="--worklist", accepted="1 to 3650 days are accepted")
    if options.metrics is not None and not 0 < options.metrics < 65536:
        raise SettingsError(f"is {options.metrics}", thing="--metrics", accepted="a port, 1 to 65535, is accepted")


def terms_of(options: argparse.Namespace, choice: "Choice") -> "tuple[Terms, Model]":
    """The terms and the model of `--model`, `--site` and `--prevalence`, which goes before the site's own.

    Without a model named, the site's is used. Raises SettingsError for a prevalence beyond 2 to 80%, an unknown site or
    model, or a profile of another model.
    """
    from cxr_core.hospital.answer import Terms
    from cxr_core.inference.decision import Choice, Rules
    from cxr_core.models.registry import find_model
    from cxr_core.models.site_profile import find_profile

    site = find_profile(options.site) if options.site else None
    model = find_model(options.model or (site.model if site else None))
    if site:
        site.require_model(model)
    stated = Rules.of(model.card).at(site).stated_prevalence(Choice(prevalence=options.prevalence))
    return Terms(stated, choice, site), model


def find_studies(options: argparse.Namespace) -> int:
    """List studies of the archive, the newest first."""
    from cxr_core.hospital.address import configured_archive

    settings = configured_archive()
    try:
        from cxr_core.hospital.archive import Archive, Query
    except ModuleNotFoundError as error:
        raise InputError(f"{MISSING} ({error.name} is missing)", thing="studies") from None
    first, last = _days(options.date)
    found = Archive(settings).studies(
        Query(first, last, tuple(options.modality or ("CR", "DX")), options.description, options.patient)
    )
    rows: list[dict[str, Any]] = []
    for study in found:
        row: dict[str, Any] = {"study": study.uid, "date": str(study.day or ""), "modalities": list(study.modalities)}
        row |= {"description": study.description, "instances": study.instances}
        rows.append(row | ({"name": study.patient_name, "id": study.patient_id} if options.names else {}))
    lines = ["  ".join([row["study"], row["date"], "/".join(row["modalities"]), row["description"]]) for row in rows]
    return print_result(options, rows, "\n".join(lines) or "No such study.")


def read_archive(
    study_uids: list[str], options: argparse.Namespace, terms: "Terms", model: "Model"
) -> tuple[list[dict[str, Any]], list[str]]:
    """Read studies of the archive: the documents of `predict --json`, and one sentence for each unreadable film."""
    from cxr_core.hospital.address import configured_archive

    settings = configured_archive()
    try:
        from cxr_core.hospital.archive import Archive
        from cxr_core.hospital.fetched import fetch, read_fetched, store_results
    except ModuleNotFoundError as error:
        raise InputError(f"{MISSING} ({error.name} is missing)", thing="dicomweb") from None
    from cxr_core.hospital.fhir import Subject
    from cxr_core.inference.batch import write_heatmap
    from cxr_core.inference.predictor import Predictor

    archive, record = Archive(settings), reading_recorder()
    predictor: Predictor | None = None
    results: list[dict[str, Any]] = []
    messages: list[str] = []
    for study_uid in study_uids:
        films, refused = fetch(archive, study_uid)
        messages += refused
        predictor = predictor or Predictor(model, site=terms.site)
        for fetched, reading, answer in read_fetched(films, predictor, terms):
            record(reading)
            result = reading.to_dict() | {"file": fetched.name}
            if options.heatmaps and reading.heatmap is not None:
                options.heatmaps.mkdir(parents=True, exist_ok=True)
                file = options.heatmaps / f"{Path(fetched.film.name).stem}.png"
                try:
                    write_heatmap(file, fetched.film, reading.heatmap)
                    result["heatmap"] = str(file)
                except WorkError as error:
                    messages.append(str(error))
            if options.send:
                store_results(archive, fetched, reading, answer)
            if options.fhir:
                film = Subject(reading.sha256, fetched.header.StudyInstanceUID)
                _write_report(options.fhir, Path(fetched.film.name).stem, answer, film)
            results.append(result)
    return results, messages


def fhir_writer(folder: Path, model: "Model", terms: "Terms") -> Callable[[Path, "Reading"], None]:
    """A function that writes the FHIR report on a film that was read into `folder`, NAME.fhir.json."""
    from cxr_core.hospital.answer import answer_of
    from cxr_core.hospital.fhir import subject_of

    taken: dict[str, int] = {}

    def write(file: Path, reading: "Reading") -> None:
        count = taken[file.stem] = taken.get(file.stem, 0) + 1
        name = file.stem if count == 1 else f"{file.stem}-{count}"
        _write_report(folder, name, answer_of(reading, model, terms), subject_of(reading.sha256, file))

    return write


def _write_report(folder: Path, name: str, answer: "Answer", film: "Subject") -> None:
    from cxr_core.hospital.fhir import diagnostic_report, to_json

    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.fhir.json").write_text(to_json(diagnostic_report(answer, film, datetime.now(UTC))))


def _days(text: str | None) -> tuple[date | None, date | None]:
    """First and last day of "2026-11-26", "20261126", "20261101-20261130", or neither. Raises SettingsError."""
    if not text:
        return None, None
    days = [text] if text.count("-") in (0, 2) else text.split("-", 1)
    try:
        found = [date.fromisoformat(day) for day in days]
    except ValueError:
        raise SettingsError(thing=f"--date {text}", accepted="2026-11-26 or 20261101-20261130 is accepted") from None
    return found[0], found[-1]
