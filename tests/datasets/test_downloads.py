"""Downloads from a real server on the loopback interface: progress, resuming, checksum, space, no network."""

import hashlib
import shutil
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cxr_core.datasets import archives, downloads
from cxr_core.datasets.downloads import PUBLISHED_DATA_SETS, PublishedDataSet, download
from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError
from tests.datasets.test_archives import zip_file
from tests.support.synthetic_films import jpeg


class Server(ThreadingHTTPServer):
    """Serves one archive. After `cut` bytes the connection breaks, once. ranges: whether downloads can be resumed."""

    def __init__(self, data: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.cut, self.ranges = data, 0, True
        self.status, self.requested_ranges, self.headers = 200, [], {}


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        requested = self.headers.get("Range", "")
        server.requested_ranges.append(requested)
        if server.status != 200:
            self.send_error(server.status)
            return
        start = int(requested.removeprefix("bytes=").rstrip("-")) if requested and server.ranges else 0
        body = server.data[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if server.cut:
            body, server.cut = body[: server.cut], 0
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Quiet."""


def files_in(folder: Path) -> list[str]:
    """The names of all files but locks."""
    return [path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.fixture
def archive(tmp_path) -> bytes:
    films = {f"chest_xray/train/{label}/{i}.jpeg": jpeg(i, (200, 160)) for i in range(30) for label in ("NORMAL",)}
    return zip_file(tmp_path / "made.zip", films | {"chest_xray/train/PNEUMONIA/x.jpeg": jpeg(99)}).read_bytes()


@pytest.fixture
def server(archive):
    server = Server(archive)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def data_set(server) -> PublishedDataSet:
    url = f"http://127.0.0.1:{server.server_address[1]}/films.zip"
    size = len(server.data)
    return PublishedDataSet(
        "test", "The test set", url, "films.zip", size, "http://page", hashlib.md5(server.data).hexdigest()
    )


def test_a_download_is_a_data_set_and_is_downloaded_once(data_set, server):
    reports: list[tuple[int, int]] = []
    file = download(data_set, lambda *report: reports.append(report))
    assert file.read_bytes() == server.data
    assert reports[-1] == (len(server.data), len(server.data))
    assert len(build_index(file).films) == 31
    assert download(data_set) == file
    assert len(server.requested_ranges) == 1


def test_a_broken_connection_is_reported_and_the_next_attempt_resumes(data_set, server, monkeypatch):
    server.cut = len(server.data) // 2
    monkeypatch.setattr(downloads, "_CHUNK_BYTES", 1024)
    with pytest.raises(DataSetError, match=r"the network failed; try again.* stored, or get.*by hand from http://page"):
        download(data_set)
    reports: list[tuple[int, int]] = []
    assert download(data_set, lambda *report: reports.append(report)).read_bytes() == server.data
    resumed_at = int(server.requested_ranges[1].removeprefix("bytes=").rstrip("-"))
    assert 0 < len(server.data) // 2 - resumed_at <= 1024
    assert reports[0][0] > resumed_at
    assert reports[-1] == (len(server.data), len(server.data))


def test_a_server_that_cannot_resume_sends_everything_again(data_set, server):
    server.cut, server.ranges = len(server.data) // 2, False
    with pytest.raises(DataSetError):
        download(data_set)
    assert download(data_set).read_bytes() == server.data


def test_of_two_downloads_at_once_one_is_refused_and_nothing_is_damaged(data_set, server, cxr_home):
    waiting, refused = threading.Event(), []

    def second(*_: int) -> None:
        if not waiting.is_set():
            waiting.set()
            try:
                download(data_set)
            except DataSetError as error:
                refused.append(str(error))

    assert download(data_set, second).read_bytes() == server.data
    assert refused == ["The test set: another process is downloading it; try again when it has finished."]
    assert files_in(cxr_home) == ["films.zip"]


def test_a_wrong_checksum_is_refused_and_the_file_deleted(data_set, cxr_home):
    with pytest.raises(DataSetError, match=r"its MD5 is .* instead of 000, so it was deleted"):
        download(replace(data_set, md5="000"))
    assert not files_in(cxr_home / "downloads")


def test_without_a_published_checksum_that_of_the_server_is_used(data_set, server):
    server.headers["x-goog-hash"] = "crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(DataSetError, match="instead of 00000000000000000000000000000000"):
        download(replace(data_set, md5=""))
    server.headers.clear()
    assert download(replace(data_set, md5="")).exists()


def test_a_web_page_instead_of_the_archive_is_refused_and_deleted(data_set, server, cxr_home):
    server.data = b"<html>Are you a robot?</html>"
    with pytest.raises(
        DataSetError, match=r"the server did not send an archive, so it was deleted; get films.zip by hand"
    ):
        download(replace(data_set, md5=""))
    assert not files_in(cxr_home / "downloads")


@pytest.mark.parametrize("bad", ["../../escape.jpeg", "bomb"])
def test_a_harmful_archive_is_downloaded_and_nothing_written(data_set, server, tmp_path, cxr_home, bad):
    data = bytes(50_000_000) if bad == "bomb" else jpeg()
    server.data = zip_file(tmp_path / "bad.zip", {f"train/NORMAL/{bad}": data}).read_bytes()
    with pytest.raises(DataSetError, match="nothing was unpacked"):
        build_index(download(replace(data_set, md5="")))
    assert files_in(cxr_home) == ["films.zip"]


def test_a_full_disk_is_reported_before_the_download(data_set, server, monkeypatch):
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DataSetError, match=r"The test set: needs .* GB are free"):
        download(data_set)
    assert server.requested_ranges == []


def test_a_disk_that_fills_during_the_download_is_reported(data_set, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads._Transfer, "update", full)
    with pytest.raises(DataSetError, match="No space left on device"):
        download(data_set)


def test_without_a_network_the_message_says_how_to_download_by_hand(data_set, server):
    unreachable = replace(data_set, url="http://127.0.0.1:9/films.zip")
    with pytest.raises(DataSetError, match=r"the network failed; get films.zip by hand from http://page"):
        download(unreachable)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_the_status_of_a_refusal_is_reported(data_set, server, status):
    server.status = status
    with pytest.raises(DataSetError, match=f"the server answered {status}"):
        download(data_set)


def test_a_partial_download_of_another_file_is_deleted(data_set, server, cxr_home):
    (cxr_home / "downloads").mkdir(parents=True)
    part = cxr_home / "downloads/films.zip.part"
    part.write_bytes(b"0" * (len(server.data) + 5))
    server.status = 416
    with pytest.raises(DataSetError, match="answered 416"):
        download(data_set)
    server.status = 200
    assert download(data_set).read_bytes() == server.data


def test_every_published_data_set_has_a_page_for_downloading_by_hand():
    assert len({data_set.name for data_set in PUBLISHED_DATA_SETS}) == len(PUBLISHED_DATA_SETS) == 6
    for data_set in PUBLISHED_DATA_SETS:
        assert data_set.url.startswith("https://")
        assert data_set.page.startswith("https://")
        assert (len(data_set.md5) == 32) == data_set.name.startswith("pneumoniamnist")


def test_a_damaged_archive_without_a_published_checksum_is_not_kept(server: Server, cxr_home: Path) -> None:
    address = f"http://127.0.0.1:{server.server_address[1]}/films.zip"
    published = PublishedDataSet("made", "Made", address, "films.zip", 1, "http://example.org")
    whole = server.data
    middle = whole.index(b"\xff\xd8") + 500
    server.data = whole[:middle] + bytes(50) + whole[middle + 50 :]
    with pytest.raises(DataSetError, match="damaged"):
        download(published)
    assert files_in(cxr_home) == []
    server.data = whole
    assert download(published).read_bytes() == whole


def test_two_downloads_at_once_leave_one_whole_file(server: Server) -> None:
    address = f"http://127.0.0.1:{server.server_address[1]}/films.zip"
    published = PublishedDataSet("made", "Made", address, "films.zip", 1, "http://example.org")
    outcomes: list[object] = []

    def one() -> None:
        try:
            outcomes.append(download(published).read_bytes())
        except DataSetError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.data in outcomes
    assert all(one == server.data or "another process" in str(one) for one in outcomes)
