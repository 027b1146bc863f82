"""An archive of films is read into a table, a batch at a time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from cxr_core.cluster.archive import MOST_TRIES, read_archive
from cxr_core.cluster.archive_batch import Batch, BatchReader
from cxr_core.cluster.archive_table import ArchiveTable, find_archive_films
from cxr_core.errors import InputError, SettingsError, WorkError
from cxr_core.inference.batch import find_films, read_files
from cxr_core.jobs.job import list_jobs, stop_job
from cxr_core.jobs.pool import Lost
from cxr_core.jobs.work import work_here
from cxr_core.models.registry import find_model
from tests.support.command_line import run_verb


@pytest.fixture
def archive(tmp_path: Path, demo_set: Path) -> Path:
    """Six readable films and one that is none."""
    folder = tmp_path / "archive"
    folder.mkdir()
    for number, film in enumerate(sorted(demo_set.rglob("*.jpeg"))[:6]):
        (folder / f"{number}.jpeg").write_bytes(film.read_bytes())
    (folder / "broken.png").write_bytes(b"no film")
    return folder


class Here:
    """Reads in this process; loses each batch so many times first."""

    def __init__(self, lost: int = 0) -> None:
        self._reader, self._lost = BatchReader(find_model(), None), lost
        self.read: list[Batch] = []

    def run(self, next_task: Callable[[], Batch | None]) -> Iterator[tuple[Batch, Any]]:
        while batch := next_task():
            if batch.tries < self._lost:
                yield batch, Lost("SIGKILL")
                continue
            self.read.append(batch)
            yield batch, self._reader(batch)


def table_for(archive: Path, out: Path, prevalence: float | None = None) -> ArchiveTable:
    model = find_model()
    return ArchiveTable(out, archive, model.name, model.version, prevalence)


def quietly(told: str, done: int, total: int) -> None:
    """Reports nothing."""


def test_the_rows_are_those_of_predict_and_a_failed_film_is_one(archive: Path, tmp_path: Path) -> None:
    with work_here("archive", "Read films") as job:
        assert read_archive(table_for(archive, tmp_path / "out"), Here(), job.tell) == (7, 1)
    (told,) = list_jobs()
    assert (told.status, told.done, told.total) == ("finished", 7, 7)
    assert told.message.startswith("7 of 7 films, ")
    table = pd.read_parquet(tmp_path / "out").sort_values("number", ignore_index=True)
    assert table["number"].tolist() == list(range(7))
    expected, (message,) = read_files(find_films([str(archive)]))
    read = table[table["failure"].isna()].reset_index(drop=True)
    for name in ("file", "sha256", "verdict", "probability", "threshold", "prevalence", "probability_here"):
        assert read[name].tolist() == [one[name] for one in expected], name
    assert read["reasons"].tolist() == [" ".join(one["reasons"]) for one in expected]
    failed = table[table["failure"].notna()].iloc[0]
    assert (failed["file"], failed["failure"]) == (str(archive / "broken.png"), message)
    assert pd.isna(failed["verdict"])


def test_only_the_batches_that_are_missing_are_read(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    read_archive(table_for(archive, out), Here(), quietly)
    files = sorted(out.glob("*.parquet"))
    files[2].unlink()
    (out / ".films-000002.1.abc.part").write_bytes(b"half")
    (archive / "later.jpeg").write_bytes((archive / "0.jpeg").read_bytes())
    works, table = Here(), table_for(archive, out)
    assert table.done() == 6
    assert read_archive(table, works, quietly) == (1, 0)
    assert [batch.number for batch in works.read] == [2]
    assert sorted(out.glob("*.parquet")) == files
    assert not list(out.glob(".*.part"))
    assert read_archive(table_for(archive, out), Here(), quietly) == (0, 0)


def test_an_archive_is_stopped_as_any_job_is_and_goes_on(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, works = tmp_path / "out", Here()
    monkeypatch.setattr("cxr_core.cluster.archive.REPORT_SECONDS", 0.0)

    def report(told: str, done: int, total: int) -> None:
        stop_job(list_jobs()[0].id)
        job.tell(told, done, total)

    with (
        pytest.raises(WorkError, match="Read films: it was stopped; the same command goes on"),
        work_here("archive", "Read films") as job,
    ):
        read_archive(table_for(archive, out), works, report)
    assert [told.status for told in list_jobs()] == ["stopped"]
    assert len(works.read) == len(list(out.glob("*.parquet"))) == 1
    assert sum(read_archive(table_for(archive, out), Here(), quietly)) == 7


def test_a_lost_batch_is_read_again_and_not_for_ever(archive: Path, tmp_path: Path) -> None:
    assert read_archive(table_for(archive, tmp_path / "one"), Here(lost=1), quietly) == (7, 1)
    with pytest.raises(WorkError, match=r"ended \d times, last by SIGKILL"):
        read_archive(table_for(archive, tmp_path / "two"), Here(lost=MOST_TRIES + 1), quietly)


def test_films_of_a_batch_that_ends_its_process_are_read_apart(archive: Path) -> None:
    reader = BatchReader(find_model(), None)
    files = (str(archive / "0.jpeg"), str(archive / "broken.png"))
    apart, together = (reader(Batch(0, 0, files, tries)) for tries in (MOST_TRIES, 0))
    assert (apart.films, apart.failures) == (together.films, together.failures) == (2, 1)


def test_a_folder_of_another_archive_or_model_is_refused(archive: Path, tmp_path: Path) -> None:
    table_for(archive, tmp_path / "out")
    with pytest.raises(SettingsError, match=r"was begun with prevalence None, not 0.5"):
        table_for(archive, tmp_path / "out", 0.5)
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(SettingsError, match="holds other tables"):
        table_for(archive, tmp_path)


def test_a_manifest_lists_each_film_once(archive: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "films.csv"
    manifest.write_text(f"id,Path\n1,archive/0.jpeg\n2,{archive}/1.jpeg\n3,archive/0.jpeg\n4,\n")
    assert list(find_archive_films(manifest)) == [str(archive / "0.jpeg"), str(archive / "1.jpeg")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("films.csv", "file\na.png\n", "has no column path"),
        ("films.csv", "path\n", "holds no films"),
        ("films.csv", 'path\n"' + "a" * 200_000, "is not a readable table"),
        ("films.txt", "a.png", "is no folder"),
        ("missing.csv", None, "cannot be read"),
        ("missing", None, "does not exist"),
    ],
)
def test_what_is_no_archive_is_refused_by_name(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message) as raised:
        list(find_archive_films(tmp_path / name))
    assert name in str(raised.value)


def test_the_verb_reads_here(archive: Path, tmp_path: Path, cxr_home: Path) -> None:
    done = run_verb("read-archive", archive, "--out", tmp_path / "out", "--json", home=cxr_home)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["films"], document["read_now"], document["failed_now"]) == (7, 7, 1)
    other = tmp_path / "other"
    refused = run_verb("read-archive", archive, "--out", other, "--prevalence", "5", home=cxr_home)
    assert refused.returncode == 2
    assert not other.exists()
