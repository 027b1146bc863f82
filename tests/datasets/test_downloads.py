"""Downloads, against a real server on the loopback: progress, resume, checksum, space, no network."""

import hashlib
import shutil
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cxr_core.datasets import archives, downloads
from cxr_core.datasets.downloads import SOURCES, Source, fetch
from cxr_core.datasets.index import build_index
from cxr_core.errors import DataSetError
from tests.datasets.test_archives import packed
from tests.support.synthetic_films import jpeg


class Server(ThreadingHTTPServer):
    """Serves one archive; `cut` bytes into it the connection breaks, once; `ranges` tells whether it can go on."""

    def __init__(self, data: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.cut, self.ranges = data, 0, True
        self.status, self.asked, self.headers = 200, [], {}


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        asked = self.headers.get("Range", "")
        server.asked.append(asked)
        if server.status != 200:
            self.send_error(server.status)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.ranges else 0
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


@pytest.fixture
def archive(tmp_path) -> bytes:
    films = {f"chest_xray/train/{label}/{i}.jpeg": jpeg(i, (200, 160)) for i in range(30) for label in ("NORMAL",)}
    return packed(tmp_path / "made.zip", films | {"chest_xray/train/PNEUMONIA/x.jpeg": jpeg(99)}).read_bytes()


@pytest.fixture
def server(archive):
    server = Server(archive)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def source(server) -> Source:
    url = f"http://127.0.0.1:{server.server_address[1]}/films.zip"
    size = len(server.data)
    return Source("test", "The test set", url, "films.zip", size, "http://page", hashlib.md5(server.data).hexdigest())


def test_a_download_is_a_data_set_and_is_fetched_once(source, server):
    told: list[tuple[int, int]] = []
    file = fetch(source, lambda done, total: told.append((done, total)))
    assert file.read_bytes() == server.data
    assert told[-1] == (len(server.data), len(server.data))
    assert len(build_index(file).films) == 31
    assert fetch(source) == file
    assert len(server.asked) == 1


def test_a_cut_connection_is_said_and_the_next_attempt_goes_on(source, server, monkeypatch):
    server.cut = len(server.data) // 2
    monkeypatch.setattr(downloads, "_CHUNK", 1024)
    with pytest.raises(DataSetError, match=r"the network failed\..* kept: try again.*by hand from http://page"):
        fetch(source)
    told: list[tuple[int, int]] = []
    assert fetch(source, lambda done, total: told.append((done, total))).read_bytes() == server.data
    went_on_at = int(server.asked[1].removeprefix("bytes=").rstrip("-"))
    assert 0 < len(server.data) // 2 - went_on_at <= 1024
    assert told[0][0] > went_on_at
    assert told[-1] == (len(server.data), len(server.data))


def test_a_server_that_cannot_go_on_sends_it_all_again(source, server):
    server.cut, server.ranges = len(server.data) // 2, False
    with pytest.raises(DataSetError):
        fetch(source)
    assert fetch(source).read_bytes() == server.data


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(source, cxr_home):
    with pytest.raises(DataSetError, match=r"its MD5 is .* expected was 000; it was deleted"):
        fetch(replace(source, md5="000"))
    assert not list((cxr_home / "downloads").iterdir())


def test_without_a_published_checksum_the_servers_own_counts(source, server):
    server.headers["x-goog-hash"] = "crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(DataSetError, match="expected was 00000000000000000000000000000000"):
        fetch(replace(source, md5=""))
    server.headers.clear()
    assert fetch(replace(source, md5="")).exists()


def test_a_page_sent_instead_of_the_archive_is_refused_and_nothing_is_kept(source, server, cxr_home):
    server.data = b"<html>Are you a robot?</html>"
    with pytest.raises(
        DataSetError, match=r"what the server sent is no archive; it was deleted\. Get films.zip by hand"
    ):
        fetch(replace(source, md5=""))
    assert not list((cxr_home / "downloads").iterdir())


@pytest.mark.parametrize("bad", ["../../escape.jpeg", "bomb"])
def test_a_harmful_archive_is_fetched_and_never_unpacked(source, server, tmp_path, cxr_home, bad):
    data = bytes(50_000_000) if bad == "bomb" else jpeg()
    server.data = packed(tmp_path / "bad.zip", {f"train/NORMAL/{bad}": data}).read_bytes()
    with pytest.raises(DataSetError, match="nothing was unpacked"):
        build_index(fetch(replace(source, md5="")))
    assert [path.name for path in cxr_home.rglob("*") if path.is_file()] == ["films.zip"]


def test_a_full_disk_is_said_before_the_download(source, server, monkeypatch):
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DataSetError, match=r"The test set: needs .* GB are free"):
        fetch(source)
    assert server.asked == []


def test_a_disk_that_fills_on_the_way_is_said(source, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(downloads._Transfer, "update", full)
    with pytest.raises(DataSetError, match="No space left on device"):
        fetch(source)


def test_no_network_is_one_sentence_with_the_manual_way(source, server):
    nobody = replace(source, url="http://127.0.0.1:9/films.zip")
    with pytest.raises(DataSetError, match=r"the network failed\. Get films.zip by hand from http://page"):
        fetch(nobody)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_the_servers_refusal_is_said(source, server, status):
    server.status = status
    with pytest.raises(DataSetError, match=f"the server answered {status}"):
        fetch(source)


def test_a_part_of_another_file_is_thrown_away(source, server, cxr_home):
    (cxr_home / "downloads").mkdir(parents=True)
    part = cxr_home / "downloads/films.zip.part"
    part.write_bytes(b"0" * (len(server.data) + 5))
    server.status = 416
    with pytest.raises(DataSetError, match="answered 416"):
        fetch(source)
    server.status = 200
    assert fetch(source).read_bytes() == server.data


def test_every_published_source_is_named_with_the_manual_way():
    assert len({source.name for source in SOURCES}) == len(SOURCES) == 6
    for source in SOURCES:
        assert source.url.startswith("https://")
        assert source.page.startswith("https://")
        assert (len(source.md5) == 32) == source.name.startswith("pneumoniamnist")
