"""Export and import of a model: the round trip, the keys, and every change of the file refused."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("cryptography", reason="cryptography is not installed")

from cxr_core.errors import CXRError, SettingsError, UnusableFile
from cxr_core.models.exchange import MANIFEST, SIGNATURE, UnknownKey, export_model, import_model
from cxr_core.models.registry import find_model, list_models
from cxr_core.models.signing import fingerprint, is_signed, is_trusted, sign, trust


@pytest.fixture
def archive(tiny_home: Path) -> bytes:
    return export_model(find_model("tiny"))


def changed(archive: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The archive with other entries."""
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        entries = {name: packed.read(name) for name in packed.namelist()}
    change(entries)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, content in entries.items():
            packed.writestr(name, content)
    return out.getvalue()


def test_a_model_comes_back_whole_and_without_tables_of_films(archive: bytes) -> None:
    model = import_model(archive, "again")
    original = find_model("tiny")
    assert (model.version, model.card.to_dict()["name"]) == (original.version, "again")
    assert model.reading_weights.read_bytes() == original.reading_weights.read_bytes()
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        assert not [name for name in packed.namelist() if name.endswith(".csv")]
    with pytest.raises(SettingsError, match="taken"):
        import_model(archive, "again")


def test_an_unknown_key_needs_confirmation_once(archive: bytes, tiny_home: Path) -> None:
    (tiny_home / "signing_key.pem").unlink()  # now this is another machine
    with pytest.raises(UnknownKey) as refused:
        import_model(archive, "again")
    assert refused.value.fingerprint in str(refused.value)
    with pytest.raises(UnknownKey):
        import_model(archive, "again", "0000 0000")
    assert "again" not in [model.name for model in list_models()]
    import_model(archive, "again", refused.value.fingerprint)
    import_model(archive, "once-more")
    (tiny_home / "trusted_keys.json").write_text("[]")
    with pytest.raises(UnknownKey, match=r"trusted_keys\.json"):
        import_model(archive, "third")


def other_weights(entries: dict[str, bytes]) -> None:
    entries["model.tflite"] = entries["model.tflite"][:-1] + b"x"


def other_manifest(entries: dict[str, bytes]) -> None:
    entries[MANIFEST] = entries[MANIFEST].replace(b"tiny", b"tidy")


def one_more_file(entries: dict[str, bytes]) -> None:
    entries["../evil.py"] = b""


def sign_anew(entries: dict[str, bytes], manifest: dict[str, object]) -> None:
    entries[MANIFEST] = json.dumps(manifest).encode()
    key, signature = sign(entries[MANIFEST])
    entries[SIGNATURE] = json.dumps({"public_key": key, "signature": signature}).encode()


def signed_anew(entries: dict[str, bytes]) -> None:
    manifest = json.loads(entries[MANIFEST])
    manifest["files"]["../evil.py"] = "0" * 64
    entries["../evil.py"] = b""
    sign_anew(entries, manifest)


def no_signature(entries: dict[str, bytes]) -> None:
    del entries[SIGNATURE]


def no_card(entries: dict[str, bytes]) -> None:
    manifest = json.loads(entries[MANIFEST])
    del manifest["files"]["card.json"], entries["card.json"]
    sign_anew(entries, manifest)


@pytest.mark.parametrize(
    "change",
    [other_weights, other_manifest, one_more_file, signed_anew, no_signature, no_card],
    ids=lambda c: c.__name__,
)
def test_a_changed_file_is_refused_and_nothing_is_left(archive: bytes, change, tiny_home: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UnusableFile):
        import_model(changed(archive, change), "again")
    assert sorted(tmp_path.rglob("*")) == before


def test_an_archive_of_an_earlier_version_is_imported_without_its_former_file(archive: bytes, tiny_home: Path) -> None:
    def as_before(entries: dict[str, bytes]) -> None:
        manifest = json.loads(entries[MANIFEST])
        entries["local_evidence.npz"] = b"of a method that is gone"
        manifest["files"]["local_evidence.npz"] = "0" * 64
        sign_anew(entries, manifest)

    model = import_model(changed(archive, as_before), "again")
    model.check()
    assert not (model.folder / "local_evidence.npz").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_what_is_no_exported_model_is_one_sentence(tiny_home: Path, content: bytes) -> None:
    with pytest.raises(CXRError) as refused:
        import_model(content)
    assert "\n" not in str(refused.value)


def test_a_signature_holds_for_its_bytes_and_its_key_only(cxr_home: Path) -> None:
    cxr_home.mkdir()
    key, signature = sign(b"one")
    assert is_signed(b"one", key, signature)
    assert not is_signed(b"two", key, signature)
    assert not is_signed(b"one", "ab" * 32, signature)
    assert not is_signed(b"one", "no hex", signature)
    assert (cxr_home / "signing_key.pem").stat().st_mode & 0o077 == 0
    assert is_trusted(key)
    assert not is_trusted("ab" * 32)
    trust("ab" * 32)
    assert is_trusted("ab" * 32)
    assert len(fingerprint(key).split()) == 5
